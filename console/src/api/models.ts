import { useQuery } from '@tanstack/react-query';
import { ask } from './client';

/** A model as anyone with a key sees it. */
export type Offered = { id: string; source?: string; architecture?: string; quantization?: string; context_tokens?: number };

/** Models that can be asked. */
export function useOffered() {
  return useQuery({
    queryKey: ['offered'],
    queryFn: async () => ((await (await ask('v1/models')).json()) as { data: Offered[] }).data,
    staleTime: 15_000,
  });
}
