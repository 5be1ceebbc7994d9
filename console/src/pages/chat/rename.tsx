import { Input, Modal } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

/** Asks for another title. */
export default function Rename({ title: before, onSave, onClose }: { title: string; onSave(title: string): void; onClose(): void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(before);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector('input')?.select(), []);
  const save = () => {
    if (title.trim()) onSave(title.trim());
    onClose();
  };
  return (
    <Modal
      open
      title={t('chat.rename')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onOk={save}
      onCancel={onClose}
      width={420}
    >
      <div ref={box}>
        <Input value={title} maxLength={120} aria-label={t('chat.title')} onChange={(e) => setTitle(e.target.value)} onPressEnter={save} />
      </div>
    </Modal>
  );
}
