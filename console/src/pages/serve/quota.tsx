import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { ifMatch, isConflict, Overtaken } from '../../components/conflict';
import type { Schemas } from './queries';
import { everyone, type Kind, kinds, parse, useScopes } from './scope';

const measures = ['tokens', 'spend', 'requests', 'concurrent'] as const;
type Measure = (typeof measures)[number];
const periods = ['minute', 'day', 'month'] as const;
type Period = (typeof periods)[number];

/** What a quota bounds, and in which time; none for what is at once. */
export function measureOf(quota: string): { measure: Measure; period?: Period } {
  const [measure, period] = quota.split('/');
  return { measure: measure as Measure, period: period as Period | undefined };
}

type Wanted = { kind: Kind; id: string; measure: Measure; period: Period; limit: string; warn: number };

/** Sets a quota, or changes how much one allows. */
export function SetQuota({ q, onClose }: { q: Schemas['Quota'] | null; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const { names, named } = useScopes();
  const [form] = Form.useForm<Wanted>();
  const kind = Form.useWatch('kind', form) ?? 'department';
  const measure = Form.useWatch('measure', form) ?? 'tokens';
  const save = useMutation({
    mutationFn: ({ sure, ...w }: Wanted & { sure?: boolean }) =>
      body(
        admin.PUT('/admin/v1/quotas', {
          params: { header: q ? ifMatch(q.etag, sure) : {} },
          body: {
            scope: `${w.kind}:${w.id}`,
            quota: w.measure === 'concurrent' ? w.measure : `${w.measure}/${w.period}`,
            limit: Number(w.limit),
            warn_percent: w.warn,
          },
        }),
      ),
    onSuccess: (_, w) => {
      notices.success(t('quotas.saved', { whose: named(`${w.kind}:${w.id}`) }));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['quotas'] }),
  });
  const problem = save.error && Problem.any(save.error);
  const old = q && { ...parse(q.scope), ...measureOf(q.quota) };
  return (
    <Modal
      open
      title={q ? t('quotas.editTitle') : t('quotas.add')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={save.isPending}
    >
      <Overtaken save={save} onReload={onClose} />
      {problem && !isConflict(problem) && (
        <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />
      )}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          kind: old?.kind ?? 'department',
          id: old?.id ?? everyone,
          measure: old?.measure ?? 'tokens',
          period: old?.period ?? 'month',
          limit: q ? String(q.limit) : '',
          warn: q?.warn_percent ?? 80,
        }}
        onFinish={(w) => save.mutate(w)}
      >
        <div className="fields">
          <Form.Item name="kind" label={t('quotas.whose')}>
            <Select
              disabled={!!q}
              options={kinds.map((value) => ({ value, label: t(`usage.${value}`) }))}
              onChange={() => form.setFieldValue('id', everyone)}
            />
          </Form.Item>
          <Form.Item name="id" label={t('quotas.which')}>
            <Select
              disabled={!!q}
              showSearch={{ optionFilterProp: 'label' }}
              options={[{ value: everyone, label: t(`quotas.each.${kind}`) }, ...names[kind].map((x) => ({ value: x.id, label: x.name }))]}
            />
          </Form.Item>
          <Form.Item name="measure" label={t('quotas.what')}>
            <Select disabled={!!q} options={measures.map((value) => ({ value, label: t(`quotas.measure.${value}`) }))} />
          </Form.Item>
          {measure !== 'concurrent' && (
            <Form.Item name="period" label={t('quotas.per')}>
              <Select disabled={!!q} options={periods.map((value) => ({ value, label: t(`quotas.period.${value}`) }))} />
            </Form.Item>
          )}
          <Form.Item
            name="limit"
            label={t('quotas.limit')}
            rules={[{ validator: async (_, v) => (Number(v) > 0 ? undefined : Promise.reject(new Error(t('quotas.limitMissing')))) }]}
          >
            <Input autoFocus inputMode="decimal" maxLength={16} suffix={t(`quotas.unit.${measure}`)} autoComplete="off" />
          </Form.Item>
          <Form.Item name="warn" label={t('quotas.warn')}>
            <Select
              options={[
                { value: 0, label: t('quotas.never') },
                ...[...new Set([50, 70, 80, 90, 95, ...(q?.warn_percent ? [q.warn_percent] : [])])]
                  .sort((a, b) => a - b)
                  .map((n) => ({ value: n, label: `${n}%` })),
              ]}
            />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
