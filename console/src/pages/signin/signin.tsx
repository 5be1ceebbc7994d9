import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/problem';
import { become, signIn } from '../../api/session';
import mark from '../../app/hearth.svg';
import { LanguageSwitch } from '../../app/preferences';
import { Snippet } from '../../components/copy';

/** The door. */
export default function SignIn() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async ({ key }: { key: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      const who = await signIn(key.trim());
      become(queries, who);
    } catch (e) {
      setProblem(Problem.any(e));
      setBusy(false);
    }
  };
  return (
    <main className="signin">
      <div className="signin-card">
        <img src={mark} alt="" width={56} height={56} />
        <h1>{t('signin.title')}</h1>
        <p>{t('signin.hint')}</p>
        {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} role="alert" />}
        <Form layout="vertical" onFinish={submit} requiredMark={false} disabled={busy}>
          <Form.Item name="key" label={t('signin.key')} rules={[{ required: true, whitespace: true, message: t('signin.missing') }]}>
            <Input.Password size="large" autoFocus autoComplete="current-password" placeholder="hk_…" spellCheck={false} />
          </Form.Item>
          <Button type="primary" size="large" htmlType="submit" block loading={busy}>
            {t('signin.submit')}
          </Button>
        </Form>
        <p className="quiet">{t('signin.privacy')}</p>
        <div className="signin-lost">
          <span>{t('signin.lost')}</span>
          <Snippet text="hearth key create --admin --name me" />
        </div>
        <LanguageSwitch />
      </div>
    </main>
  );
}
