import { DownOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Offered } from '../../api/models';
import { integer } from '../../lib/format';

/** Chooses who answers. */
export function ModelPicker({ models, value, onChange }: { models: Offered[]; value: string; onChange(m: string): void }) {
  const { t, i18n } = useTranslation();
  const about = (m: Offered) =>
    [
      m.source === 'native' ? m.architecture : m.source,
      m.quantization,
      m.context_tokens ? `${t('models.context')} ${integer(m.context_tokens, i18n.language)}` : '',
    ]
      .filter(Boolean)
      .join(' · ');
  const items = models.map((m) => ({
    key: m.id,
    label: (
      <div className="picker-option">
        <b>{m.id}</b>
        <small>{about(m)}</small>
      </div>
    ),
  }));
  return (
    <Dropdown
      trigger={['click']}
      menu={{ items, selectable: true, selectedKeys: [value], onClick: (e) => onChange(e.key), className: 'picker-menu' }}
    >
      <Button type="text" className="picker" aria-label={`${t('chat.model')}: ${value}`}>
        <span>{value}</span> <DownOutlined aria-hidden />
      </Button>
    </Dropdown>
  );
}
