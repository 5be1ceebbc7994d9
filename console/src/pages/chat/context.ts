import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Chats } from './chats';

export const ChatsContext = createContext<Chats | null>(null);

/** The conversations, drawn anew when they change. */
export function useChats(): Chats {
  const chats = useContext(ChatsContext) as Chats;
  useSyncExternalStore(chats.subscribe, chats.list);
  return chats;
}
