import type { History } from '../api/types/History';
import type { Span } from '../api/types/Span';
import { clockTime, shortDay, shortMonth, shortWeekday } from '../frame/format';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const ZOOMS = ['day', 'week', 'month', 'all'] as const;
export type Zoom = (typeof ZOOMS)[number];

const WIDTHS: Record<Exclude<Zoom, 'all'>, number> = { day: DAY, week: 7 * DAY, month: 30 * DAY };

/** A stretch of time, in milliseconds since 1970. */
export interface Stretch {
  from: number;
  to: number;
}

/** Less than this is never shown, so that a past of one minute is not drawn as an age. */
const LEAST = 6 * HOUR;
/** What is left free before the first span and after now. */
const MARGIN = 0.03;

/** The time that a history speaks of, with a little room at both ends. */
export function extentOf({ lanes }: Pick<History, 'lanes'>, now: number): Stretch {
  const first = Math.min(now, ...lanes.flatMap(({ spans }) => spans.map(({ from }) => Date.parse(from))));
  const width = Math.max(LEAST, now - first);
  return { from: now - width * (1 + MARGIN), to: now + width * MARGIN };
}

/** What is shown of it: that much around a moment, moved until it lies within. */
export function shownOf(zoom: Zoom, around: number, extent: Stretch): Stretch {
  if (zoom === 'all') return extent;
  const width = WIDTHS[zoom];
  return within({ from: around - width / 2, to: around + width / 2 }, extent);
}

/** The stretch moved by a share of itself. */
export function moved({ from, to }: Stretch, share: number, extent: Stretch): Stretch {
  const by = (to - from) * share;
  return within({ from: from + by, to: to + by }, extent);
}

/** The stretch moved as little as it takes to show a moment, with some room around it. */
export function showing(stretch: Stretch, at: number, extent: Stretch): Stretch {
  const width = stretch.to - stretch.from;
  const room = width * 0.1;
  if (at >= stretch.from && at <= stretch.to - room) return stretch;
  const from = at < stretch.from ? at - room : at - width + 3 * room;
  return within({ from, to: from + width }, extent);
}

/** Where all of it fits, it ends where all ends. */
function within({ from, to }: Stretch, extent: Stretch): Stretch {
  const width = to - from;
  if (width >= extent.to - extent.from) return { from: extent.to - width, to: extent.to };
  const start = Math.min(Math.max(from, extent.from), extent.to - width);
  return { from: start, to: start + width };
}

/** Where a span is drawn, as shares of what is shown; null where it is not in sight. */
export function placeOf(span: Span, { from, to }: Stretch, now: number): { left: number; width: number } | null {
  const begins = Date.parse(span.from);
  const ends = span.until === null ? now : Date.parse(span.until);
  if (ends < from || begins > to) return null;
  const left = (Math.max(begins, from) - from) / (to - from);
  const right = (Math.min(Math.max(ends, begins), to) - from) / (to - from);
  return { left, width: right - left };
}

export interface Tick {
  at: number;
  /** Its place, as a share of what is shown. */
  left: number;
  label: string;
  /** Begins a day, or a year where days are not told apart. */
  strong: boolean;
}

type Unit = { unit: 'minute' | 'day' | 'month'; by: number; about: number };

const UNITS: readonly Unit[] = [
  ...[15, 30, 60, 120, 180, 360, 720].map((by): Unit => ({ unit: 'minute', by, about: by * MINUTE })),
  ...[1, 2, 7, 14].map((by): Unit => ({ unit: 'day', by, about: by * DAY })),
  ...[1, 3, 6, 12, 60, 240].map((by): Unit => ({ unit: 'month', by, about: by * 30 * DAY })),
];

/** Room that a label needs, in pixels. */
const ROOM = 84;

/** The marks of the axis: as many as there is room for, at hours, days and months of the place. */
export function ticksOf({ from, to }: Stretch, pixels: number): Tick[] {
  const least = ((to - from) * ROOM) / Math.max(ROOM, pixels);
  const unit = UNITS.find(({ about }) => about >= least) ?? UNITS.at(-1)!;
  const ticks: Tick[] = [];
  for (let at = begin(from, unit); at.getTime() <= to; at = next(at, unit)) {
    const time = at.getTime();
    if (time < from) continue;
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
    const strong = unit.unit === 'minute' ? isMidnight : unit.unit === 'day' ? at.getDate() === 1 : at.getMonth() === 0;
    ticks.push({ at: time, left: (time - from) / (to - from), label: labelOf(at, unit, isMidnight), strong });
  }
  return ticks;
}

function begin(from: number, { unit, by }: Unit): Date {
  const at = new Date(from);
  if (unit === 'month') {
    const months = at.getFullYear() * 12 + at.getMonth();
    const first = months - (months % by);
    return new Date(Math.floor(first / 12), first % 12, 1);
  }
  const midnight = new Date(at.getFullYear(), at.getMonth(), at.getDate());
  if (unit === 'minute' || by === 1) return midnight;
  // Weeks begin on Monday; two days go on from there.
  midnight.setDate(midnight.getDate() - ((midnight.getDay() + 6) % 7));
  return midnight;
}

/** By the calendar and not by milliseconds: a day may have 23 hours. */
function next(at: Date, { unit, by }: Unit): Date {
  const [year, mon, date] = [at.getFullYear(), at.getMonth(), at.getDate()] as const;
  if (unit === 'month') return new Date(year, mon + by, 1);
  if (unit === 'day') return new Date(year, mon, date + by);
  const later = new Date(year, mon, date, at.getHours(), at.getMinutes() + by);
  // Where clocks are put back, the same hour comes twice; time must still go on.
  return later.getTime() > at.getTime() ? later : new Date(at.getTime() + by * MINUTE);
}

function labelOf(at: Date, { unit }: Unit, isMidnight: boolean): string {
  if (unit === 'month') return shortMonth(at);
  if (unit === 'day') return shortDay(at);
  return isMidnight ? shortWeekday(at) : clockTime(at);
}

/** From which day to which, for the corner of the axis. */
export function stretchWords({ from, to }: Stretch): string {
  const [first, last] = [shortDay(new Date(from)), shortDay(new Date(to))];
  return first === last ? first : `${first} – ${last}`;
}
