import type { FeedPage } from '../api/types/FeedPage';
import type { FeedRow } from '../api/types/FeedRow';
import { lineCount } from './cascade';

/** What the window keeps of the feed. Never changed in place. */
export interface FeedRows {
  /** Newest first, by `seq`, each once. */
  shown: readonly FeedRow[];
  /** New rows that wait until they may be shown without moving anything. Newest first. */
  held: readonly FeedRow[];
  /** How many new rows wait, kept or not. */
  heldCount: number;
  /** Changed rows whose new height would move the row under the pointer. */
  deferred: readonly FeedRow[];
  /** Whether the journal has older rows than the last shown. */
  more: boolean;
  /** Whether rows newer than the first shown were let go or never fetched: they come back by asking, not from `held`. */
  cutAbove: boolean;
}

export const EMPTY: FeedRows = { shown: [], held: [], heldCount: 0, deferred: [], more: false, cutAbove: false };

/** More rows than this are not kept; what is let go is asked for again when it is scrolled to. */
export const KEEP = 5_000;
export const KEEP_HELD = 1_000;
const LET_GO = 1_000;
/** Where rows come in at the top by themselves, nobody has scrolled: what has sunk far below is let go early, so that a rush costs no more
 * than a quiet hour. */
export const KEEP_LIVE = 600;
const LIVE_AGAIN = 400;

export interface Hearing {
  /** New rows must wait. */
  hold: boolean;
  /** The row under the pointer. */
  pointer: number | null;
  matches: (row: FeedRow) => boolean;
}

export function fromPage(page: FeedPage): FeedRows {
  return { ...EMPTY, shown: merge([], page.rows), more: page.more };
}

/** News: known rows change where they stand, new ones are shown or held. */
export function hear(rows: FeedRows, news: readonly FeedRow[], { hold, pointer, matches }: Hearing): FeedRows {
  const at = new Map(rows.shown.map((row, i) => [row.seq, i]));
  const waiting = new Set(rows.held.map((row) => row.seq));
  const oldest = rows.shown.at(-1)?.seq;
  const changed = [...rows.shown];
  const fresh: FeedRow[] = [];
  let deferred = rows.deferred;

  for (const row of news) {
    const i = at.get(row.seq);
    if (i !== undefined) {
      const moves = pointer !== null && row.seq > pointer && height(row) !== height(rows.shown[i]!);
      deferred = deferred.filter((d) => d.seq !== row.seq);
      if (moves) deferred = [...deferred, row];
      else changed[i] = row;
    } else if (waiting.has(row.seq) || (matches(row) && !(rows.more && oldest !== undefined && row.seq < oldest))) {
      // What is older than the last shown row comes with the page it belongs to.
      fresh.push(row);
    }
  }

  const next = { ...rows, shown: changed, deferred };
  if (fresh.length === 0) return next;
  if (hold || rows.cutAbove) {
    const held = merge(rows.held, fresh);
    const added = held.length - rows.held.length;
    return {
      ...next,
      held: held.slice(0, KEEP_HELD),
      heldCount: rows.heldCount + added,
      cutAbove: rows.cutAbove || held.length > KEEP_HELD,
    };
  }
  return keepNewest({ ...next, shown: merge(changed, fresh) });
}

/** The held rows come in. Where rows above were let go, ask for the first page instead. */
export function release(rows: FeedRows): FeedRows {
  const settled = settle(rows, null);
  if (settled.cutAbove) return settled;
  return keepNewest({ ...settled, shown: merge(settled.shown, settled.held), held: [], heldCount: 0 });
}

/** Deferred changes come in, except those that would still move the row under the pointer. */
export function settle(rows: FeedRows, pointer: number | null): FeedRows {
  const due = rows.deferred.filter((row) => pointer === null || row.seq <= pointer);
  if (due.length === 0) return rows;
  const known = new Set(rows.shown.map((row) => row.seq));
  return {
    ...rows,
    shown: merge(
      rows.shown,
      due.filter((row) => known.has(row.seq)),
    ),
    deferred: rows.deferred.filter((row) => !due.includes(row)),
  };
}

/** The first page, asked again after news may have been missed. */
export function refreshed(rows: FeedRows, page: FeedPage, hearing: Hearing): FeedRows {
  const newest = rows.shown[0]?.seq;
  const reaches = newest === undefined || !page.more || page.rows.some((row) => row.seq <= newest);
  if (reaches && newest !== undefined) return hear(rows, page.rows, hearing);
  if (!hearing.hold) return fromPage(page);
  return { ...rows, cutAbove: true, heldCount: Math.max(rows.heldCount, page.rows.length) };
}

/** A page of older rows goes beneath. */
export function older(rows: FeedRows, page: FeedPage): FeedRows {
  return { ...rows, shown: merge(rows.shown, page.rows), more: page.more };
}

/** A page of newer rows goes on top. */
export function newer(rows: FeedRows, page: FeedPage, reachedNow: boolean): FeedRows {
  const next = { ...rows, shown: merge(rows.shown, page.rows), cutAbove: !reachedNow };
  return reachedNow ? { ...next, held: [], heldCount: 0 } : next;
}

// The list keeps its place by knowing at which end rows came or went, so letting go is a step of its own, never mixed
// with a page that is added.

/** Before a page goes beneath a full list: the newest are let go. */
export function letGoAbove(rows: FeedRows): FeedRows {
  if (rows.shown.length < KEEP) return rows;
  return { ...rows, shown: rows.shown.slice(LET_GO), held: [], cutAbove: true };
}

/** Before a page goes on top of a full list: the oldest are let go. */
export function letGoBelow(rows: FeedRows): FeedRows {
  if (rows.shown.length < KEEP) return rows;
  return { ...rows, shown: rows.shown.slice(0, rows.shown.length - LET_GO), more: true };
}

/** Two lists by `seq`, newest first; where both know a row, `over` is right. */
export function merge(base: readonly FeedRow[], over: readonly FeedRow[]): FeedRow[] {
  if (over.length === 0) return [...base];
  const bySeq = new Map<number, FeedRow>();
  for (const row of base) bySeq.set(row.seq, row);
  for (const row of over) bySeq.set(row.seq, row);
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
}

function keepNewest(rows: FeedRows): FeedRows {
  if (rows.shown.length <= KEEP_LIVE) return rows;
  return { ...rows, shown: rows.shown.slice(0, LIVE_AGAIN), more: true };
}

function height(row: FeedRow): number {
  return lineCount(row.cascade?.changes);
}
