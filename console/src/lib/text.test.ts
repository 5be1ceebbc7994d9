import { describe, expect, it } from 'vitest';
import { decode } from './text';

const bytes = (...b: number[]) => new Uint8Array(b).buffer as ArrayBuffer;

describe('a text out of a file', () => {
  it('is read in UTF-8, without its mark, and in GB18030', () => {
    expect(decode(bytes(0xef, 0xbb, 0xbf, 0xe4, 0xbd, 0xa0))).toBe('你');
    expect(decode(bytes(0xc4, 0xe3, 0xba, 0xc3))).toBe('你好');
  });

  it('is not made of what is none', () => {
    expect(decode(bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0))).toBeUndefined();
    expect(decode(bytes(0x50, 0x4b, 3, 4, 0, 0, 0))).toBeUndefined();
  });
});
