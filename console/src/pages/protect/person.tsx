import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useMay } from '../../api/session';
import { useNotices } from '../../app/notices';
import { ifMatch, isConflict, Overtaken } from '../../components/conflict';
import { Loading } from '../../components/states';
import { Invited } from './once';
import { type Belongs, departmentOf, PlaceFields } from './place';
import { departments, type Schemas } from './queries';

type Person = Schemas['Person'];
type Standing = Person['standing'];
type Wanted = Belongs & { name: string; login: string; standing: Standing };

export const standings: Standing[] = ['user', 'system', 'security', 'audit'];

/** Adds somebody, whose invitation is shown once, or changes who is there. */
export function Account({ p, onClose }: { p?: Person; onClose(): void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Wanted>();
  const notices = useNotices();
  const queries = useQueryClient();
  const grants = useMay('grant');
  const parts = useQuery(departments());
  const [invitation, setInvitation] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: async ({ sure, ...w }: Wanted & { sure?: boolean }) => {
      const department = await departmentOf(queries, w);
      const of = { name: w.name, login: w.login.trim(), tenant: w.tenant };
      if (!p) {
        const made = await body(
          admin.POST('/admin/v1/people', { body: { ...of, department: department || undefined, standing: w.standing } }),
        );
        return made.invitation;
      }
      await body(
        admin.PATCH('/admin/v1/people/{id}', {
          params: { path: { id: p.id }, header: ifMatch(p.etag, sure) },
          body: { ...of, department },
        }),
      );
      return null;
    },
    onSuccess: (made) => {
      if (made) return setInvitation(made);
      notices.success(t('people.changed'));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  if (invitation) return <Invited title={t('people.made')} invitation={invitation} onClose={onClose} />;
  const problem = save.error && Problem.any(save.error);
  const title = p ? t('people.editTitle', { name: p.name }) : t('people.add');
  return (
    <Modal
      open
      title={title}
      okText={p ? t('common.save') : t('people.add')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={save.isPending}
    >
      <Overtaken save={save} onReload={onClose} />
      {problem && !isConflict(problem) && (
        <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />
      )}
      {parts.isPending ? (
        <Loading />
      ) : (
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{
            name: p?.name ?? '',
            login: p?.login ?? '',
            standing: 'user',
            tenant: p?.tenant ?? 'main',
            department: parts.data?.find((d) => d.id === p?.department)?.name ?? '',
          }}
          onFinish={(w) => save.mutate(w)}
        >
          <Form.Item name="name" label={t('people.name')} rules={[{ required: true, whitespace: true, message: t('people.nameMissing') }]}>
            <Input autoFocus maxLength={60} autoComplete="off" placeholder={t('people.namePlaceholder')} />
          </Form.Item>
          <Form.Item
            name="login"
            label={t('people.login')}
            rules={[{ required: true, whitespace: true, message: t('people.loginMissing') }]}
            extra={t('people.loginHint')}
          >
            <Input maxLength={64} autoComplete="off" spellCheck={false} placeholder="zhang.san" />
          </Form.Item>
          {!p && (
            <Form.Item name="standing" label={t('people.standing')} extra={grants ? undefined : t('people.standingHint')}>
              <StandingChoice userOnly={!grants} />
            </Form.Item>
          )}
          <PlaceFields />
        </Form>
      )}
    </Modal>
  );
}

/** The standings somebody can have, with what each is for. */
export function StandingChoice({ value, onChange, userOnly }: { value?: Standing; onChange?(s: Standing): void; userOnly?: boolean }) {
  const { t } = useTranslation();
  return (
    <Radio.Group value={value} onChange={(e) => onChange?.(e.target.value)} className="choices" aria-label={t('people.standing')}>
      {standings.map((s) => (
        <Radio key={s} value={s} disabled={userOnly && s !== 'user'}>
          {t(`standing.${s}`)}
          <span className="quiet">{t(`duty.${s}`)}</span>
        </Radio>
      ))}
    </Radio.Group>
  );
}
