/** What the page's policy knows its own style elements by; the server puts it in the page. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="nonce"]')?.content ?? '';

// The components make style elements as they are drawn, and some of them (a dialog that stops
// the page from scrolling) forget the nonce. Scripts can make style elements anyhow; what a
// model wrote never becomes one: it is parsed apart and sanitised.
const create = document.createElement;
document.createElement = function (this: Document, name: string, options?: ElementCreationOptions) {
  const el = create.call(this, name, options);
  if (el instanceof HTMLStyleElement && nonce) el.nonce = nonce;
  return el;
} as typeof document.createElement;
