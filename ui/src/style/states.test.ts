import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const views = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'));

/** A rule of a style sheet that sets a custom property: its selector. */
const SETS = /([^{};]+)\{[^{}]*?[\s;]--[\w-]+\s*:/g;

it('no custom property changes with a state: WebKit 2.50 keeps half a megabyte each time that one does in a picture', () => {
  const found = views.flatMap((name) => {
    const [markup = '', style = ''] = readFileSync(root + name, 'utf8').split('<style>');
    const plain = style.replace(/\/\*[^]*?\*\//g, '');
    const inline = [...markup.matchAll(/style:(--[\w-]+)/g)].map(([, property]) => `${name} ${property}`);
    return [...[...plain.matchAll(SETS)].map(([, selector]) => `${name} ${selector!.trim()}`), ...inline];
  });
  // Each stands on what an element is, or on the room that it has, not on what becomes of it.
  expect(found.sort()).toEqual([
    'feed/RowView.svelte article',
    'feed/RowView.svelte article',
    'frame/Pulse.svelte span',
    'history/Lanes.svelte --color',
    'history/Lanes.svelte --seen',
    'history/Lanes.svelte .lanes',
    'history/Lanes.svelte .span',
    'inbox/InboxLine.svelte --depth',
    'rules/Canvas.svelte .canvas :global(.svelte-flow)',
    'rules/GroupNode.svelte --band',
    'rules/LinkEdge.svelte --rest',
    'rules/table/Matrix.svelte --column',
    'rules/table/Matrix.svelte --head',
    'status/Swatch.svelte --ring',
  ]);
});
