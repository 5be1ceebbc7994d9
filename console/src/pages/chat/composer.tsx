import { ArrowUpOutlined, BorderOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

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
  onSend(text: string): void;
  onStop(): void;
  onUp(): void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  useGrowing(area, text);
  useEffect(() => {
    if (!short) area.current?.focus();
  }, [short]);
  const send = () => {
    if (!text.trim() || busy) return;
    setText('');
    onSend(text);
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
      className="composer-box"
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
    >
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
    </form>
  );
}
