import type { FeedFilter } from '../api/types/FeedFilter';
import { dayOf, shortDay } from '../frame/format';
import { S } from '../strings';

export const NAMED_RANGES = ['today', 'yesterday', 'week', 'month'] as const;
export type NamedRange = (typeof NAMED_RANGES)[number];

/** Local days as `2026-11-20`, both of them within; an empty end is open. */
export interface OwnRange {
  from: string;
  to: string;
}

/** Of which time events are shown. The named ones go with the calendar, so a kept one means today of any day. */
export type Range = 'any' | NamedRange | OwnRange;

type Bounds = Pick<FeedFilter, 'since' | 'until'>;

export function boundsOf(range: Range, now: Date): Bounds {
  const midnight = (daysAgo: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).toISOString();
  switch (range) {
    case 'any':
      return { since: null, until: null };
    case 'today':
      return { since: midnight(0), until: null };
    case 'yesterday':
      return { since: midnight(1), until: midnight(0) };
    case 'week':
      return { since: midnight(6), until: null };
    case 'month':
      return { since: midnight(29), until: null };
    default:
      return { since: startOf(range.from, 0), until: startOf(range.to, 1) };
  }
}

/** The own range of two fields as they were filled in; `any` where both are empty, null where it runs backwards. */
export function ownRange(from: string, to: string): Range | null {
  const first = startOf(from, 0) === null ? '' : from;
  const last = startOf(to, 0) === null ? '' : to;
  if (first === '' && last === '') return 'any';
  if (first !== '' && last !== '' && first > last) return null;
  return { from: first, to: last };
}

export function rangeWords(range: Range, now = new Date()): string {
  const dayWords = (day: string) => wordsOfDay(day, now);
  const words = S.feed.range;
  if (typeof range === 'string') return range === 'any' ? S.feed.any : words.named[range];
  const { from, to } = range;
  if (from === to) return dayWords(from);
  if (from === '') return words.until(dayWords(to));
  if (to === '') return words.since(dayWords(from));
  return words.span(dayWords(from), dayWords(to));
}

/** What somebody kept; `any` where it cannot be understood. */
export function rangeOf(found: unknown): Range {
  const named = NAMED_RANGES.find((name) => name === found);
  if (named) return named;
  if (typeof found !== 'object' || found === null) return 'any';
  const { from, to } = found as Partial<Record<string, unknown>>;
  return ownRange(typeof from === 'string' ? from : '', typeof to === 'string' ? to : '') ?? 'any';
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

function startOf(day: string, later: number): string | null {
  const [, year, month, date] = DAY.exec(day) ?? [];
  if (year === undefined) return null;
  const at = new Date(Number(year), Number(month) - 1, Number(date));
  if (dayOf(at) !== day) return null;
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

/** With its year, where that is another. */
function wordsOfDay(day: string, now: Date): string {
  const [, year, month, date] = DAY.exec(day) ?? [];
  const words = shortDay(new Date(Number(year), Number(month) - 1, Number(date)));
  return Number(year) === now.getFullYear() ? words : `${words} ${year}`;
}
