/** How well two colours (`#rrggbb`) are told apart, by WCAG: from 1, the same, to 21, black on white. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

type Parts = [red: number, green: number, blue: number];

function partsOf(color: string): Parts {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)) as Parts;
}

function luminance(color: string): number {
  const [red, green, blue] = partsOf(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Parts;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** So much of one colour, and the rest of another that lies under it. */
function over(color: string, share: number, ground: string): string {
  const under = partsOf(ground);
  const mixed = partsOf(color).map((part, i) => Math.round(part * share + under[i]! * (1 - share)));
  return `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** The ground on which a site's colour is lost soonest, of all that it lies on: `--accent-soft` in both themes. */
export const GROUND = { light: '#e9f0fe', dark: '#17233d' } as const;

const INK = { light: '#000000', dark: '#ffffff' } as const;

/** The least contrast of a mark with what lies behind it, by WCAG 1.4.11. */
export const LEAST = 3;

const isSeen = (color: string, theme: Theme) => contrast(color, GROUND[theme]) >= LEAST;

/**
 * Whether a site's colour is lost on what lies behind it, by theme: it then gets a ring that is not. A name always stands beside it
 * in the text's own colour, so that no colour has to be read.
 */
export function isLost(color: string, theme: Theme): boolean {
  return !isSeen(color, theme);
}

/** The ring of a swatch as CSS; none where its colour is seen in both themes. */
export function ringOf(color: string | null): string | null {
  if (color === null || !THEMES.some((theme) => isLost(color, theme))) return null;
  const [light, dark] = THEMES.map((theme) => (isLost(color, theme) ? 'var(--swatch-ring)' : 'var(--swatch-edge)'));
  return `light-dark(${light}, ${dark})`;
}

/**
 * A site's colour where nothing but a thin line of it is drawn, as CSS: as it is where it is seen, else darker in the light and
 * lighter in the dark until it is. At rest it is as faint as can be seen, but no fainter than `strength`.
 */
export function lineOf(color: string | null, strength = 1): string {
  if (color === null) return 'var(--swatch-ring)';
  const [light, dark] = THEMES.map((theme) => seen(color, theme, strength));
  return light === dark ? light! : `light-dark(${light}, ${dark})`;
}

const STEP = 0.05;

function seen(color: string, theme: Theme, strength: number): string {
  for (let share = strength; share < 1; share += STEP) {
    const faint = over(color, share, GROUND[theme]);
    if (isSeen(faint, theme)) return faint;
  }
  let share = 1;
  while (!isSeen(over(color, share, INK[theme]), theme)) share -= STEP;
  return over(color, share, INK[theme]);
}
