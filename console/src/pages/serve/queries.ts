import { queryOptions } from '@tanstack/react-query';
import { admin, body } from '../../api/client';

export type { Schemas } from '../../api/client';

export const status = () =>
  queryOptions({
    queryKey: ['status'],
    queryFn: () => body(admin.GET('/admin/v1/status', { headers: { 'X-Hearth-Background': '1' } })),
    refetchInterval: 3000,
  });
export const models = (language: string) =>
  queryOptions({ queryKey: ['models', language], queryFn: async () => (await body(admin.GET('/admin/v1/models'))).models ?? [] });

export type Filter = { search: string; kind: string; fits: boolean; native: boolean; commercial: boolean };

export const library = (f: Filter, language: string) =>
  queryOptions({
    queryKey: ['library', f, language],
    queryFn: () => body(admin.GET('/admin/v1/library', { params: { query: f } })),
    staleTime: 300_000,
    placeholderData: (before) => before,
  });

/** What was used in a time, summed up. */
export const usage = (asked: { group: string; since: string; until: string }) =>
  queryOptions({
    queryKey: ['usage', asked],
    queryFn: () => body(admin.GET('/admin/v1/usage', { params: { query: asked } })),
    staleTime: 10_000,
  });

export const quotas = () =>
  queryOptions({
    queryKey: ['quotas'],
    queryFn: async () => (await body(admin.GET('/admin/v1/quotas'))).quotas ?? [],
    refetchInterval: 10_000,
  });

export const upstreams = (language: string) =>
  queryOptions({
    queryKey: ['upstreams', language],
    queryFn: async () => (await body(admin.GET('/admin/v1/upstreams'))).upstreams ?? [],
    refetchInterval: 2000,
  });
