import { FileTextOutlined, PlusOutlined, UploadOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { admin, body } from '../../api/client';
import { Problem } from '../../api/problem';
import { useNotices } from '../../app/notices';
import { Mark } from '../../components/mark';
import { Nothing } from '../../components/states';
import { Typed } from '../../components/typed';
import { bytes, integer, moment } from '../../lib/format';
import { decode } from '../../lib/text';
import type { Schemas } from './queries';

type List = Schemas['WordList'];

/** As the appliance bounds it. */
const bytesMax = 8 << 20;

/** The lists of words; each is a file in the data folder. */
export function WordLists({ g }: { g: Schemas['GuardOutputBody'] }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [editing, setEditing] = useState<List | 'new' | null>(null);
  const [removing, setRemoving] = useState<List | null>(null);
  const lists = g.lists ?? [];
  const add = (
    <Button icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t('guard.add')}
    </Button>
  );
  return (
    <>
      <div className="section section-acts">
        <h2>{t('guard.lists')}</h2>
        {lists.length > 0 && add}
      </div>
      {!g.words && <Alert type="info" showIcon title={t('guard.listsOff')} className="spaced" />}
      {lists.length === 0 ? (
        <Nothing icon={<FileTextOutlined />} title={t('guard.none')} hint={t('guard.noneHint')}>
          {add}
        </Nothing>
      ) : (
        <ul className="rows">
          {lists.map((l) => (
            <Row key={l.name} l={l} onEdit={() => setEditing(l)} onRemove={() => setRemoving(l)} />
          ))}
        </ul>
      )}
      {editing && <Edit l={editing === 'new' ? undefined : editing} on={g.words} onClose={() => setEditing(null)} />}
      {removing && (
        <Typed
          title={t('guard.removeTitle', { name: removing.name })}
          hint={t('guard.removeHint')}
          word={removing.name}
          ok={t('guard.remove')}
          run={() => body(admin.DELETE('/admin/v1/guard/lists/{id}', { params: { path: { id: removing.name } } }))}
          onDone={() => {
            void queries.invalidateQueries({ queryKey: ['guard'] });
            notices.success(t('guard.removed', { name: removing.name }));
            setRemoving(null);
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}

function Row({ l, onEdit, onRemove }: { l: List; onEdit(): void; onRemove(): void }) {
  const { t, i18n } = useTranslation();
  return (
    <li className="row">
      <FileTextOutlined aria-hidden className="row-icon" />
      <div className="row-main">
        <b>{l.name}</b>{' '}
        {l.problem ? (
          <Mark tone="bad" title={l.problem}>
            {t('guard.unusable')}
          </Mark>
        ) : (
          <Mark>{t('guard.count', { n: integer(l.words, i18n.language) })}</Mark>
        )}
        <div className="quiet">
          {l.problem ?? (l.classes ?? []).join(i18n.language === 'en' ? ', ' : '、')}
          {' · '}
          {bytes(l.bytes)} · {t('guard.changed')} {moment(l.changed, i18n.language)}
        </div>
      </div>
      <div className="row-acts">
        <Button size="small" aria-label={`${t('guard.edit')} ${l.name}`} onClick={onEdit}>
          {t('guard.edit')}
        </Button>
        <Button size="small" danger aria-label={`${t('guard.remove')} ${l.name}`} onClick={onRemove}>
          {t('guard.remove')}
        </Button>
      </div>
    </li>
  );
}

type Wanted = { name: string; text: string };

function Edit({ l, on, onClose }: { l?: List; on: boolean; onClose(): void }) {
  const { t, i18n } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [form] = Form.useForm<Wanted>();
  const file = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState('');
  const put = useMutation({
    mutationFn: (w: Wanted) =>
      body(admin.PUT('/admin/v1/guard/lists/{id}', { params: { path: { id: w.name.trim() } }, body: { text: w.text } })),
    onSuccess: (made) => {
      notices.success(t(on ? 'guard.saved' : 'guard.kept', { name: made.name, n: integer(made.words, i18n.language) }));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['guard'] }),
  });
  const take = async (f: File | undefined) => {
    if (!f) return;
    const text = f.size > bytesMax ? undefined : decode(await f.arrayBuffer());
    setWrong(text !== undefined ? '' : t(f.size > bytesMax ? 'guard.fileTooBig' : 'guard.fileCoding'));
    if (text === undefined) return;
    form.setFieldsValue(l ? { text } : { name: f.name, text });
  };
  const problem = put.error && Problem.any(put.error);
  return (
    <Modal
      open
      title={l ? t('guard.editTitle', { name: l.name }) : t('guard.addTitle')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={put.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      {problem && <Alert type="error" showIcon title={problem.message} description={problem.remedy} className="spaced" />}
      {wrong && <Alert type="error" showIcon title={wrong} className="spaced" />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: l?.name ?? '', text: '' }}
        onFinish={(w) => put.mutate({ ...w, name: l?.name ?? w.name })}
      >
        <Form.Item extra={t('guard.fileHint')}>
          <input
            ref={file}
            type="file"
            hidden
            accept=".txt,.csv,.json"
            aria-label={t('guard.file')}
            onChange={(e) => void take(e.target.files?.[0])}
          />
          <Button icon={<UploadOutlined />} onClick={() => file.current?.click()}>
            {t('guard.file')}
          </Button>
        </Form.Item>
        {!l && (
          <Form.Item
            name="name"
            label={t('guard.name')}
            rules={[{ required: true, pattern: /^[\p{L}\p{N}_-][\p{L}\p{N}._ -]*\.(?:txt|csv|json)$/iu, message: t('guard.nameRule') }]}
          >
            <Input maxLength={80} placeholder="words.txt" />
          </Form.Item>
        )}
        <Form.Item
          name="text"
          label={t('guard.words')}
          extra={t('guard.wordsHint')}
          rules={[{ required: true, whitespace: true, message: t('guard.wordsMissing') }]}
        >
          <Input.TextArea rows={8} spellCheck={false} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
