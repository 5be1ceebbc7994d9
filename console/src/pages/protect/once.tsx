import { Alert, Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { Snippet } from '../../components/copy';

/** A secret that is shown this once; it isn't closed by accident. */
export function Once({ title, hint, text, onClose }: { title: string; hint?: string; text: string; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('common.saved')}
        </Button>
      }
    >
      <Alert type="warning" showIcon title={t('common.once')} description={hint} />
      <Snippet text={text} />
    </Modal>
  );
}

/** An invitation, as the address at which a password is chosen. What follows the # stays in the browser. */
export function Invited({ title, invitation, onClose }: { title: string; invitation: string; onClose(): void }) {
  const { t } = useTranslation();
  const text = new URL(`#/invitation/${invitation}`, document.baseURI).href;
  return <Once title={title} hint={t('people.invitationHint')} text={text} onClose={onClose} />;
}
