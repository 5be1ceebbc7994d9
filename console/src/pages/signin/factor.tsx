import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, QRCode } from 'antd';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { become, signOut, type Who } from '../../api/session';
import { Snippet } from '../../components/copy';
import { Door } from './door';

/** An administrator without a second factor may do nothing but get one. */
export default function Factor({ who }: { who: Who }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const begin = useMutation({ mutationFn: () => body(admin.POST('/admin/v1/me/second-factor', { body: {} })) });
  const prove = useMutation({
    mutationFn: ({ code }: { code: string }) => body(admin.POST('/admin/v1/me/second-factor/prove', { body: { code: code.trim() } })),
  });
  const problem = (prove.error ?? begin.error) && Problem.any(prove.error ?? begin.error);
  const leave = (
    <Button type="text" onClick={() => signOut().finally(() => become(queries, null))}>
      {t('prefs.signOut')}
    </Button>
  );
  if (prove.data)
    return (
      <Door title={t('factor.done')} hint={t('factor.recovery')}>
        <Alert type="warning" showIcon title={t('common.once')} />
        <Snippet text={prove.data.recovery_codes?.join('\n') ?? ''} />
        <Button type="primary" size="large" onClick={() => queries.invalidateQueries({ queryKey: ['session'] })}>
          {t('common.saved')}
        </Button>
      </Door>
    );
  return (
    <Door title={t('factor.title')} hint={t('factor.hint', { name: who.name, standing: t(`standing.${who.standing}`) })}>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} role="alert" />}
      {begin.data ? (
        <>
          <p>{t('factor.scan')}</p>
          <div className="qr">
            <QRCode aria-label={t('factor.scan')} value={begin.data.uri} color="#000" bgColor="#fff" bordered={false} size={184} />
          </div>
          <p className="quiet">{t('factor.secret')}</p>
          <Snippet text={begin.data.secret} />
          <Form layout="vertical" onFinish={(v) => prove.mutate(v)} requiredMark={false} disabled={prove.isPending}>
            <Form.Item
              name="code"
              label={t('factor.code')}
              rules={[{ required: true, whitespace: true, message: t('signin.codeMissing') }]}
            >
              <Input size="large" autoFocus autoComplete="one-time-code" inputMode="numeric" maxLength={6} />
            </Form.Item>
            <Button type="primary" size="large" htmlType="submit" block loading={prove.isPending}>
              {t('factor.prove')}
            </Button>
          </Form>
        </>
      ) : (
        <Button type="primary" size="large" onClick={() => begin.mutate()} loading={begin.isPending}>
          {t('factor.begin')}
        </Button>
      )}
      {leave}
    </Door>
  );
}
