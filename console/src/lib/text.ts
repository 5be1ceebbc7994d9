/** A text out of a file, in UTF-8 or GB18030; undefined where it is neither. */
export function decode(bytes: ArrayBuffer): string | undefined {
  for (const coding of ['utf-8', 'gb18030']) {
    try {
      const text = new TextDecoder(coding, { fatal: true }).decode(bytes);
      // What is no text decodes too, by chance: it has characters that no text has.
      return [...text.slice(0, 4096)].some((c) => c < ' ' && !'\t\n\r\f\u001b'.includes(c)) ? undefined : text;
    } catch {}
  }
  return undefined;
}
