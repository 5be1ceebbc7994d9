import { useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useSession, type Who } from '../api/session';
import { Failed, Loading } from '../components/states';
import { Chats } from '../pages/chat/chats';
import { ChatsContext } from '../pages/chat/context';
import { moveIn, remote } from '../pages/chat/storage';
import { Shell } from './shell';

const SignIn = lazy(() => import('../pages/signin/signin'));
const Invitation = lazy(() => import('../pages/signin/invitation'));
const Factor = lazy(() => import('../pages/signin/factor'));

/** Nobody passes who is not signed in, nor an administrator who has no second factor yet: they may nothing else. */
export function Gate() {
  const session = useSession();
  const { pathname } = useLocation();
  if (pathname.startsWith('/invitation'))
    return (
      <Suspense fallback={<Loading page />}>
        <Invitation code={pathname.split('/')[2]} />
      </Suspense>
    );
  if (session.isPending) return <Loading page />;
  if (session.isError) return <Failed page error={session.error} onRetry={() => session.refetch()} />;
  if (session.data?.person && session.data.rights.every((r) => r === 'self'))
    return (
      <Suspense fallback={<Loading page />}>
        <Factor who={session.data} />
      </Suspense>
    );
  if (session.data) return <Inside key={session.data.key_id} who={session.data} />;
  return (
    <Suspense fallback={<Loading page />}>
      <SignIn />
    </Suspense>
  );
}

function Inside({ who }: { who: Who }) {
  const asks = who.rights.includes('ask'); // who may not has no conversations
  const [chats, setChats] = useState<Chats | Error | null>(null);
  useEffect(() => {
    let opened: Chats | undefined;
    let gone = false;
    const open = async () => {
      if (asks) await moveIn(who.key_id, remote).catch(() => {}); // another time
      opened = new Chats(remote);
      if (asks) await opened.open();
      if (!gone) setChats(opened);
    };
    open().catch((e: unknown) => setChats(e instanceof Error ? e : new Error(String(e))));
    const back = () => {
      if (asks && document.visibilityState === 'visible') opened?.refresh().catch(() => {});
    };
    document.addEventListener('visibilitychange', back);
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', back);
      opened?.close();
    };
  }, [who.key_id, asks]);
  if (!chats) return <Loading page />;
  if (chats instanceof Error) return <Failed page error={chats} onRetry={() => location.reload()} />;
  return (
    <ChatsContext.Provider value={chats}>
      <Shell who={who} />
    </ChatsContext.Provider>
  );
}
