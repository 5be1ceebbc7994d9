import { Drawer } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** The side, where there is no room for it beside the page. */
export default function SideDrawer({ open, onClose, children }: { open: boolean; onClose(): void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Drawer
      open={open}
      onClose={onClose}
      placement="left"
      size={288}
      closable={false}
      styles={{ body: { padding: 0 } }}
      aria-label={t('app.menu')}
    >
      <div className="side">{children}</div>
    </Drawer>
  );
}
