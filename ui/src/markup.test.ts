import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(svelte|ts)$/.test(name) && !/\.test\.ts$/.test(name) && !/^(api\/types|dev)\//.test(name))
  .map((name) => ({ name, text: readFileSync(here + name, 'utf8') }));

/** Whatever makes mark-up or code of a text, or lets a page load what a payload names. */
const SINKS: [string, RegExp][] = [
  [
    'mark-up from text',
    /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser/,
  ],
  ['code from text', /\beval\(|new Function\(|setTimeout\(\s*['"`]|javascript:/],
  ['a frame', /<iframe|<object|<embed|srcdoc/],
  ['a style from text', /\bstyle=\{|setAttribute\(\s*['"`](style|on)/],
  ['a script', /<script[^>]*\bsrc=|createElement\(\s*['"`]script/],
];

describe('what comes from outside', () => {
  it('is looked for in every source', () => expect(sources.length).toBeGreaterThan(150));

  it.each(SINKS)('is made no %s anywhere', (_, sink) => {
    expect(sources.filter(({ text }) => sink.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('is no address that a page loads or leads to: those that are not fixed are named here', () => {
    const addresses = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/\b(?:src|href|srcset|action|poster)=(\{[^}]*\})/g)].map(([, what]) => `${name} ${what}`),
    );
    // A page of a connected site, checked for its scheme; and a picture that was drawn here.
    expect(addresses.sort()).toEqual(['feed/Drawer.svelte {page}', 'rules/revise/ShareSheet.svelte {shown}']);
  });
});
