import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Chats } from './chats';
import type { Conversation } from './tree';

export const ChatsContext = createContext<Chats | null>(null);

/** The conversations, drawn anew when one comes, goes, or is renamed, begun or answered. */
export function useChats(): Chats {
  const chats = useContext(ChatsContext) as Chats;
  useSyncExternalStore(chats.subscribe, chats.list);
  return chats;
}

/** One conversation, drawn anew with every word. */
export function useConversation(id: string | undefined): Conversation | undefined {
  const chats = useContext(ChatsContext) as Chats;
  return useSyncExternalStore(chats.subscribe, () => (id ? chats.get(id) : undefined));
}
