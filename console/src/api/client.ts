import createClient from 'openapi-fetch';
import i18n from '../i18n';
import { Problem } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

/** Where the appliance's paths begin: one level above the console, whatever a proxy calls that. */
export const root = new URL(import.meta.env.DEV ? './' : '../', document.baseURI).href;

/** What every request of the console carries; a page of another origin can't. */
export function headers(): Record<string, string> {
  return { 'X-Hearth-Console': '1', 'Accept-Language': i18n.language };
}

/** fetch with those headers, whose failures are Problems. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, root), { ...init, headers: { ...headers(), ...init.headers }, credentials: 'same-origin' });
  } catch (e) {
    if (init.signal?.aborted) throw e;
    throw Problem.offline();
  }
  if (!response.ok) throw await Problem.of(response);
  return response;
}

const client = createClient<paths>({
  baseUrl: root.replace(/\/$/, ''),
  fetch: async (request: Request) => {
    for (const [name, value] of Object.entries(headers())) request.headers.set(name, value);
    try {
      return await fetch(request);
    } catch {
      throw Problem.offline();
    }
  },
});

/** The admin API, typed from its document. */
export const admin = client;

/** The body of an answer, or its Problem. */
export async function body<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.from(response.status, error);
  return data as T;
}
