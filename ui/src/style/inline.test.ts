import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const views = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'));

/** In a directive, in an attribute, or handed to a component, which Svelte wraps in an element with such a style. */
const INLINE = [/style:(--[\w-]+)/g, /style="[^"]*?(--[\w-]+)\s*:/g, /\s(--[\w-]+)=/g];

it('no custom property is set in mark-up: WebKit 2.50 keeps 3 KB each time that such an element is styled, for good', () => {
  const found = views.flatMap((name) => {
    const [markup = ''] = readFileSync(root + name, 'utf8').split('<style>');
    return INLINE.flatMap((pattern) => [...markup.matchAll(pattern)].map(([, property]) => `${name} ${property}`));
  });
  // There is one of these two, and it is styled anew when its room changes.
  expect(found.sort()).toEqual(['rules/table/Matrix.svelte --column', 'rules/table/Matrix.svelte --head']);
});
