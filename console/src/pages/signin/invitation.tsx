import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/problem';
import { accept, become, signIn } from '../../api/session';
import { Door, NewPassword, rememberWay } from './door';

/** An invitation in what was typed, be it the address that it came in. */
const invitationIn = (typed: string) => /hi_\w+/.exec(typed)?.[0];

/** Where who is invited chooses a password, and comes in with it. Who has the invitation alone types it. */
export default function Invitation({ code }: { code?: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async ({ password, invitation }: { password: string; invitation?: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      const { login } = await accept(code || invitationIn(invitation ?? '') || '', password);
      rememberWay('person');
      become(queries, await signIn({ login, password }));
      await navigate({ to: '/chat', replace: true });
    } catch (e) {
      setProblem(Problem.any(e));
      setBusy(false);
    }
  };
  return (
    <Door title={t('signin.invited')} hint={t('signin.invitedHint')}>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} role="alert" />}
      <Form layout="vertical" onFinish={submit} requiredMark={false} disabled={busy}>
        {!code && (
          <Form.Item
            name="invitation"
            label={t('signin.invitation')}
            rules={[{ required: true, pattern: /hi_\w+/, message: t('signin.invitationMissing') }]}
          >
            <Input size="large" autoFocus autoComplete="off" maxLength={500} placeholder="hi_…" spellCheck={false} />
          </Form.Item>
        )}
        <NewPassword name="password" label={t('signin.choose')} />
        <Button type="primary" size="large" htmlType="submit" block loading={busy}>
          {t('signin.comeIn')}
        </Button>
      </Form>
      <Link to="/" className="door-link">
        {t('signin.back')}
      </Link>
    </Door>
  );
}
