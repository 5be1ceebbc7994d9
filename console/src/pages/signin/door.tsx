import { Form, Input } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import mark from '../../app/hearth.svg';
import { LanguageSwitch } from '../../app/preferences';

/** What is seen before anything else. */
export function Door({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <main className="signin">
      <div className="signin-card">
        <img src={mark} alt="" width={56} height={56} />
        <h1>{title}</h1>
        <p>{hint}</p>
        {children}
        <LanguageSwitch />
      </div>
    </main>
  );
}

/** A password that is chosen, and typed again. */
export function NewPassword({ name, label }: { name: 'password' | 'new_password'; label: string }) {
  const { t } = useTranslation();
  return (
    <>
      <Form.Item name={name} label={label} extra={t('signin.rule')} rules={[{ required: true, message: t('signin.passwordMissing') }]}>
        <Input.Password size="large" autoComplete="new-password" maxLength={512} />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('signin.again')}
        dependencies={[name]}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, v) => (v === getFieldValue(name) ? Promise.resolve() : Promise.reject(new Error(t('signin.differ')))),
          }),
        ]}
      >
        <Input.Password size="large" autoComplete="new-password" maxLength={512} />
      </Form.Item>
    </>
  );
}

/** How somebody signed in last: as a person, or with a key. */
export type Way = 'person' | 'key';

const remembered = 'hearth.way';

export const rememberedWay = (): Way => (localStorage.getItem(remembered) === 'person' ? 'person' : 'key');
export const rememberWay = (way: Way) => localStorage.setItem(remembered, way);
