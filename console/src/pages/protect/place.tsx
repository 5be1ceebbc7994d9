import { type QueryClient, useQuery } from '@tanstack/react-query';
import { AutoComplete, Form, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { departments, type Schemas, tenants } from './queries';

/** Where somebody or something belongs, as a form has it: a tenant's id, and a department's name. */
export type Belongs = { tenant: string; department: string };

/** The fields of a form for that. The tenant is asked where there are several. */
export function PlaceFields() {
  const { t } = useTranslation();
  const houses = useQuery(tenants()).data ?? [];
  const parts = useQuery(departments()).data ?? [];
  const tenant = Form.useWatch('tenant');
  return (
    <>
      <Form.Item name="tenant" label={t('people.tenant')} hidden={houses.length < 2}>
        <Select options={houses.map((h) => ({ value: h.id, label: h.name }))} />
      </Form.Item>
      <Form.Item name="department" label={t('people.department')} extra={t('people.departmentHint')}>
        <AutoComplete
          options={parts.filter((d) => d.tenant === tenant).map((d) => ({ value: d.name }))}
          showSearch={{ filterOption: (typed, o) => String(o?.value).includes(typed) }}
          maxLength={60}
          allowClear
        />
      </Form.Item>
    </>
  );
}

/** The id of the department of that name, which is made where there is none; empty for none. */
export async function departmentOf(queries: QueryClient, { tenant, department }: Belongs): Promise<string> {
  const name = (department ?? '').trim();
  if (!name) return '';
  const there = (await queries.fetchQuery({ ...departments(), staleTime: 0 })).find((d) => d.tenant === tenant && d.name === name);
  if (there) return there.id;
  const made = await body(admin.POST('/admin/v1/departments', { body: { tenant, name } }));
  void queries.invalidateQueries({ queryKey: ['departments'] });
  return made.id;
}

/** Names of tenants and departments by id; a tenant's is empty where there is but one. */
export function usePlaces() {
  const houses = useQuery(tenants()).data ?? [];
  const parts = useQuery(departments()).data ?? [];
  return ({ tenant, department }: Pick<Schemas['Person'], 'tenant' | 'department'>) =>
    [houses.length > 1 && houses.find((h) => h.id === tenant)?.name, parts.find((d) => d.id === department)?.name]
      .filter(Boolean)
      .join(' / ');
}
