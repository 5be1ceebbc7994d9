import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Problem } from '../api/problem';
import { fetchLater, router } from './router';
import { Theme } from './theme';

/** Asked once more only where the appliance could not be reached. */
const queries = new QueryClient({
  // Whether there is a network is the browser's guess; the appliance may be this machine.
  defaultOptions: {
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      retry: (count, e) => count < 2 && e instanceof Problem && e.status === 0,
      retryDelay: 800,
      refetchOnWindowFocus: false,
    },
  },
});

// Whatever finds out that the session is over shows the door.
queries.getQueryCache().subscribe((e) => {
  if (e.type === 'updated' && e.action.type === 'error' && (e.action.error as unknown) instanceof Problem) {
    if ((e.action.error as unknown as Problem).signedOut) queries.setQueryData(['session'], null);
  }
});

export function App() {
  useEffect(() => {
    const timer = setTimeout(fetchLater, 1500);
    return () => clearTimeout(timer);
  }, []);
  return (
    <QueryClientProvider client={queries}>
      <Theme>
        <RouterProvider router={router} />
      </Theme>
    </QueryClientProvider>
  );
}
