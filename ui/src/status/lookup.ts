import type { Overview } from '../api/types/Overview';
import type { StatusView } from '../api/types/StatusView';

export type Statuses = Overview['statuses'];

/** How a code is shown; the code itself where the site does not know it. */
export function statusOf(statuses: Statuses | undefined, type: string | undefined, code: string): StatusView {
  const known = type === undefined ? undefined : statuses?.[type]?.find((status) => status.code === code);
  return known ?? { code, name: code, color: null };
}

/** Anything but `#rrggbb` is not a colour to put into a style. */
export function safeColor(color: string | null | undefined): string | null {
  return color && /^#[0-9a-f]{6}$/i.test(color) ? color : null;
}
