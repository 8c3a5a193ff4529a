import type { AlertKind } from '../api/types/AlertKind';
import type { Keep } from '../api/types/Keep';
import type { NotifyChoices } from '../api/types/NotifyChoices';
import type { QuietHours } from '../api/types/QuietHours';
import { S } from '../strings';

/** The kinds of notifications in the order in which they are shown. */
export const KINDS: Record<keyof typeof S.preferences.groups, readonly AlertKind[]> = {
  hooks: ['hook_unstable', 'hook_failed', 'hook_deaf', 'hook_disabled', 'hook_recovered'],
  work: ['approvals', 'write_given_up', 'rule_set_aside', 'conflict'],
  rest: ['site', 'journal', 'mail', 'outgoing', 'digest'],
};

/** What quiet hours begin with when they are switched on. */
export const QUIET: QuietHours = { from: '19:00', until: '08:00', weekends: true };

/** What keeping less begins with, and the least that can be chosen: less is a slip of the finger. */
export const DAYS = { usual: 365, least: 8 } as const;
export const MEGABYTES = { usual: 2_000, least: 50 } as const;

/** The choices after a kind is notified, or is no longer. */
export function withKind(choices: NotifyChoices, kind: AlertKind, on: boolean): NotifyChoices {
  const others = choices.off.filter((one) => one !== kind);
  return { ...choices, off: on ? others : [...others, kind] };
}

/** A time as people type it, as the settings have it: `7`, `7:30`, `0730` and `7.30` too. None where it is none. */
export function timeOf(text: string): string | null {
  const found = /^(\d{1,2})(?:[:. h]?(\d{2}))?$/.exec(text.trim());
  const [hours, minutes] = [Number(found?.[1]), Number(found?.[2] ?? 0)];
  if (!found || hours > 23 || minutes > 59) return null;
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

export function quietTrouble({ from, until }: QuietHours): string | null {
  const [begins, ends] = [timeOf(from), timeOf(until)];
  if (begins === null || ends === null) return S.preferences.quiet.noTime;
  return begins === ends ? S.preferences.quiet.same : null;
}

/** What the quiet hours come to, as a sentence. */
export function quietWords({ off, quiet }: NotifyChoices): string {
  if (quiet === null) return '';
  const { from, until, weekends } = quiet;
  return S.preferences.quiet.says(from, until, until < from, weekends, !off.includes('digest'));
}

/** A whole number that is no less than what is the least; none where it is anything else. */
export function numberOf(text: string, least: number): number | null {
  const n = /^\d{1,7}$/.test(text.trim()) ? Number(text) : NaN;
  return n >= least ? n : null;
}

/** Whether something goes from the journal for good that was kept before. */
export function keepsLess(before: Keep, after: Keep): boolean {
  const less = (a: number | null, b: number | null) => b !== null && (a === null || b < a);
  return less(before.days, after.days) || less(before.megabytes, after.megabytes);
}
