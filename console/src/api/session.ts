import { type QueryClient, useQuery } from '@tanstack/react-query';
import { ask, type Schemas } from './client';

export type Standing = Schemas['MeOutputBody']['standing'];

/** What may be done; docs/access.md says which standing has which. */
export type Right = 'ask' | 'self' | 'watch' | 'serve' | 'people' | 'grant' | 'guard' | 'audit' | 'setup';

/** Who is signed in. Whose key is nobody's is no person. */
export type Who = { name: string; standing: Standing; rights: Right[]; key_id: string; person?: string };

/** What somebody signs in with: a key, or who they are and how they prove it. */
export type Proof =
  | { key: string }
  | { login: string; password: string; code?: string; new_password?: string }
  | { state: string; passkey: unknown };

const post = async <T>(path: string, body: unknown): Promise<T> => {
  const r = await ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  return r.json();
};

export const signIn = (proof: Proof) => post<Who>('console/session', proof);

/** Another house by whose word people sign in, at its own pages. */
export type Directory = { name: string; title: string };

/** The other houses; most appliances know none. */
export function useDirectories() {
  return useQuery({
    queryKey: ['directories'],
    queryFn: async (): Promise<Directory[]> => (await (await ask('console/directory')).json()).directories,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** Takes an invitation by choosing a password. Tells the name to sign in with. */
export const accept = (invitation: string, password: string) => post<{ login: string }>('console/invitation', { invitation, password });

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

/** Whether who is signed in has one of these rights. The appliance asks again; this only leaves out what it would refuse. */
export function useMay(...rights: Right[]): boolean {
  const who = useSession().data;
  return rights.some((r) => who?.rights.includes(r));
}
