import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Checkbox, Form, Input, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { useOffered } from '../../api/models';
import { Problem } from '../../api/problem';
import { type Right, useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { ifMatch, isConflict, Overtaken } from '../../components/conflict';
import { Once } from './once';
import { type Belongs, departmentOf, PlaceFields } from './place';
import type { Schemas } from './queries';

const day = 86_400;

/** What a key for everything may be narrowed to. */
const rights: Right[] = ['ask', 'watch', 'serve', 'people', 'grant', 'guard', 'audit', 'setup'];

type Scope = { rights: Right[]; models: string[] };
type Wanted = Scope & Belongs & { name: string; standing: 'user' | 'admin'; days: number };

/** All of them is said by naming none, so that it stays all of them. */
const only = (chosen: Right[]) => (chosen.length === rights.length ? [] : chosen);

/** Makes a key, which is shown once: for a program, or for who is signed in. */
export function CreateKey({ own, onClose }: { own: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Wanted>();
  const setsUp = useMay('setup');
  const standing = Form.useWatch('standing', form);
  const make = useMutation({
    mutationFn: async (w: Wanted) => {
      const key = { name: w.name, models: w.models, ttl_seconds: w.days * day };
      if (own) return body(admin.POST('/admin/v1/me/keys', { body: key }));
      const department = (await departmentOf(queries, w)) || undefined;
      const may = w.standing === 'admin' ? { admin: true, rights: only(w.rights) } : {};
      return body(admin.POST('/admin/v1/keys', { body: { ...key, ...may, tenant: w.tenant, department } }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: [own ? 'own-keys' : 'keys'] }),
  });
  if (make.data) return <Once title={t('keys.made')} text={make.data.key} onClose={onClose} />;
  const problem = make.error && Problem.any(make.error);
  return (
    <Modal
      open
      title={t('keys.create')}
      okText={t('keys.create')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={make.isPending}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ standing: 'user', rights, models: [], days: own ? 90 : 0, tenant: 'main', department: '' }}
        onFinish={(w) => make.mutate(w)}
      >
        <Form.Item name="name" label={t('keys.name')} rules={[{ required: true, whitespace: true, message: t('keys.nameMissing') }]}>
          <Input autoFocus maxLength={60} placeholder={t('keys.namePlaceholder')} />
        </Form.Item>
        {!own && setsUp && (
          <>
            <Form.Item name="standing" label={t('keys.standing')}>
              <Radio.Group
                options={[
                  { value: 'user', label: t('keys.user') },
                  { value: 'admin', label: t('keys.admin') },
                ]}
              />
            </Form.Item>
            {standing === 'admin' && (
              <>
                <Alert type="info" showIcon title={t('keys.adminWarning')} className="spaced" />
                <RightsField />
              </>
            )}
          </>
        )}
        <ModelsField />
        <Form.Item name="days" label={t('keys.life')}>
          <Select
            options={[
              { value: 0, label: t('keys.never') },
              ...[7, 30, 90].map((n) => ({ value: n, label: t('keys.days', { n }) })),
              { value: 365, label: t('keys.year') },
            ]}
          />
        </Form.Item>
        {!own && <PlaceFields />}
      </Form>
    </Modal>
  );
}

/** Says what a key may be used for. */
export function LimitKey({ k, onClose }: { k: Schemas['Key']; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [form] = Form.useForm<Scope>();
  const save = useMutation({
    mutationFn: ({ sure, ...s }: Scope & { sure?: boolean }) =>
      body(
        admin.PUT('/admin/v1/keys/{id}/limits', {
          params: { path: { id: k.id }, header: ifMatch(k.etag, sure) },
          body: { rights: k.standing === 'admin' ? only(s.rights) : k.rights, models: s.models },
        }),
      ),
    onSuccess: () => {
      notices.success(t('keys.limited', { name: k.name }));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  const problem = save.error && Problem.any(save.error);
  return (
    <Modal
      open
      title={t('keys.limitTitle', { name: k.name })}
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
      <p className="quiet spaced">{t('keys.limitHint')}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ rights: k.rights ?? [], models: k.models ?? [] }}
        onFinish={(s) => save.mutate(s)}
      >
        {k.standing === 'admin' && <RightsField />}
        <ModelsField />
      </Form>
    </Modal>
  );
}

function RightsField() {
  const { t } = useTranslation();
  return (
    <Form.Item name="rights" label={t('keys.rights')} rules={[{ type: 'array', required: true, message: t('keys.rightsMissing') }]}>
      <Checkbox.Group className="choices" options={rights.map((r) => ({ value: r, label: t(`rights.${r}`) }))} />
    </Form.Item>
  );
}

function ModelsField() {
  const { t } = useTranslation();
  const offered = useOffered().data ?? [];
  return (
    <Form.Item name="models" label={t('keys.models')} extra={t('keys.modelsHint')}>
      <Select
        mode="tags"
        placeholder={t('keys.allModels')}
        tokenSeparators={[',', '，', ' ']}
        options={offered.map((m) => ({ value: m.id, label: m.id }))}
      />
    </Form.Item>
  );
}
