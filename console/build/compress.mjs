// Compresses what vite built, prints what it weighs, and writes down what it was built
// from, which a Go test holds against the sources.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, process.argv[2] ?? 'dist');

function* walk(dir) {
  for (const name of readdirSync(dir).sort()) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else yield path;
  }
}

const sizes = new Map();
for (const path of [...walk(dist)]) {
  if (!/\.(js|css|svg|txt)$/.test(path)) continue;
  const plain = readFileSync(path);
  const gz = gzipSync(plain, { level: 9 });
  writeFileSync(`${path}.gz`, gz);
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
  );
  rmSync(path);
  sizes.set(relative(dist, path), gz.length);
}

// What a build is made from; dist_test.go reads the same.
const made = createHash('sha256');
for (const from of ['src', 'index.html', 'package-lock.json', 'vite.config.ts', 'tsconfig.json']) {
  const path = join(root, from);
  for (const file of statSync(path).isDirectory() ? walk(path) : [path]) {
    if (/\.test\.tsx?$|test-env/.test(file)) continue;
    made.update(`${relative(root, file).split(sep).join('/')}\n`).update(createHash('sha256').update(readFileSync(file)).digest('hex'));
  }
}
writeFileSync(join(dist, 'made-from'), `${made.digest('hex')}\n`);

// What the page itself loads, without what it asks for later.
const page = readFileSync(join(dist, 'index.html'), 'utf8');
const first = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map((m) => m[1]);
const kB = (n) => (n / 1000).toFixed(1).padStart(7);
for (const [name, n] of [...sizes].sort((a, b) => b[1] - a[1])) console.log(kB(n), first.includes(name) ? '*' : ' ', name);
const sum = (names) => names.reduce((n, name) => n + (sizes.get(name) ?? 0), 0);
console.log(`${kB(sum(first))} kB gzip for the page (*), ${kB(sum([...sizes.keys()]))} kB in all`);
