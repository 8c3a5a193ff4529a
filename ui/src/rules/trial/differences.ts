import type { Difference } from '../../api/types/Difference';
import type { EntityRef } from '../../api/types/EntityRef';
import type { WhatIfMove } from '../../api/types/WhatIfMove';
import type { Lit } from '../path';
import { pillId, type Picture } from '../picture';

/** Which differences are listed. `draft` and `live`: those where a person bore that side out. */
export type Show = 'all' | 'draft' | 'live' | 'neither' | 'guess';

export const SHOWS: readonly Show[] = ['all', 'draft', 'live', 'neither', 'guess'];

/** The differences of one Shot or Asset, in the order of their events. */
export interface Group {
  key: string;
  /** None: what they belong to is not known. */
  entity: EntityRef | null;
  rows: Difference[];
}

/** What a run has found so far. It grows in place, so that a hundred thousand differences cost one pass. */
export class Differences {
  readonly groups: Group[] = [];
  readonly counts: Record<Show, number> = { all: 0, draft: 0, live: 0, neither: 0, guess: 0 };
  /** What causes any of them, each once. */
  readonly causes = new Set<string>();
  #byKey = new Map<string, Group>();

  add(found: readonly Difference[]): void {
    for (const one of found) {
      this.#groupOf(one.group).rows.push(one);
      for (const show of SHOWS) if (isShown(one, show)) this.counts[show] += 1;
      for (const cause of causesOf(one)) this.causes.add(cause);
    }
  }

  #groupOf(entity: EntityRef | null): Group {
    const key = entity ? `${entity.type} ${entity.id}` : '';
    let group = this.#byKey.get(key);
    if (!group) {
      group = { key, entity, rows: [] };
      this.#byKey.set(key, group);
      this.groups.push(group);
    }
    return group;
  }
}

export function isShown(one: Difference, show: Show): boolean {
  if (show === 'all') return true;
  return show === 'guess' ? one.guess : one.people_agree_with === show;
}

/** A line of the list. */
export type Item =
  | { kind: 'group'; key: string; group: Group; count: number; folded: boolean }
  | { kind: 'row'; key: string; row: Difference };

export function itemsOf(groups: readonly Group[], folded: ReadonlySet<string>, show: Show): Item[] {
  const items: Item[] = [];
  for (const group of groups) {
    const rows = show === 'all' ? group.rows : group.rows.filter((one) => isShown(one, show));
    if (rows.length === 0) continue;
    const isFolded = folded.has(group.key);
    items.push({ kind: 'group', key: `group ${group.key}`, group, count: rows.length, folded: isFolded });
    if (!isFolded) for (const row of rows) items.push({ kind: 'row', key: rowKey(row), row });
  }
  return items;
}

/** One event may set both the status and fields of an entity, each a row. */
export function rowKey({ seq, entity, field }: Difference): string {
  return [seq, entity.type, entity.id, ...(field === undefined ? [] : [field])].join(' ');
}

/** What makes a difference: a rule that sets an entity to a status, on either side. A field's value has no place in the picture. */
export function causesOf({ entity, field, live, draft }: Difference): string[] {
  if (field !== undefined) return [];
  return [live, draft].flatMap((move) => (move?.to ? [causeKey(move, move.to, entity.type)] : []));
}

const PARTED = ' ⟶ ';

function causeKey(move: WhatIfMove, to: string, type: string): string {
  return `${move.rule}${PARTED}${pillId(type, to)}`;
}

/** The links of a picture by the rule and the status that they lead to. */
export type LinkIndex = ReadonlyMap<string, readonly { id: string; from: string | null }[]>;

export function linkIndex(picture: Picture): LinkIndex {
  const index = new Map<string, { id: string; from: string | null }[]>();
  for (const link of picture.links) {
    for (const rule of link.rules) {
      const key = `${rule.id}${PARTED}${link.to.id}`;
      const way = { id: link.id, from: link.from?.id ?? null };
      const known = index.get(key);
      if (known) known.push(way);
      else index.set(key, [way]);
    }
  }
  return index;
}

/** What the picture lights for causes. A rule that is in the picture no more leaves the status that it set. */
export function litByCauses(index: LinkIndex, causes: Iterable<string>): Lit {
  const pills = new Set<string>();
  const links = new Set<string>();
  for (const cause of causes) {
    pills.add(cause.slice(cause.lastIndexOf(PARTED) + PARTED.length));
    for (const link of index.get(cause) ?? []) {
      links.add(link.id);
      if (link.from) pills.add(link.from);
    }
  }
  return { pills, links };
}

export type Span = { kind: 'days'; days: number } | { kind: 'all' } | { kind: 'dates'; from: string; to: string };

export interface Between {
  since: string | null;
  until: string | null;
}

const DAY = 86_400_000;

/** The span as moments; null where its dates are no span. Both days belong to it, as the local calendar counts them. */
export function between(span: Span, now: Date): Between | null {
  if (span.kind === 'all') return { since: null, until: null };
  if (span.kind === 'days') return { since: new Date(now.getTime() - span.days * DAY).toISOString(), until: null };
  const from = dayStart(span.from, 0);
  const to = dayStart(span.to, 1);
  if (from === undefined || to === undefined || (from && to && from >= to)) return null;
  if (!from && !to) return null;
  return { since: from?.toISOString() ?? null, until: to?.toISOString() ?? null };
}

/** Local midnight of a day, that many days on; null where none is given, undefined where it is no day. */
function dayStart(day: string, on: number): Date | null | undefined {
  if (day === '') return null;
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return undefined;
  return new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + on);
}
