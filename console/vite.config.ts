import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Every address is relative: the console works under any path of a proxy. Chrome 87 is what
// browsers on Kylin and UOS are made of.
/** Formulas are set in fonts that every browser since 2015 takes as WOFF2; the other forms stay out. */
const woff2Alone = {
  name: 'woff2-alone',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    return id.includes('katex') && id.includes('.css') ? code.replace(/,url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)/g, '') : undefined;
  },
};

export default defineConfig({
  base: './',
  plugins: [react(), woff2Alone],
  build: {
    target: 'chrome87',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: {
    // `npm run dev` beside a running hearth.
    proxy: Object.fromEntries(
      ['/v1', '/admin/v1', '/session'].map((path) => [
        path,
        { target: 'http://127.0.0.1:4327', rewrite: (p: string) => (p === '/session' ? '/console/session' : p) },
      ]),
    ),
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/setup.test-env.ts'], testTimeout: 20_000 },
});
