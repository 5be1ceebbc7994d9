import '../../i18n/later';
import { BankOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { useOffered } from '../../api/models';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Page } from '../../components/page';
import { Shown } from '../../components/states';
import { Typed } from '../../components/typed';
import { moment } from '../../lib/format';
import { departments, type Schemas, tenants } from './queries';

type Tenant = Schemas['Tenant'];
type Act = 'add' | 'rename' | 'models' | 'disable' | 'remove';

/** Houses of their own in the appliance, and their departments. */
export function Tenants() {
  const { t } = useTranslation();
  const query = useQuery(tenants());
  const keeps = useMay('people');
  const [doing, setDoing] = useState<{ act: Act; of?: Tenant } | null>(null);
  return (
    <Page
      title={t('tenants.title')}
      intro={t('tenants.intro')}
      extra={
        keeps && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setDoing({ act: 'add' })}>
            {t('tenants.add')}
          </Button>
        )
      }
    >
      <Shown query={query}>
        {(list) => (
          <ul className="rows">
            {list.map((x) => (
              <Row key={x.id} x={x} onAct={(act) => setDoing({ act, of: x })} />
            ))}
          </ul>
        )}
      </Shown>
      {doing && <Doing {...doing} onClose={() => setDoing(null)} />}
    </Page>
  );
}

function Row({ x, onAct }: { x: Tenant; onAct(act: Act): void }) {
  const { t, i18n } = useTranslation();
  const keeps = useMay('people');
  const grants = useMay('grant');
  const parts = useQuery(departments()).data ?? [];
  const comma = i18n.language === 'en' ? ', ' : '、';
  const models = x.models ?? [];
  const names = parts.filter((d) => d.tenant === x.id).map((d) => d.name);
  const act = (what: Act, label: string, danger = false) => (
    <Button size="small" danger={danger} aria-label={`${label} ${x.name}`} onClick={() => onAct(what)}>
      {label}
    </Button>
  );
  return (
    <li className="row">
      <BankOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{x.name}</b> {x.disabled && <Mark tone="bad">{t('tenants.disabled')}</Mark>}
        <div className="quiet">
          {models.length ? `${t('keys.models')} ${models.join(comma)}` : t('keys.allModels')}
          {x.id !== 'main' && ` · ${t('people.added')} ${moment(x.created, i18n.language)}`}
        </div>
        {names.length > 0 && (
          <div className="quiet">
            {t('people.department')} {names.join(comma)}
          </div>
        )}
      </div>
      <div className="row-acts">
        {grants && act('models', t('tenants.models'))}
        {keeps && act('rename', t('tenants.rename'))}
        {keeps && x.id !== 'main' && act('disable', t(x.disabled ? 'tenants.enable' : 'tenants.disable'), !x.disabled)}
        {keeps && x.id !== 'main' && act('remove', t('tenants.remove'), true)}
      </div>
    </li>
  );
}

function Doing({ act, of, onClose }: { act: Act; of?: Tenant; onClose(): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const notices = useNotices();
  const done = () => {
    void queries.invalidateQueries({ queryKey: ['tenants'] });
    notices.success(t('people.changed'));
    onClose();
  };
  if (act === 'add' || act === 'rename') return <Named of={act === 'rename' ? of : undefined} onDone={done} onClose={onClose} />;
  if (!of) return null;
  const params = { path: { id: of.id } };
  if (act === 'models') return <Models of={of} onDone={done} onClose={onClose} />;
  if (act === 'remove')
    return (
      <Typed
        title={t('tenants.removeTitle', { name: of.name })}
        hint={t('tenants.removeHint')}
        word={of.name}
        ok={t('tenants.remove')}
        run={() => body(admin.DELETE('/admin/v1/tenants/{id}', { params }))}
        onDone={done}
        onClose={onClose}
      />
    );
  return (
    <Typed
      title={t(of.disabled ? 'tenants.enableTitle' : 'tenants.disableTitle', { name: of.name })}
      hint={t(of.disabled ? 'tenants.enableHint' : 'tenants.disableHint')}
      word={of.name}
      ok={t(of.disabled ? 'tenants.enable' : 'tenants.disable')}
      run={() => body(admin.PATCH('/admin/v1/tenants/{id}', { params, body: { disabled: !of.disabled } }))}
      onDone={done}
      onClose={onClose}
    />
  );
}

function Named({ of, onDone, onClose }: { of?: Tenant; onDone(): void; onClose(): void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ name: string }>();
  const save = useMutation({
    mutationFn: async ({ name }: { name: string }) => {
      if (of) await body(admin.PATCH('/admin/v1/tenants/{id}', { params: { path: { id: of.id } }, body: { name: name.trim() } }));
      else await body(admin.POST('/admin/v1/tenants', { body: { name: name.trim() } }));
    },
    onSuccess: onDone,
  });
  const problem = save.error && Problem.any(save.error);
  return (
    <Modal
      open
      title={of ? t('tenants.renameTitle', { name: of.name }) : t('tenants.add')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={save.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ name: of?.name ?? '' }} onFinish={(w) => save.mutate(w)}>
        <Form.Item name="name" label={t('tenants.name')} rules={[{ required: true, whitespace: true, message: t('tenants.nameMissing') }]}>
          <Input autoFocus maxLength={60} placeholder={t('tenants.namePlaceholder')} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Models({ of, onDone, onClose }: { of: Tenant; onDone(): void; onClose(): void }) {
  const { t } = useTranslation();
  const offered = useOffered().data ?? [];
  const [models, setModels] = useState(of.models ?? []);
  const save = useMutation({
    mutationFn: () => body(admin.PUT('/admin/v1/tenants/{id}/models', { params: { path: { id: of.id } }, body: { models } })),
    onSuccess: onDone,
  });
  const problem = save.error && Problem.any(save.error);
  return (
    <Modal
      open
      title={t('tenants.modelsTitle', { name: of.name })}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      <p className="quiet spaced">{t('keys.modelsHint')}</p>
      <Select
        mode="tags"
        value={models}
        aria-label={t('keys.models')}
        onChange={setModels}
        placeholder={t('keys.allModels')}
        tokenSeparators={[',', '，', ' ']}
        options={offered.map((m) => ({ value: m.id, label: m.id }))}
        className="tenants-models"
      />
    </Modal>
  );
}
