import type { ComparedDelivery } from '../api/types/ComparedDelivery';

export type Shown = 'all' | 'missing' | 'failed';

export const SHOWN: readonly Shown[] = ['all', 'missing', 'failed'];

/** What tells one row from another: a site sends some deliveries without an id. */
export function keyOf(row: ComparedDelivery): string {
  return row.site?.id ?? row.id ?? `${row.at} ${row.events.join()}`;
}

export function isShown(row: ComparedDelivery, shown: Shown): boolean {
  if (shown === 'missing') return row.verdict === 'missing';
  if (shown === 'failed') return row.site !== null && !row.site.delivered;
  return true;
}

export function countsOf(rows: readonly ComparedDelivery[]): Record<Shown, number> {
  const count = (shown: Shown) => rows.filter((row) => isShown(row, shown)).length;
  return { all: rows.length, missing: count('missing'), failed: count('failed') };
}

/** The site's ids of those chosen that it can send once more. */
export function redeliverable(rows: readonly ComparedDelivery[], chosen: ReadonlySet<string>): string[] {
  return rows.filter((row) => chosen.has(keyOf(row))).flatMap((row) => (row.site ? [row.site.id] : []));
}

/** The event log entries of those chosen, each once, in the order of their numbers. */
export function backfillable(rows: readonly ComparedDelivery[], chosen: ReadonlySet<string>): number[] {
  const entries = rows.filter((row) => chosen.has(keyOf(row))).flatMap((row) => row.entries);
  return [...new Set(entries)].sort((a, b) => a - b);
}

/** How much of what is shown is chosen, for the box above the list. */
export function shareChosen(rows: readonly ComparedDelivery[], chosen: ReadonlySet<string>): 'none' | 'some' | 'all' {
  const n = rows.filter((row) => chosen.has(keyOf(row))).length;
  if (n === 0) return 'none';
  return n === rows.length ? 'all' : 'some';
}
