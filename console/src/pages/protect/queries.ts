import { queryOptions } from '@tanstack/react-query';
import { admin, body } from '../../api/client';

export type { Schemas } from '../../api/client';

export const people = () =>
  queryOptions({ queryKey: ['people'], queryFn: async () => (await body(admin.GET('/admin/v1/people'))).people ?? [] });
export const tenants = () =>
  queryOptions({ queryKey: ['tenants'], queryFn: async () => (await body(admin.GET('/admin/v1/tenants'))).tenants ?? [] });
export const departments = () =>
  queryOptions({ queryKey: ['departments'], queryFn: async () => (await body(admin.GET('/admin/v1/departments'))).departments ?? [] });
export const keys = () => queryOptions({ queryKey: ['keys'], queryFn: async () => (await body(admin.GET('/admin/v1/keys'))).keys ?? [] });
export const ownKeys = () =>
  queryOptions({ queryKey: ['own-keys'], queryFn: async () => (await body(admin.GET('/admin/v1/me/keys'))).keys ?? [] });
export const checkpoints = () =>
  queryOptions({ queryKey: ['audit', 'checkpoints'], queryFn: () => body(admin.GET('/admin/v1/audit/checkpoints')) });
export const guard = (language: string) =>
  queryOptions({ queryKey: ['guard', language], queryFn: () => body(admin.GET('/admin/v1/guard')) });
