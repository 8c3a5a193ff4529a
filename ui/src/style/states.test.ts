import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const views = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'));

/** A rule of a style sheet that sets a custom property: its selector. */
const SETS = /([^{};]+)\{[^{}]*?[\s;]--[\w-]+\s*:/g;

it('no custom property changes with a state: WebKit 2.50 keeps half a megabyte each time that one does in a picture', () => {
  const found = views.flatMap((name) => {
    const style = readFileSync(root + name, 'utf8').split('<style>')[1] ?? '';
    const plain = style.replace(/\/\*[^]*?\*\//g, '');
    return [...plain.matchAll(SETS)].map(([, selector]) => `${name} ${selector!.trim()}`);
  });
  // Each stands on what an element is, not on what becomes of it.
  expect(found.sort()).toEqual([
    'feed/RowView.svelte article',
    'feed/RowView.svelte article',
    'frame/Pulse.svelte span',
    'history/Lanes.svelte .lanes',
    'history/Lanes.svelte .span',
    'rules/Canvas.svelte .canvas :global(.svelte-flow)',
  ]);
});
