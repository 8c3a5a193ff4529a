import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { contrast, GROUND, isLost, LEAST, lineOf, ringOf } from './contrast';

const css = readFileSync(new URL('../style/tokens.css', import.meta.url), 'utf8');

/** A token's colour in both themes. */
function token(name: string): { light: string; dark: string } {
  const pair = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  const one = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(css);
  const light = pair?.[1] ?? one?.[1];
  const dark = pair?.[2] ?? one?.[1];
  if (!light || !dark) throw new Error(`no colour --${name}`);
  return { light, dark };
}

const THEMES = ['light', 'dark'] as const;

/** What swatches, links and spans lie on. */
const GROUNDS = ['surface', 'raised', 'ground', 'sunken', 'hover', 'accent-soft'];

/** A line's colour in a theme. */
function drawn(line: string, theme: (typeof THEMES)[number]): string {
  const pair = /^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/.exec(line);
  return (theme === 'light' ? pair?.[1] : pair?.[2]) ?? line;
}

describe('contrast', () => {
  it('is what WCAG says', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect(contrast('#abcdef', '#abcdef')).toBe(1);
    expect(contrast('#123456', '#fedcba')).toBe(contrast('#fedcba', '#123456'));
  });
});

describe.each(THEMES)('in the %s', (theme) => {
  it.each([
    ['text', ['ground', 'surface', 'raised', 'sunken', 'hover', 'accent-soft', 'warn-soft', 'bad-soft']],
    ['text-2', ['ground', 'surface', 'raised', 'sunken', 'hover', 'accent-soft', 'warn-soft', 'bad-soft']],
    ['text-3', ['ground', 'surface', 'raised', 'sunken', 'hover', 'accent-soft']],
    ['accent-text', ['ground', 'surface', 'raised', 'hover', 'accent-soft']],
    ['good', ['ground', 'surface', 'raised', 'hover', 'accent-soft']],
    ['warn', ['ground', 'surface', 'raised', 'hover', 'accent-soft', 'warn-soft']],
    ['bad', ['ground', 'surface', 'raised', 'hover', 'accent-soft', 'bad-soft']],
    ['on-stop', ['stop', 'stop-hover']],
    ['on-warn', ['warn-mark']],
  ])('%s can be read (AA) wherever it stands', (text, grounds) => {
    for (const ground of grounds) {
      const found = contrast(token(text)[theme], token(ground)[theme]);
      expect(found, `--${text} on --${ground}: ${found.toFixed(2)}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('a colour that the site chose badly has a ring that is seen', () => {
    const ring = token('swatch-ring')[theme];
    for (const ground of GROUNDS) expect(contrast(ring, token(ground)[theme]), ground).toBeGreaterThanOrEqual(LEAST);
  });

  it('a colour is lost soonest on the ground that it is measured on', () => {
    expect(token('accent-soft')[theme]).toBe(GROUND[theme]);
    const ink = theme === 'light' ? '#000000' : '#ffffff';
    const least = contrast(ink, GROUND[theme]);
    for (const ground of GROUNDS) expect(contrast(ink, token(ground)[theme]), ground).toBeGreaterThanOrEqual(least);
  });

  it.each(['#ffffff', '#fffbe0', '#ffff66', '#f0a91b', '#2f7fed', '#7a62ec', '#0c5434', '#101010', '#000000'])(
    'a line of %s is seen, at rest too',
    (color) => {
      for (const line of [lineOf(color), lineOf(color, 0.5)])
        for (const ground of GROUNDS)
          expect(contrast(drawn(line, theme), token(ground)[theme]), ground).toBeGreaterThanOrEqual(LEAST);
    },
  );
});

it('tells which colours are lost', () => {
  expect(isLost('#ffffff', 'light')).toBe(true);
  expect(isLost('#ffff66', 'light')).toBe(true);
  expect(isLost('#ffff66', 'dark')).toBe(false);
  expect(isLost('#101010', 'dark')).toBe(true);
  expect(isLost('#1f6feb', 'light')).toBe(false);
});

it('rings a colour only in the theme in which it is lost', () => {
  expect(ringOf('#ffff66')).toMatch(/^light-dark\(var\(--swatch-ring\), var\(--swatch-edge\)\)$/);
  expect(ringOf('#101010')).toMatch(/, var\(--swatch-ring\)\)$/);
  expect(ringOf('#2f7fed')).toBeNull();
  expect(ringOf(null)).toBeNull();
});

it('draws a line in its own colour wherever that is seen', () => {
  expect(lineOf('#2f7fed')).toBe('#2f7fed');
  expect(drawn(lineOf('#ffff66'), 'dark')).toBe('#ffff66');
  expect(drawn(lineOf('#101010'), 'light')).toBe('#101010');
  expect(lineOf(null)).toBe('var(--swatch-ring)');
});

it('rests as faintly as it can be seen, and no more', () => {
  const [lit, rest] = [lineOf('#0c5434'), lineOf('#0c5434', 0.5)].map((line) =>
    contrast(drawn(line, 'light'), '#ffffff'),
  );
  expect(rest).toBeLessThan(lit!);
});

it('is asked before a site’s colour is put into a style: swatches are one component', () => {
  const here = fileURLToPath(new URL('..', import.meta.url));
  const raw = readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.svelte'))
    .filter((name) => /style:[\w-]+=\{[^}]*safeColor\(/.test(readFileSync(here + name, 'utf8')));
  // The stripe beside a group's name, in the colour that a person chose for the group.
  expect(raw).toEqual(['rules/table/Matrix.svelte']);
});
