/** How well two colours (`#rrggbb`) are told apart, by WCAG: from 1, the same, to 21, black on white. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** What lies behind a swatch in the light and in the dark, as `--surface` has it. */
export const SURFACE = { light: '#ffffff', dark: '#151920' } as const;

/** The least contrast of a mark with what lies behind it, by WCAG 1.4.11. */
export const LEAST = 3;

/**
 * Whether a site's colour is lost on the surface, by theme: it then gets a ring that is not. A name always stands beside it in the
 * text's own colour, so that no colour has to be read.
 */
export function isLost(color: string, theme: keyof typeof SURFACE): boolean {
  return contrast(color, SURFACE[theme]) < LEAST;
}

/** The ring of a swatch as CSS; none where its colour is seen in both themes. */
export function ringOf(color: string | null): string | null {
  if (color === null) return null;
  const [light, dark] = (['light', 'dark'] as const).map((theme) => isLost(color, theme));
  const faint = { light: 'rgb(0 0 0 / 14%)', dark: 'rgb(255 255 255 / 18%)' };
  if (!light && !dark) return null;
  return `light-dark(${light ? 'var(--swatch-ring)' : faint.light}, ${dark ? 'var(--swatch-ring)' : faint.dark})`;
}
