import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The window with the made-up engine in it, built once and served on a free port. A development server would bundle what it
 * has not seen before while a scene is looked at, and reload the page.
 */
export async function served() {
  // Vite asks it, not the mode, whether the made-up engine belongs in.
  process.env.NODE_ENV = 'development';
  const { build, preview } = await import('vite');
  const root = fileURLToPath(new URL('..', import.meta.url));
  const outDir = mkdtempSync(join(tmpdir(), 'callboard-look-'));
  const drop = () => rmSync(outDir, { recursive: true, force: true });
  const common = { root, mode: 'development', logLevel: 'warn' };
  try {
    await build({
      ...common,
      // In one piece: a view that is still on its way looks like a page at rest.
      build: {
        outDir,
        emptyOutDir: true,
        cssCodeSplit: false,
        chunkSizeWarningLimit: 8_000,
        rolldownOptions: { output: { codeSplitting: false } },
      },
    });
    const server = await preview({ ...common, build: { outDir }, preview: { host: '127.0.0.1', port: 0, proxy: {} } });
    const close = async () => {
      await server.close();
      drop();
    };
    return { at: server.resolvedUrls.local[0], close };
  } catch (thrown) {
    drop();
    throw thrown;
  }
}
