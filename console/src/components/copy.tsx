import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from '../app/notices';

/** Copies, also where the page came without TLS and the browser's clipboard is closed to it. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'copying';
  document.body.append(area);
  area.select();
  const ok = document.execCommand('copy');
  area.remove();
  if (!ok) throw new Error('copy');
}

export function Copy({ text, label, showLabel }: { text: string | (() => string); label?: string; showLabel?: boolean }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      await copyText(typeof text === 'string' ? text : text());
      setCopied(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setCopied(false), 1600);
    } catch {
      notices.warning(t('common.copyFailed'));
    }
  };
  const name = copied ? t('common.copied') : (label ?? t('common.copy'));
  return (
    <Button type="text" size="small" icon={copied ? <CheckOutlined /> : <CopyOutlined />} onClick={copy} aria-label={name} title={name}>
      {showLabel ? name : null}
    </Button>
  );
}

/** A text to be copied, such as a command. */
export function Snippet({ text }: { text: string }) {
  return (
    <div className="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <Copy text={text} />
    </div>
  );
}
