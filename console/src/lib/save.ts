/** Hands a file to the browser, which asks where to, or puts it among its downloads. */
export function save(name: string, content: Blob) {
  const url = URL.createObjectURL(content);
  const a = document.createElement('a');
  a.href = url;
  a.download = fileName(name);
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name without what some system would not have in one. */
export const fileName = (name: string) => name.replace(/[\\/:*?"<>|\n\r]/g, ' ');
