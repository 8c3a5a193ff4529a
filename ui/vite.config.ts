import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { ProxyOptions } from 'vite';
import { defineConfig } from 'vitest/config';

/** A running `callboard serve` to develop against; without it, `?dev=` makes an engine up. */
const engine = process.env.CALLBOARD_API;

/** The engine refuses pages of another origin, which the development server is. */
function fromOurOwn(target: string): ProxyOptions {
  return {
    target,
    changeOrigin: true,
    configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte()],
  clearScreen: false,
  server: { port: 5173, strictPort: true, proxy: engine ? { '/api': fromOurOwn(engine) } : {} },
  build: {
    outDir: 'dist',
    // WebView2, WKWebView and WebKitGTK of the platforms we ship to; light-dark() stays as written.
    target: ['chrome123', 'safari17.5'],
    // The strict CSP has no data: for fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
