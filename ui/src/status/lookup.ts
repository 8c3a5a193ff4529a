import type { Overview } from '../api/types/Overview';
import type { StatusView } from '../api/types/StatusView';

export type Statuses = Overview['statuses'];

/** How a code is shown; the code itself where the site does not know it. */
export function statusOf(statuses: Statuses | undefined, type: string | undefined, code: string): StatusView {
  const known = type === undefined ? undefined : statuses?.[type]?.find((status) => status.code === code);
  return known ?? { code, name: code, color: null };
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** A code as people say it beside a status' name; null where nobody does: ftrack's codes are ids. */
export function saidCode(code: string): string | null {
  return isUuid(code) ? null : code;
}

/** A status by its name, and by its code where people say that too: `Final (fin)`. */
export function nameAndCode({ name, code }: Pick<StatusView, 'name' | 'code'>): string {
  return name === code ? name : `${name} (${code})`;
}

/** Anything but `#rrggbb` is not a colour to put into a style. */
export function safeColor(color: string | null | undefined): string | null {
  return color && /^#[0-9a-f]{6}$/i.test(color) ? color : null;
}
