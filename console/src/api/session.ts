import { type QueryClient, useQuery } from '@tanstack/react-query';
import { ask } from './client';

export type Who = { name: string; standing: 'admin' | 'user'; key_id: string };

export async function signIn(key: string): Promise<Who> {
  const r = await ask('console/session', {
    method: 'POST',
    body: JSON.stringify({ key }),
    headers: { 'Content-Type': 'application/json' },
  });
  return r.json();
}

export async function signOut(): Promise<void> {
  await ask('console/session', { method: 'DELETE' });
}

/** Another person, or nobody: what the one before has seen is forgotten. */
export function become(queries: QueryClient, who: Who | null) {
  queries.removeQueries({ predicate: (q) => q.queryKey[0] !== 'session' });
  queries.setQueryData(['session'], who);
}

/** Who is signed in; null if nobody is. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async (): Promise<Who | null> => {
      const r = await ask('console/session');
      return r.status === 204 ? null : r.json();
    },
    staleTime: 60_000,
  });
}
