import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../api/session';
import { departments, keys, people, tenants } from '../protect/queries';

// Whose a quota is: key:ID, person:ID, department:ID, tenant:ID, with * for each of them.

export const kinds = ['department', 'person', 'key', 'tenant'] as const;
export type Kind = (typeof kinds)[number];

export const everyone = '*';

export function parse(scope: string): { kind: Kind; id: string } {
  const [kind, ...id] = scope.split(':');
  return { kind: kind as Kind, id: id.join(':') };
}

/** Names of those a quota can be for, as far as who is signed in may know them. */
export function useScopes() {
  const { t } = useTranslation();
  const houses = useMay('people', 'grant', 'audit');
  const keyed = useMay('people', 'grant');
  const names: Record<Kind, { id: string; name: string }[]> = {
    department: useQuery({ ...departments(), enabled: houses }).data ?? [],
    person: (useQuery({ ...people(), enabled: houses }).data ?? []).map((p) => ({ id: p.id, name: `${p.name} (${p.login})` })),
    key: useQuery({ ...keys(), enabled: keyed }).data ?? [],
    tenant: useQuery({ ...tenants(), enabled: houses }).data ?? [],
  };
  const named = (scope: string) => {
    const { kind, id } = parse(scope);
    return id === everyone ? t(`quotas.each.${kind}`) : (names[kind]?.find((x) => x.id === id)?.name ?? id);
  };
  return { names, named };
}
