import { defineConfig } from 'vite';

/** Builds the review page into `review/web/dist`: files only, no inline scripts, so that a strict
 *  Content-Security-Policy (`script-src 'self'`) holds. */
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
