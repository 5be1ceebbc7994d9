import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { shortcuts } from './shortcuts';

/** Shows the keys. */
export default function Help({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Modal open onCancel={onClose} footer={null} title={t('chat.shortcuts')} width={420}>
      <dl className="shortcuts">
        {shortcuts.map(([keys, name]) => (
          <div key={name}>
            <dt>{t(`chat.${name}`)}</dt>
            <dd>
              <kbd>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
