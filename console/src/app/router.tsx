import { createHashHistory, createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Failed, Loading } from '../components/states';
import { ChatPage } from '../pages/chat/page';
import { Gate } from './gate';

/** Pages that are fetched once the first is drawn, so that they open at once, and without a network. */
const later = {
  overview: () => import('../pages/serve/overview'),
  models: () => import('../pages/serve/models'),
  start: () => import('../pages/serve/start'),
  queue: () => import('../pages/serve/queue'),
  jobs: () => import('../pages/serve/jobs'),
  engines: () => import('../pages/serve/engines'),
  bench: () => import('../pages/serve/bench'),
  setup: () => import('../pages/settings/setup'),
  usage: () => import('../pages/serve/usage'),
  quotas: () => import('../pages/serve/quotas'),
  people: () => import('../pages/protect/people'),
  keys: () => import('../pages/protect/keys'),
  rules: () => import('../pages/protect/rules'),
  audit: () => import('../pages/protect/audit'),
  inspect: () => import('../pages/trust/inspect'),
  everyone: () => import('../pages/trust/everyone'),
};

export function fetchLater() {
  for (const fetchPage of Object.values(later)) void fetchPage().catch(() => {});
}

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
const serve = createRoute({
  getParentRoute: () => root,
  path: '/serve',
  component: lazyRouteComponent(later.overview, 'Overview'),
});
const models = createRoute({
  getParentRoute: () => root,
  path: '/serve/models',
  component: lazyRouteComponent(later.models, 'Models'),
});
const ownKeys = createRoute({
  getParentRoute: () => root,
  path: '/serve/keys',
  component: lazyRouteComponent(later.keys, 'OwnKeys'),
});
const start = createRoute({
  getParentRoute: () => root,
  path: '/serve/start',
  component: lazyRouteComponent(later.start, 'Start'),
});
const queue = createRoute({
  getParentRoute: () => root,
  path: '/serve/queue',
  component: lazyRouteComponent(later.queue, 'Queue'),
});
const jobs = createRoute({
  getParentRoute: () => root,
  path: '/serve/jobs',
  component: lazyRouteComponent(later.jobs, 'Jobs'),
});
const engines = createRoute({
  getParentRoute: () => root,
  path: '/serve/engines',
  component: lazyRouteComponent(later.engines, 'Engines'),
});
const bench = createRoute({
  getParentRoute: () => root,
  path: '/serve/bench',
  component: lazyRouteComponent(later.bench, 'Bench'),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: '/settings/setup',
  component: lazyRouteComponent(later.setup, 'Setup'),
});
const usage = createRoute({
  getParentRoute: () => root,
  path: '/serve/usage',
  component: lazyRouteComponent(later.usage, 'Usage'),
});
const quotas = createRoute({
  getParentRoute: () => root,
  path: '/serve/quotas',
  component: lazyRouteComponent(later.quotas, 'Quotas'),
});
const people = createRoute({
  getParentRoute: () => root,
  path: '/protect/people',
  component: lazyRouteComponent(later.people, 'People'),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: '/protect/keys',
  component: lazyRouteComponent(later.keys, 'Keys'),
});
const rules = createRoute({
  getParentRoute: () => root,
  path: '/protect/rules',
  component: lazyRouteComponent(later.rules, 'Rules'),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/protect/audit',
  component: lazyRouteComponent(later.audit, 'Audit'),
});
const inspect = createRoute({
  getParentRoute: () => root,
  path: '/trust/inspect',
  component: lazyRouteComponent(later.inspect, 'Inspect'),
});
const everyone = createRoute({
  getParentRoute: () => root,
  path: '/trust/ask',
  component: lazyRouteComponent(later.everyone, 'Everyone'),
});
/** The gate shows what is to be seen there, with a code or without. */
const invitation = createRoute({ getParentRoute: () => root, path: '/invitation/{-$code}', component: () => null });

/** What follows the # is the console's, so that a proxy and its path do not matter. */
export const router = createRouter({
  routeTree: root.addChildren([
    index,
    chat,
    conversation,
    serve,
    models,
    ownKeys,
    start,
    queue,
    jobs,
    engines,
    bench,
    setup,
    usage,
    quotas,
    people,
    keys,
    rules,
    audit,
    inspect,
    everyone,
    invitation,
  ]),
  history: createHashHistory(),
  defaultPendingComponent: Loading,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} onRetry={reset} />,
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
