import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, isLost, LEAST, ringOf, SURFACE } from './contrast';

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
    expect(token('surface')[theme]).toBe(SURFACE[theme]);
    const ring = token('swatch-ring')[theme];
    for (const ground of ['surface', 'raised', 'ground', 'hover', 'accent-soft'])
      expect(contrast(ring, token(ground)[theme]), ground).toBeGreaterThanOrEqual(LEAST);
  });
});

it('tells which colours are lost', () => {
  expect(isLost('#ffffff', 'light')).toBe(true);
  expect(isLost('#ffff66', 'light')).toBe(true);
  expect(isLost('#ffff66', 'dark')).toBe(false);
  expect(isLost('#101010', 'dark')).toBe(true);
  expect(isLost('#1f6feb', 'light')).toBe(false);
});

it('rings a colour only in the theme in which it is lost', () => {
  expect(ringOf('#ffff66')).toMatch(/^light-dark\(var\(--swatch-ring\), rgb/);
  expect(ringOf('#101010')).toMatch(/, var\(--swatch-ring\)\)$/);
  expect(ringOf('#2f7fed')).toBeNull();
  expect(ringOf(null)).toBeNull();
});
