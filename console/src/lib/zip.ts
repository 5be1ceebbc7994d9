// Writes archives without compression: what the few parts of a document need.

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = (table[(c ^ b) & 255] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** An archive of texts by name. */
export function zip(files: Record<string, string>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = new TextEncoder().encode(path);
    const body = new TextEncoder().encode(text);
    // Version 2.0, UTF-8 names, stored, the first day there is.
    const common = [20, 0x0800, 0, 0, 0x21];
    const sums = [crc32(body), body.length, body.length];
    parts.push(record(0x04034b50, common, sums, [name.length, 0]), name, body);
    directory.push(record(0x02014b50, [20, ...common], sums, [name.length, 0, 0, 0, 0, 0, 0], [at]), name);
    at += 30 + name.length + body.length;
  }
  const size = directory.reduce((n, d) => n + d.length, 0);
  const n = Object.keys(files).length;
  const end = record(0x06054b50, [0, 0, n, n], [size, at], [0]);
  return joined([...parts, ...directory, end]);
}

/** Numbers of two bytes in the first and third list, of four in the second and fourth, after a signature. */
function record(signature: number, shorts: number[], longs: number[], more: number[], last: number[] = []): Uint8Array {
  const out = new DataView(new ArrayBuffer(4 + 2 * shorts.length + 4 * longs.length + 2 * more.length + 4 * last.length));
  let at = 0;
  const put = (v: number, bytes: 2 | 4) => {
    if (bytes === 2) out.setUint16(at, v, true);
    else out.setUint32(at, v, true);
    at += bytes;
  };
  put(signature, 4);
  for (const v of shorts) put(v, 2);
  for (const v of longs) put(v, 4);
  for (const v of more) put(v, 2);
  for (const v of last) put(v, 4);
  return new Uint8Array(out.buffer);
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
