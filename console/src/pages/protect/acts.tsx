import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useSession } from '../../api/session';
import { useNotices } from '../../app/notices';
import { ifMatch, isConflict, Overtaken } from '../../components/conflict';
import { Typed } from '../../components/typed';
import { Invited } from './once';
import { Account, StandingChoice } from './person';
import type { Schemas } from './queries';

type Person = Schemas['Person'];

/** What is asked about before it is done. */
export type Act = 'edit' | 'standing' | 'reset' | 'disable' | 'remove';

export function Doing({ act, p, onClose }: { act: Act; p: Person; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const me = useSession().data?.person === p.id;
  const [invitation, setInvitation] = useState<string | null>(null);
  if (act === 'edit') return <Account p={p} onClose={onClose} />;
  if (act === 'standing') return <Standing p={p} onClose={onClose} />;
  if (invitation) return <Invited title={t('people.resetDone', { name: p.name })} invitation={invitation} onClose={onClose} />;
  const params = { path: { id: p.id } };
  const done = (words: string) => {
    void queries.invalidateQueries({ queryKey: ['people'] });
    notices.success(words);
    onClose();
  };
  const same = { word: p.login, warning: me && t('people.yourself'), onClose };
  if (act === 'reset')
    return (
      <Typed
        {...same}
        title={t('people.resetTitle', { name: p.name })}
        hint={t('people.resetHint')}
        ok={t('people.reset')}
        run={() => body(admin.POST('/admin/v1/people/{id}/reset', { params }))}
        onDone={(made) => {
          void queries.invalidateQueries({ queryKey: ['people'] });
          setInvitation(made.invitation);
        }}
      />
    );
  if (act === 'disable')
    return (
      <Typed
        {...same}
        title={t('people.disableTitle', { name: p.name })}
        hint={t('people.disableHint')}
        ok={t('people.disable')}
        run={() => body(admin.PATCH('/admin/v1/people/{id}', { params, body: { disabled: true } }))}
        onDone={() => done(t('people.disabledNow', { name: p.name }))}
      />
    );
  return (
    <Typed
      {...same}
      title={t('people.removeTitle', { name: p.name })}
      hint={t('people.removeHint')}
      ok={t('people.remove')}
      run={() => body(admin.DELETE('/admin/v1/people/{id}', { params }))}
      onDone={() => done(t('people.removed', { name: p.name }))}
    />
  );
}

function Standing({ p, onClose }: { p: Person; onClose(): void }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [standing, setStanding] = useState(p.standing);
  const save = useMutation({
    mutationFn: ({ sure }: { sure?: boolean }) =>
      body(
        admin.PUT('/admin/v1/people/{id}/standing', { params: { path: { id: p.id }, header: ifMatch(p.etag, sure) }, body: { standing } }),
      ),
    onSuccess: () => {
      notices.success(t('people.standingSet', { name: p.name, standing: t(`standing.${standing}`) }));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  const problem = save.error && Problem.any(save.error);
  return (
    <Modal
      open
      title={t('people.standingTitle', { name: p.name })}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: standing === p.standing }}
      confirmLoading={save.isPending}
      onOk={() => save.mutate({})}
      onCancel={onClose}
    >
      <Overtaken save={save} onReload={onClose} />
      {problem && !isConflict(problem) && (
        <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />
      )}
      <p className="quiet spaced">{t('people.standingEffect')}</p>
      <StandingChoice value={standing} onChange={setStanding} />
    </Modal>
  );
}
