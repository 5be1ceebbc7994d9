import { Input, Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Feedback, type Reason, reasons } from './tree';

/** Asks why an answer was not good. */
export default function WhyNot({ onSave, onClose }: { onSave(f: Feedback): void; onClose(): void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<Reason | undefined>();
  const [comment, setComment] = useState('');
  return (
    <Modal
      open
      title={t('chat.whyNot')}
      okText={t('chat.sendFeedback')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !reason }}
      onOk={() => reason && onSave({ good: false, reason, comment: comment.trim() || undefined })}
      onCancel={onClose}
    >
      <Radio.Group
        className="choices spaced"
        value={reason}
        aria-label={t('chat.whyNot')}
        onChange={(e) => setReason(e.target.value)}
        options={reasons.map((r) => ({ value: r, label: t(`chat.reasons.${r}`) }))}
      />
      <Input.TextArea
        rows={3}
        value={comment}
        maxLength={2000}
        placeholder={t('chat.comment')}
        aria-label={t('chat.comment')}
        onChange={(e) => setComment(e.target.value)}
      />
      <p className="quiet">{t('chat.feedbackHint')}</p>
    </Modal>
  );
}
