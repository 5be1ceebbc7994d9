import '../i18n/serve';
import { Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/problem';

/** Whether somebody else has changed it since it was read. */
export const isConflict = (error: unknown) => error instanceof Problem && error.code === 'changed_meanwhile';

/** Asks what is to become of a change that somebody else has overtaken: nothing is overwritten unsaid. */
export function Conflict({ onReload, onOverwrite, onClose }: { onReload(): void; onOverwrite?(): void; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={t('conflict.title')}
      onCancel={onClose}
      footer={[
        onOverwrite && (
          <Button key="over" danger onClick={onOverwrite}>
            {t('conflict.overwrite')}
          </Button>
        ),
        <Button key="reload" type="primary" onClick={onReload}>
          {t('conflict.reload')}
        </Button>,
      ]}
    >
      <p>{t('conflict.hint')}</p>
    </Modal>
  );
}

/** The same for what a form saves: again with `sure`, or the form closed so that what is there now is seen. */
export function Overtaken<V extends { sure?: boolean }>({
  save,
  onReload,
}: {
  save: { error: unknown; variables?: V; mutate(v: V): void; reset(): void };
  onReload(): void;
}) {
  if (!isConflict(save.error)) return null;
  const { variables } = save;
  return (
    <Conflict
      onReload={onReload}
      onOverwrite={variables && (() => save.mutate({ ...variables, sure: true }))}
      onClose={() => save.reset()}
    />
  );
}

/** The state that a change is about, as it was read; whatever it is by now, where somebody is sure. */
export const ifMatch = (etag: string, sure?: boolean) => ({ 'If-Match': sure ? '*' : `"${etag}"` });
