import { message } from 'antd';
import { createContext, type ReactNode, useContext } from 'react';

type Notices = ReturnType<typeof message.useMessage>[0];

const Context = createContext<Notices | null>(null);

/** Where short notices are shown. */
export function Notices({ children }: { children: ReactNode }) {
  const [api, holder] = message.useMessage();
  return (
    <Context.Provider value={api}>
      {holder}
      {children}
    </Context.Provider>
  );
}

export const useNotices = () => useContext(Context) as Notices;
