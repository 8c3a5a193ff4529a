import type { EntityRef } from '../api/types/EntityRef';
import type { FeedGroup } from '../api/types/FeedGroup';
import type { FeedGroups } from '../api/types/FeedGroups';
import type { FeedRow } from '../api/types/FeedRow';
import { merge } from './rows';

/** What is known of a group that was opened. */
export interface Opened {
  rows: readonly FeedRow[];
  /** Whether there are older ones than the last. */
  more: boolean;
  /** Whether the journal was asked; until then they are the newest that came with the group. */
  read: boolean;
}

/** The feed by Shots, as the window keeps it. Never changed in place. */
export interface Grouped {
  /** The one with the newest event first. */
  shown: readonly FeedGroup[];
  opened: ReadonlyMap<string, Opened>;
  more: boolean;
  /** Where the next page begins. */
  before: number | null;
  /** New events that are not shown yet, by number. */
  fresh: ReadonlySet<number>;
}

export const NO_GROUPS: Grouped = { shown: [], opened: new Map(), more: false, before: null, fresh: new Set() };

export type GroupItem =
  | { kind: 'head'; key: string; group: FeedGroup; open: boolean }
  | { kind: 'row'; key: string; group: FeedGroup; row: FeedRow }
  | { kind: 'more'; key: string; group: FeedGroup; read: boolean };

export function keyOfGroup({ site, entity }: Pick<FeedGroup, 'site' | 'entity'>): string {
  return keyOf(site, entity);
}

function keyOf(site: string, entity: EntityRef | null): string {
  return entity === null ? `${site} ` : `${site} ${entity.type} ${entity.id}`;
}

/** The first page, asked anew. What is open stays open, and what is new is shown with it. */
export function firstGroups(grouped: Grouped, page: FeedGroups): Grouped {
  const keys = new Set(page.groups.map(keyOfGroup));
  const opened = new Map([...grouped.opened].filter(([key]) => keys.has(key)));
  return { shown: page.groups, opened, more: page.more, before: page.before, fresh: new Set() };
}

/** A page of groups that were last spoken of earlier goes beneath. */
export function olderGroups(grouped: Grouped, page: FeedGroups): Grouped {
  const known = new Set(grouped.shown.map(keyOfGroup));
  const added = page.groups.filter((group) => !known.has(keyOfGroup(group)));
  return { ...grouped, shown: [...grouped.shown, ...added], more: page.more, before: page.before };
}

export function openGroup(grouped: Grouped, key: string): Grouped {
  const group = grouped.shown.find((one) => keyOfGroup(one) === key);
  if (!group || grouped.opened.has(key)) return grouped;
  // Of what belongs to nothing there is no more to ask for than what came with the group.
  const whole = group.entity === null || group.rows.length >= group.events;
  const some: Opened = { rows: group.rows, more: false, read: whole };
  return { ...grouped, opened: new Map([...grouped.opened, [key, some]]) };
}

export function shutGroup(grouped: Grouped, key: string): Grouped {
  return { ...grouped, opened: new Map([...grouped.opened].filter(([one]) => one !== key)) };
}

/** Rows of an open group, as the journal has them. */
export function readInto(grouped: Grouped, key: string, rows: readonly FeedRow[], more: boolean): Grouped {
  const known = grouped.opened.get(key);
  if (!known) return grouped;
  // Where so much is new that the page does not reach what is known, what is known would follow a gap.
  const gap = more && (rows.at(-1)?.seq ?? 0) > (known.rows[0]?.seq ?? Infinity);
  const opened: Opened = { rows: gap ? rows : merge(known.rows, rows), more, read: true };
  return { ...grouped, opened: new Map([...grouped.opened, [key, opened]]) };
}

/** News: rows that stand there change where they stand, all others wait. */
export function hearGroups(grouped: Grouped, news: readonly FeedRow[], matches: (row: FeedRow) => boolean): Grouped {
  const bySeq = new Map(news.map((row) => [row.seq, row]));
  const known = new Set<number>();
  const renew = (rows: readonly FeedRow[]) => {
    for (const { seq } of rows) known.add(seq);
    return rows.some(({ seq }) => bySeq.has(seq)) ? rows.map((row) => bySeq.get(row.seq) ?? row) : rows;
  };
  const shown = grouped.shown.map((group) => {
    const rows = renew(group.rows);
    return rows === group.rows ? group : { ...group, rows: [...rows] };
  });
  const opened = new Map([...grouped.opened].map(([key, one]) => [key, { ...one, rows: renew(one.rows) }]));
  const newest = grouped.shown[0]?.latest ?? 0;
  const fresh = news.filter((row) => !known.has(row.seq) && row.seq > newest && matches(row));
  const added = fresh.length === 0 ? grouped.fresh : new Set([...grouped.fresh, ...fresh.map(({ seq }) => seq)]);
  return { ...grouped, shown, opened, fresh: added };
}

/** The lines of the list: a head for each group, and beneath an open one its rows. */
export function groupItems({ shown, opened }: Grouped): GroupItem[] {
  const items: GroupItem[] = [];
  for (const group of shown) {
    const key = keyOfGroup(group);
    const open = opened.get(key);
    items.push({ kind: 'head', key, group, open: open !== undefined });
    if (!open) continue;
    for (const row of open.rows) items.push({ kind: 'row', key: `${key} ${row.seq}`, group, row });
    if (!open.read || open.more || (group.entity === null && group.events > open.rows.length)) {
      items.push({ kind: 'more', key: `${key} more`, group, read: open.read });
    }
  }
  return items;
}

/** The line that a step up or down leads to, of those that can be selected. */
export function stepFrom(items: readonly GroupItem[], key: string | null, by: number): GroupItem | null {
  const lines = items.filter((item) => item.kind !== 'more');
  const at = key === null ? -1 : lines.findIndex((item) => item.key === key);
  if (at < 0) return lines[0] ?? null;
  return lines[Math.max(0, Math.min(lines.length - 1, at + by))] ?? null;
}

/** The row of that number, wherever it stands. */
export function rowIn({ shown, opened }: Grouped, seq: number): FeedRow | null {
  for (const { rows } of [...opened.values(), ...shown]) {
    const row = rows.find((one) => one.seq === seq);
    if (row) return row;
  }
  return null;
}
