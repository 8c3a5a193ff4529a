import type { Overview } from '../api/types/Overview';
import type { StatusView } from '../api/types/StatusView';
import { S } from '../strings';
import { own } from './own';

export type Statuses = Overview['statuses'];

/** How a code is shown; the code itself where the site does not know it. */
export function statusOf(statuses: Statuses | undefined, type: string | undefined, code: string): StatusView {
  const known = own(statuses, type)?.find((status) => status.code === code);
  if (known || !isUuid(code)) return known ?? { code, name: code, color: null };
  // Such a code is of one status alone, whatever it is the status of.
  const elsewhere = Object.values(statuses ?? {}).flat();
  return elsewhere.find((status) => status.code === code) ?? { code, name: S.words.statusUnknown, color: null };
}

/** Ids of ftrack, and codes of its statuses: text that nobody says. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** A code as people say it beside a status' name; null where nobody does: it is the name, or one of ftrack's ids. */
export function saidCode({ name, code }: Pick<StatusView, 'name' | 'code'>): string | null {
  return name === code || isUuid(code) ? null : code;
}

/** Whether what stands for a name is a short code; Creative Force's statuses have nothing but their names. */
export function isShortCode(text: string): boolean {
  return /^[a-z0-9_]{1,12}$/.test(text);
}

/** A status by its name, and by its code where people say that too: `Final (fin)`. */
export function nameAndCode({ name, code }: Pick<StatusView, 'name' | 'code'>): string {
  return name === code ? name : `${name} (${code})`;
}

/** Anything but `#rrggbb` is not a colour to put into a style. */
export function safeColor(color: string | null | undefined): string | null {
  return color && /^#[0-9a-f]{6}$/i.test(color) ? color : null;
}
