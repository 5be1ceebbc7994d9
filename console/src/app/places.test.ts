import { describe, expect, it } from 'vitest';
import { firstOpen, placeOf } from './places';

describe('the places', () => {
  it('are found by path', () => {
    expect(['/chat', '/chat/c1', '/serve/', '/protect/keys', '/invitation/hi_x'].map(placeOf)).toEqual([
      '/chat',
      '/chat',
      '/serve',
      '/protect/keys',
      undefined,
    ]);
  });

  it('open by right', () => {
    expect([firstOpen('/serve', ['ask', 'self']), firstOpen('/serve', ['ask']), firstOpen('/serve', ['watch'])]).toEqual([
      '/serve/keys',
      '/serve/start',
      '/serve',
    ]);
    expect([firstOpen('/protect', ['audit']), firstOpen('/protect', ['ask', 'self'])]).toEqual(['/protect/people', undefined]);
  });
});
