import { KeyOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Form, Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { root } from '../../api/client';
import { passkeysWork, show } from '../../api/passkey';
import { Problem } from '../../api/problem';
import { become, type Proof, signIn, useDirectories } from '../../api/session';
import { Snippet } from '../../components/copy';
import { Door, NewPassword, rememberedWay, rememberWay, type Way } from './door';

/** The door: for people by name, for whoever holds a key with that. */
export default function SignIn() {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>(rememberedWay);
  return (
    <Door title={t('signin.title')} hint={t(way === 'key' ? 'signin.hint' : 'signin.personHint')}>
      <Segmented<Way>
        block
        aria-label={t('signin.way')}
        value={way}
        onChange={setWay}
        options={[
          { value: 'person', label: t('signin.person') },
          { value: 'key', label: t('signin.key') },
        ]}
      />
      {way === 'key' ? <ByKey /> : <ByName />}
      {way === 'person' && <Elsewhere />}
    </Door>
  );
}

/** The other houses that say who somebody is. Their pages are not the console's: the browser goes there. */
function Elsewhere() {
  const { t } = useTranslation();
  const directories = useDirectories().data ?? [];
  return directories.map((d) => (
    <Button key={d.name} size="large" block href={`${root}console/directory/${encodeURIComponent(d.name)}`}>
      {t('signin.directory', { title: d.title })}
    </Button>
  ));
}

/** Signs in, and says what went wrong. */
function useEntrance(way: Way) {
  const queries = useQueryClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const enter = async (proof: Proof) => {
    setBusy(true);
    setProblem(null);
    try {
      const who = await signIn(proof);
      rememberWay(way);
      become(queries, who);
    } catch (e) {
      setProblem(Problem.any(e));
      setBusy(false);
    }
  };
  return { problem, busy, enter, fail: (e: unknown) => setProblem(Problem.any(e)) };
}

function ByKey() {
  const { t } = useTranslation();
  const { problem, busy, enter } = useEntrance('key');
  return (
    <>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} role="alert" />}
      <Form layout="vertical" onFinish={({ key }) => enter({ key: key.trim() })} requiredMark={false} disabled={busy}>
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
    </>
  );
}

/** What the appliance asks for besides is asked for once it says so. */
function ByName() {
  const { t } = useTranslation();
  const { problem, busy, enter, fail } = useEntrance('person');
  const [asks, setAsks] = useState({ code: false, fresh: false });
  const wants = { code: problem?.code === 'code_required', fresh: problem?.code === 'password_expired' };
  if ((wants.code && !asks.code) || (wants.fresh && !asks.fresh))
    setAsks({ code: asks.code || wants.code, fresh: asks.fresh || wants.fresh });
  const byPasskey = async () => {
    try {
      await enter(await show());
    } catch (e) {
      if (!(e instanceof DOMException)) fail(e); // one has changed one's mind
    }
  };
  const trouble = problem && (wants.code ? null : problem);
  return (
    <>
      {trouble && (
        <Alert type={wants.fresh ? 'info' : 'error'} showIcon title={trouble.message} description={trouble.remedy} role="alert" />
      )}
      <Form
        layout="vertical"
        requiredMark={false}
        disabled={busy}
        onFinish={({ login, password, code, new_password }) => enter({ login: login.trim(), password, code: code?.trim(), new_password })}
      >
        <Form.Item name="login" label={t('signin.login')} rules={[{ required: true, whitespace: true, message: t('signin.loginMissing') }]}>
          <Input size="large" autoFocus autoComplete="username" maxLength={64} spellCheck={false} />
        </Form.Item>
        <Form.Item name="password" label={t('signin.password')} rules={[{ required: true, message: t('signin.passwordMissing') }]}>
          <Input.Password size="large" autoComplete="current-password" maxLength={512} />
        </Form.Item>
        {asks.code && (
          <Form.Item
            name="code"
            label={t('signin.code')}
            extra={t('signin.codeHint')}
            rules={[{ required: true, message: t('signin.codeMissing') }]}
          >
            <Input size="large" autoFocus autoComplete="one-time-code" maxLength={40} spellCheck={false} />
          </Form.Item>
        )}
        {asks.fresh && <NewPassword name="new_password" label={t('signin.choose')} />}
        <Button type="primary" size="large" htmlType="submit" block loading={busy}>
          {t('signin.submit')}
        </Button>
      </Form>
      {passkeysWork() && (
        <Button size="large" block icon={<KeyOutlined />} disabled={busy} onClick={() => void byPasskey()}>
          {t('signin.passkey')}
        </Button>
      )}
      <Link to="/invitation/{-$code}" params={{ code: undefined }} className="door-link">
        {t('signin.haveInvitation')}
      </Link>
      <p className="quiet">{t('signin.forgotten')}</p>
    </>
  );
}
