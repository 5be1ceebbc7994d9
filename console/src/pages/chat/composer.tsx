import { ArrowUpOutlined, BorderOutlined, CloseOutlined, FileTextOutlined, PaperClipOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from '../../app/notices';
import type { Attached } from './tree';

/** Whether Enter means "send": not while an input method is composing, whose Enter chooses a word. */
export function sends(e: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'keyCode'> & { nativeEvent: { isComposing: boolean } }): boolean {
  return e.key === 'Enter' && !e.shiftKey && !e.nativeEvent.isComposing && e.keyCode !== 229;
}

/** Makes a text area as high as its text. */
export function useGrowing(at: RefObject<HTMLTextAreaElement | null>, text: string) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what makes it grow
  useLayoutEffect(() => {
    const el = at.current;
    if (!el) return;
    el.style.height = 'auto';
    el.style.height = `${el.scrollHeight}px`;
  }, [at, text]);
}

export function focusComposer() {
  document.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus();
}

/** Where one writes. It draws nothing but itself while one does. */
export function Composer({
  busy,
  short,
  onSend,
  onStop,
  onUp,
}: {
  busy: boolean;
  short: boolean;
  onSend(text: string, files: Attached[]): void;
  onStop(): void;
  onUp(): void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  const notices = useNotices();
  const [files, setFiles] = useState<Attached[]>([]);
  const choose = useRef<HTMLInputElement>(null);
  const attach = async (list: FileList | null) => {
    if (!list?.length) return;
    const { readFiles } = await import('./attach');
    const read = await readFiles([...list], files);
    setFiles(read.files);
    for (const wrong of read.wrong) notices.warning(wrong);
    area.current?.focus();
  };
  useGrowing(area, text);
  useEffect(() => {
    if (!short) area.current?.focus();
  }, [short]);
  const send = () => {
    if (!text.trim() || busy) return;
    setText('');
    setFiles([]);
    onSend(text, files);
  };
  const key = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    if (sends(e)) {
      e.preventDefault();
      send();
    } else if (e.key === 'ArrowUp' && !text) {
      e.preventDefault();
      onUp();
    }
  };
  const placeholder = t(short ? 'chat.placeholderShort' : 'chat.placeholder');
  return (
    <form
      className="composer-form"
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault();
        void attach(e.dataTransfer.files);
      }}
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
    >
      {files.length > 0 && (
        <ul className="attached">
          {files.map((f) => (
            <li key={f.name} title={t('chat.chars', { n: f.text.length })}>
              <FileTextOutlined aria-hidden /> {f.name}
              <Button
                type="text"
                size="small"
                icon={<CloseOutlined />}
                aria-label={t('chat.detach', { name: f.name })}
                onClick={() => setFiles(files.filter((x) => x !== f))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="composer-box">
        <input
          ref={choose}
          type="file"
          multiple
          hidden
          aria-label={t('chat.attach')}
          accept=".txt,.md,.csv,.json,.log,.docx,.xml,.yaml,.yml,.html,.py,.go,.js,.ts,.java,.c,.cpp,.sql,.sh"
          onChange={(e) => {
            void attach(e.target.files);
            e.target.value = '';
          }}
        />
        <Button
          type="text"
          shape="circle"
          icon={<PaperClipOutlined />}
          aria-label={t('chat.attach')}
          title={t('chat.attachHint')}
          onClick={() => choose.current?.click()}
        />
        <textarea
          ref={area}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label={placeholder}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={key}
        />
        {busy ? (
          <Button shape="circle" icon={<BorderOutlined />} aria-label={t('chat.stop')} title={t('chat.stop')} onClick={onStop} />
        ) : (
          <Button
            type="primary"
            shape="circle"
            htmlType="submit"
            icon={<ArrowUpOutlined />}
            aria-label={t('chat.send')}
            title={t('chat.send')}
            disabled={!text.trim()}
          />
        )}
      </div>
    </form>
  );
}
