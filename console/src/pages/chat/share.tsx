import { useMutation } from '@tanstack/react-query';
import { Alert, Modal, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/problem';
import { Snippet } from '../../components/copy';
import { useChats } from './context';
import type { Conversation } from './tree';

/** Lets everybody of the tenant read a conversation, and shows where. */
export default function Share({ c, onClose }: { c: Conversation; onClose(): void }) {
  const { t } = useTranslation();
  const chats = useChats();
  const now = chats.get(c.id) ?? c;
  const share = useMutation({ mutationFn: (on: boolean) => chats.share(now, on) });
  const problem = share.error && Problem.any(share.error);
  return (
    <Modal open title={t('chat.shareTitle', { title: now.title || t('chat.untitled') })} footer={null} onCancel={onClose}>
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      <p className="spaced">{t('chat.shareHint')}</p>
      <p className="spaced">
        <Switch checked={!!now.shared} loading={share.isPending} onChange={(on) => share.mutate(on)} aria-label={t('chat.shareOn')} />{' '}
        {t('chat.shareOn')}
      </p>
      {now.shared && <Snippet text={new URL(`#/chat/${c.id}`, document.baseURI).href} />}
    </Modal>
  );
}
