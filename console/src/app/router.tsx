import { createHashHistory, createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Loading } from '../components/states';
import { ChatPage } from '../pages/chat/page';
import { Gate } from './gate';

const root = createRootRoute({ component: Gate });
const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/chat' });
  },
});
const chat = createRoute({ getParentRoute: () => root, path: '/chat', component: ChatPage });
const conversation = createRoute({ getParentRoute: () => root, path: '/chat/$id', component: ChatPage });
const serve = createRoute({ getParentRoute: () => root, path: '/serve', component: lazyRouteComponent(() => import('../pages/serve/overview'), 'Overview') });
const models = createRoute({ getParentRoute: () => root, path: '/serve/models', component: lazyRouteComponent(() => import('../pages/serve/models'), 'Models') });
const keys = createRoute({ getParentRoute: () => root, path: '/serve/keys', component: lazyRouteComponent(() => import('../pages/serve/keys'), 'Keys') });
const start = createRoute({ getParentRoute: () => root, path: '/serve/start', component: lazyRouteComponent(() => import('../pages/serve/start'), 'Start') });

/** What follows the # is the console's, so that a proxy and its path do not matter. */
export const router = createRouter({
  routeTree: root.addChildren([index, chat, conversation, serve, models, keys, start]),
  history: createHashHistory(),
  defaultPendingComponent: Loading,
  defaultNotFoundComponent: () => {
    void router.navigate({ to: '/chat', replace: true });
    return null;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
