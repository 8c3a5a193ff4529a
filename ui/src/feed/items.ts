import type { FeedRow } from '../api/types/FeedRow';
import { dayOf } from '../frame/format';

export type Item = { kind: 'day'; key: string; day: Date } | { kind: 'row'; key: number; row: FeedRow };

export function happenedAt(row: FeedRow): Date {
  return new Date(row.occurred_at ?? row.received_at);
}

interface Placed {
  item: Item;
  at: Date;
  day: string;
}

/** Rows are never changed in place, and each message of news asks for all of them again. */
const placed = new WeakMap<FeedRow, Placed>();

function place(row: FeedRow): Placed {
  const known = placed.get(row);
  if (known) return known;
  const at = happenedAt(row);
  const made: Placed = { item: { kind: 'row', key: row.seq, row }, at, day: dayOf(at) };
  placed.set(row, made);
  return made;
}

/** The rows with a divider before the first of each day. */
export function withDays(rows: readonly FeedRow[]): Item[] {
  const items: Item[] = [];
  let last = '';
  for (const row of rows) {
    const { item, at, day } = place(row);
    if (day !== last) {
      // Rows fetched late from an event log can bring a day back, so the day alone is no key.
      items.push({ kind: 'day', key: `${day} ${row.seq}`, day: at });
      last = day;
    }
    items.push(item);
  }
  return items;
}

export function indexOf(items: readonly Item[], seq: number): number {
  return items.findIndex((item) => item.kind === 'row' && item.key === seq);
}

/** The row that a step up or down from `seq` leads to; the first where none is selected. */
export function neighbour(rows: readonly FeedRow[], seq: number | null, step: number): number | null {
  if (rows.length === 0) return null;
  const at = seq === null ? -1 : rows.findIndex((row) => row.seq === seq);
  if (at < 0) return rows[0]!.seq;
  return rows[Math.max(0, Math.min(rows.length - 1, at + step))]!.seq;
}
