import '../../i18n/later';
import { KeyOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { make, passkeysWork } from '../../api/passkey';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { Page } from '../../components/page';
import { Nothing, Shown } from '../../components/states';
import { Typed } from '../../components/typed';
import { moment } from '../../lib/format';
import { ownPasskeys, type Schemas } from './queries';

type Passkey = Schemas['Passkey'];

/** One's own passkeys, and the password. */
export function Account() {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const query = useQuery(ownPasskeys());
  const queries = useQueryClient();
  const notices = useNotices();
  const works = passkeysWork();
  const add = (
    <Button type="primary" icon={<PlusOutlined />} disabled={!works} onClick={() => setAdding(true)}>
      {t('account.add')}
    </Button>
  );
  return (
    <Page title={t('account.title')} intro={t('account.intro')} extra={query.data && query.data.length > 0 && add}>
      {!works && <Alert type="info" showIcon title={t('account.noPasskeys')} className="spaced" />}
      <Shown query={query}>
        {(list) =>
          list.length === 0 ? (
            <Nothing icon={<KeyOutlined />} title={t('account.none')} hint={t('account.noneHint')}>
              {add}
            </Nothing>
          ) : (
            <ul className="rows">
              {list.map((k) => (
                <Row key={k.id} k={k} onRemove={() => setRemoving(k)} />
              ))}
            </ul>
          )
        }
      </Shown>
      <Password />
      {adding && <Add onClose={() => setAdding(false)} />}
      {removing && (
        <Typed
          title={t('account.removeTitle', { name: removing.name })}
          hint={t('account.removeHint')}
          word={removing.name}
          ok={t('account.remove')}
          run={() => body(admin.DELETE('/admin/v1/me/passkeys/{id}', { params: { path: { id: removing.id } } }))}
          onDone={() => {
            void queries.invalidateQueries({ queryKey: ['passkeys'] });
            notices.success(t('account.removed', { name: removing.name }));
            setRemoving(null);
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </Page>
  );
}

function Row({ k, onRemove }: { k: Passkey; onRemove(): void }) {
  const { t, i18n } = useTranslation();
  return (
    <li className="row">
      <KeyOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{k.name}</b>
        <div className="quiet">
          {k.site} · {t('keys.created')} {moment(k.created, i18n.language)}
          {k.used && ` · ${t('account.used')} ${moment(k.used, i18n.language)}`}
        </div>
      </div>
      <Button size="small" danger aria-label={`${t('account.remove')} ${k.name}`} onClick={onRemove}>
        {t('account.remove')}
      </Button>
    </li>
  );
}

function Add({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ name: string; code: string }>();
  const add = useMutation({
    mutationFn: async ({ name, code }: { name: string; code?: string }) => {
      const q = await body(admin.POST('/admin/v1/me/passkeys/begin', { body: { code: code?.trim() || undefined } }));
      const passkey = await make(q.options);
      return body(admin.POST('/admin/v1/me/passkeys', { body: { name: name.trim(), state: q.state, passkey } }));
    },
    onSuccess: (k) => {
      notices.success(t('account.added', { name: k.name }));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['passkeys'] }),
  });
  // What the browser itself says when one has changed one's mind is of no use.
  const problem =
    add.error && (add.error instanceof DOMException ? new Problem(-1, 'console', t('account.notMade')) : Problem.any(add.error));
  return (
    <Modal
      open
      title={t('account.add')}
      okText={t('account.go')}
      cancelText={t('common.cancel')}
      confirmLoading={add.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy || undefined} className="spaced" />}
      <p className="spaced">{t('account.addHint')}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(w) => add.mutate(w)}>
        <Form.Item name="name" label={t('account.name')} rules={[{ required: true, whitespace: true, message: t('account.nameMissing') }]}>
          <Input autoFocus maxLength={60} placeholder={t('account.namePlaceholder')} />
        </Form.Item>
        <Form.Item name="code" label={t('account.code')} extra={t('account.codeHint')}>
          <Input autoComplete="one-time-code" maxLength={40} spellCheck={false} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

type Change = { old: string; fresh: string; code?: string };

function Password() {
  const { t } = useTranslation();
  const notices = useNotices();
  const [form] = Form.useForm<Change>();
  const change = useMutation({
    mutationFn: (c: Change) => body(admin.PUT('/admin/v1/me/password', { body: { old: c.old, new: c.fresh } })),
    onSuccess: () => {
      notices.success(t('account.passwordChanged'));
      form.resetFields();
    },
  });
  const problem = change.error && Problem.any(change.error);
  return (
    <>
      <h2 className="section">{t('account.password')}</h2>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(c) => change.mutate(c)} className="account-password">
        <Form.Item name="old" label={t('account.old')} rules={[{ required: true, message: t('signin.passwordMissing') }]}>
          <Input.Password autoComplete="current-password" maxLength={512} />
        </Form.Item>
        <Form.Item
          name="fresh"
          label={t('signin.choose')}
          extra={t('signin.rule')}
          rules={[{ required: true, message: t('signin.passwordMissing') }]}
        >
          <Input.Password autoComplete="new-password" maxLength={512} />
        </Form.Item>
        <Button htmlType="submit" loading={change.isPending}>
          {t('account.change')}
        </Button>
      </Form>
    </>
  );
}
