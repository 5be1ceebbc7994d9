// Passkeys, as browsers speak of them since before they could read JSON themselves.

import { ask } from './client';

type Credential = { id: string; type: 'public-key'; transports?: AuthenticatorTransport[] };
type Options = { challenge: string; user?: { id: string }; excludeCredentials?: Credential[]; allowCredentials?: Credential[] };

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

export function fromBytes(bytes: ArrayBuffer | null): string | undefined {
  if (!bytes) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

const list = (of?: Credential[]) => of?.map((c) => ({ ...c, id: toBytes(c.id) }));

function said(credential: PublicKeyCredential, response: Record<string, unknown>) {
  return {
    id: credential.id,
    rawId: fromBytes(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: fromBytes(credential.response.clientDataJSON), ...response },
  };
}

/** Whether this page may use them: browsers want TLS, or this very machine by its name. */
export const passkeysWork = () => window.isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|:/.test(location.hostname);

/** Has the browser make one. */
export async function make(options: unknown) {
  const o = options as Options;
  const publicKey = {
    ...o,
    challenge: toBytes(o.challenge),
    user: { ...o.user, id: toBytes(o.user?.id ?? '') },
    excludeCredentials: list(o.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const r = made.response as AuthenticatorAttestationResponse;
  return said(made, { attestationObject: fromBytes(r.attestationObject), transports: r.getTransports?.() ?? [] });
}

/** Has the browser show one that it has for this place, to sign in with. */
export async function show(): Promise<{ state: string; passkey: unknown }> {
  const { state, options } = await (await ask('console/passkey', { method: 'POST' })).json();
  const o = options as Options;
  const publicKey = {
    ...o,
    challenge: toBytes(o.challenge),
    allowCredentials: list(o.allowCredentials),
  } as PublicKeyCredentialRequestOptions;
  const got = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const r = got.response as AuthenticatorAssertionResponse;
  return {
    state,
    passkey: said(got, {
      authenticatorData: fromBytes(r.authenticatorData),
      signature: fromBytes(r.signature),
      userHandle: fromBytes(r.userHandle),
    }),
  };
}
