import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { admin, type Schemas } from '../../api/client';
import { Problem } from '../../api/problem';

export const steps = ['plan', 'data', 'model', 'deploy', 'verify', 'operate'] as const;
export type Step = (typeof steps)[number];

export type Guide = Schemas['GuideOutputBody'];
type Said = Schemas['GuideBody'];

/** The step after or before one; itself at the ends. */
export function beside(step: Step, by: 1 | -1): Step {
  return steps[Math.min(steps.length - 1, Math.max(0, steps.indexOf(step) + by))] as Step;
}

const key = ['guide'];

type Kept = { guide: Guide; etag: string };

const kept = async (call: Promise<{ data?: Guide; error?: unknown; response: Response }>): Promise<Kept> => {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.from(response.status, error);
  return { guide: data as Guide, etag: response.headers.get('ETag') ?? '' };
};

/** How far the guided setting up is. */
export const useGuide = (enabled = true) => useQuery({ queryKey: key, queryFn: () => kept(admin.GET('/admin/v1/guide')), enabled });

/** Notes how far it is, unless somebody else has gone on with it meanwhile. */
export function useNote() {
  const queries = useQueryClient();
  return useMutation({
    scope: { id: 'guide' }, // one after the other: each is of what the one before left
    mutationFn: (more: Partial<Said>) => {
      const now = queries.getQueryData<Kept>(key);
      const { step = 'plan', people, model, finished } = now?.guide ?? {};
      return kept(
        admin.PUT('/admin/v1/guide', {
          params: { header: { 'If-Match': now?.etag ?? '' } },
          body: { step, people, model, finished, ...more },
        }),
      );
    },
    onSuccess: (k) => queries.setQueryData(key, k),
  });
}
