import { KeyOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Radio, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { become, useSession } from '../../api/session';
import { useNotices } from '../../app/notices';
import { Snippet } from '../../components/copy';
import { Mark } from '../../components/mark';
import { Nothing, Shown } from '../../components/states';
import { moment } from '../../lib/format';
import { Page } from './page';
import { keys, type Schemas } from './queries';

const day = 86_400;

export function Keys() {
  const { t } = useTranslation();
  const query = useQuery(keys());
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Schemas['Key'] | null>(null);
  return (
    <Page
      title={t('keys.title')}
      intro={t('keys.intro')}
      extra={
        query.data && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
            {t('keys.create')}
          </Button>
        )
      }
    >
      <Shown query={query}>
        {(list) =>
          list.length === 0 ? (
            <Nothing icon={<KeyOutlined />} title={t('common.none')} />
          ) : (
            <>
              <p className="quiet">{t('keys.count', { n: list.length })}</p>
              <ul className="rows">
                {list.map((k) => (
                  <Row key={k.id} k={k} onRevoke={() => setRevoking(k)} />
                ))}
              </ul>
            </>
          )
        }
      </Shown>
      {creating && <Create onClose={() => setCreating(false)} />}
      {revoking && <Revoke k={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function Row({ k, onRevoke }: { k: Schemas['Key']; onRevoke(): void }) {
  const { t, i18n } = useTranslation();
  const mine = useSession().data?.key_id === k.id;
  const expired = k.expires && new Date(k.expires) < new Date();
  return (
    <li className="row">
      <KeyOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{k.name}</b>{' '}
        <Mark tone={k.standing === 'admin' ? 'warm' : undefined}>{t(k.standing === 'admin' ? 'app.admin' : 'app.user')}</Mark>
        {mine && <Mark tone="good">{t('keys.current')}</Mark>}
        {expired && <Mark tone="bad">{t('keys.expired')}</Mark>}
        <div className="quiet">
          <code>hk_{k.id}_…</code> · {t('keys.created')} {moment(k.created, i18n.language)} · {t('keys.expires')}{' '}
          {k.expires ? moment(k.expires, i18n.language) : t('keys.never')}
        </div>
      </div>
      <Button danger size="small" onClick={onRevoke} aria-label={`${t('keys.revoke')} ${k.name}`}>
        {t('keys.revoke')}
      </Button>
    </li>
  );
}

type Wanted = { name: string; standing: 'user' | 'admin'; days: number };

function Create({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Wanted>();
  const standing = Form.useWatch('standing', form);
  const make = useMutation({
    mutationFn: (w: Wanted) =>
      body(admin.POST('/admin/v1/keys', { body: { name: w.name, admin: w.standing === 'admin', ttl_seconds: w.days * day } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  if (make.data)
    return (
      <Modal
        open
        title={t('keys.made')}
        onCancel={onClose}
        closable={false}
        mask={{ closable: false }}
        keyboard={false}
        footer={
          <Button type="primary" onClick={onClose}>
            {t('keys.done')}
          </Button>
        }
      >
        <Alert type="warning" showIcon title={t('keys.once')} />
        <Snippet text={make.data.key} />
      </Modal>
    );
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
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ standing: 'user', days: 0 }}
        onFinish={(w) => make.mutate(w)}
      >
        <Form.Item name="name" label={t('keys.name')} rules={[{ required: true, whitespace: true, message: t('keys.nameMissing') }]}>
          <Input autoFocus maxLength={60} placeholder={t('keys.namePlaceholder')} />
        </Form.Item>
        <Form.Item name="standing" label={t('keys.standing')}>
          <Radio.Group
            options={[
              { value: 'user', label: t('keys.user') },
              { value: 'admin', label: t('keys.admin') },
            ]}
          />
        </Form.Item>
        {standing === 'admin' && <Alert type="info" showIcon title={t('keys.adminWarning')} className="spaced" />}
        <Form.Item name="days" label={t('keys.life')}>
          <Select
            options={[
              { value: 0, label: t('keys.never') },
              ...[7, 30, 90].map((n) => ({ value: n, label: t('keys.days', { n }) })),
              { value: 365, label: t('keys.year') },
            ]}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Ends a key, once its name has been typed. */
function Revoke({ k, onClose }: { k: Schemas['Key']; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const mine = useSession().data?.key_id === k.id;
  const [typed, setTyped] = useState('');
  const end = useMutation({
    mutationFn: () => body(admin.DELETE('/admin/v1/keys/{id}', { params: { path: { id: k.id } } })),
    onSuccess: () => {
      notices.success(t('keys.revoked', { name: k.name }));
      onClose();
      if (mine) become(queries, null);
      else void queries.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  const problem = end.error && Problem.any(end.error);
  const right = typed.trim() === k.name.trim();
  return (
    <Modal
      open
      title={t('keys.revokeTitle', { name: k.name })}
      okText={t('keys.revoke')}
      cancelText={t('common.cancel')}
      okButtonProps={{ danger: true, disabled: !right }}
      confirmLoading={end.isPending}
      onOk={() => end.mutate()}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      {mine && <Alert type="warning" showIcon title={t('keys.currentHint')} className="spaced" />}
      <p>{t('keys.revokeHint')}</p>
      <p>
        <code>{k.name}</code>
      </p>
      <Input
        autoFocus
        value={typed}
        aria-label={t('keys.name')}
        onChange={(e) => setTyped(e.target.value)}
        onPressEnter={() => right && end.mutate()}
      />
    </Modal>
  );
}
