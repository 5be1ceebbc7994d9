import { useMutation } from '@tanstack/react-query';
import { Alert, Input, Modal } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/problem';

/** Asks to type a word before something is done that can't be undone. */
export function Typed<T>({
  title,
  hint,
  word,
  ok,
  warning,
  run,
  onDone,
  onClose,
}: {
  title: string;
  hint: string;
  word: string;
  ok: string;
  warning?: ReactNode;
  run(): Promise<T>;
  onDone(result: T): void;
  onClose(): void;
}) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const act = useMutation({ mutationFn: run, onSuccess: onDone });
  const problem = act.error && Problem.any(act.error);
  const right = typed.trim() === word.trim();
  return (
    <Modal
      open
      title={title}
      okText={ok}
      cancelText={t('common.cancel')}
      okButtonProps={{ danger: true, disabled: !right }}
      confirmLoading={act.isPending}
      onOk={() => act.mutate()}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      {warning && <Alert type="warning" showIcon title={warning} className="spaced" />}
      <p>{hint}</p>
      <p>
        {t('common.typeThis')} <code>{word}</code>
      </p>
      <Input
        autoFocus
        value={typed}
        aria-label={t('common.typeThis')}
        autoComplete="off"
        onChange={(e) => setTyped(e.target.value)}
        onPressEnter={() => right && !act.isPending && act.mutate()}
      />
    </Modal>
  );
}
