/** Has the browser keep something as a file. */
export function save(name: string, what: Blob) {
  const url = URL.createObjectURL(what);
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
