import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import type { When } from '../../api/types/When';
import { S } from '../../strings';
import { addRule, freshId, likelyTarget } from '../edit';
import type { Link, Picture, Pill } from '../picture';
import { beginsWords } from '../words';

/** Which column sets which. */
export interface Pair {
  from: string;
  to: string;
}

/** A row of the mapping. Its id and a status' are a cell's, and the id of the link that may be there. */
export interface Row {
  id: string;
  /** None: it begins with something that has no status before it. */
  from: Pill | null;
  /** What it is called: the status' name, or what it begins with. */
  name: string;
  /** How a rule of this row begins, where `from` is none. */
  when: When | null;
}

export interface Band<T> {
  id: string;
  name: string;
  color: string | null;
  of: T[];
}

/** The mapping from one column to another: rows × columns of statuses. */
export interface Matrix {
  pair: Pair;
  rows: Band<Row>[];
  columns: Band<Pill>[];
  /** By cell. */
  links: ReadonlyMap<string, Link>;
}

export type Mark = 'plain' | 'when' | 'off' | 'resting' | 'none' | 'self';

export function cellId(row: Row, to: Pill): string {
  return `${row.id}>${to.id}`;
}

export function samePair(a: Pair, b: Pair): boolean {
  return a.from === b.from && a.to === b.to;
}

export function isPairOf(picture: Picture, { from, to }: Pair): boolean {
  const has = (type: string) => picture.columns.some((column) => column.type === type);
  return has(from) && has(to);
}

/** What a column most likely sets: the next one; the last sets the one before it. */
export function likelyPair(picture: Picture, from: string): Pair {
  const types = picture.columns.map((column) => column.type);
  const at = types.indexOf(from);
  return { from, to: types[at + 1] ?? types[at - 1] ?? from };
}

/** What the table opens with: Versions set Tasks, where there are both. */
export function firstPair(picture: Picture): Pair | null {
  const [first] = picture.columns;
  return first ? likelyPair(picture, first.type) : null;
}

/** The pair whose cell a link is. */
export function pairOf(link: Link): Pair {
  return { from: link.from?.type ?? link.when, to: link.to.type };
}

/** How many links each ordered pair of columns has, column by column. */
export function pairsOf(picture: Picture): { from: string; to: { type: string; links: number }[] }[] {
  const counts = new Map<string, number>();
  for (const link of picture.links) {
    const { from, to } = pairOf(link);
    counts.set(`${from}>${to}`, (counts.get(`${from}>${to}`) ?? 0) + 1);
  }
  const types = picture.columns.map((column) => column.type);
  return types.map((from) => ({
    from,
    to: types.map((type) => ({ type, links: counts.get(`${from}>${type}`) ?? 0 })),
  }));
}

export function matrixOf(picture: Picture, pair: Pair): Matrix {
  const links = new Map(
    picture.links.filter((link) => samePair(pairOf(link), pair)).map((link) => [link.id, link] as const),
  );
  const rows = bandsOf(picture, pair.from).map((band) => ({
    ...band,
    of: band.of.map((pill): Row => ({ id: pill.id, from: pill, name: pill.name, when: null })),
  }));
  const entries = entriesOf(links.values(), pair);
  if (entries.length > 0) rows.unshift({ id: '+', name: S.table.entries(pair.from), color: null, of: entries });
  return { pair, rows, columns: bandsOf(picture, pair.to), links };
}

function bandsOf(picture: Picture, type: string): Band<Pill>[] {
  const column = picture.columns.find((one) => one.type === type);
  const groups = column?.groups.filter((group) => !group.parked) ?? [];
  return groups.map(({ id, name, color, pills }) => {
    const nameless = pills.every((pill) => pill.unknown) ? S.edit.namedOnly : groups.length > 1 ? S.rules.noGroup : '';
    return { id, name: name || nameless, color, of: pills };
  });
}

/** A row for each beginning that some rule has, and one for being created wherever a link could be drawn. */
function entriesOf(links: Iterable<Link>, { from, to }: Pair): Row[] {
  const rows = new Map<string, Row>();
  if (likelyTarget(from, to)) {
    const id = `${from}+`;
    rows.set(id, { id, from: null, name: S.table.created, when: { entity: from, on: ['created'] } });
  }
  for (const link of links) {
    const [rule] = link.rules;
    if (link.from || !rule) continue;
    const id = link.id.slice(0, -link.to.id.length - 1);
    if (!rows.has(id)) rows.set(id, { id, from: null, name: beginsWords(rule) || link.begins, when: rule.when });
  }
  return [...rows.values()];
}

/** Draws a link that comes from no status: a rule that begins as the row says. */
export function linkEntry(set: RuleSet, row: Row, to: Pill): { set: RuleSet; rule: string } | null {
  if (!row.when) return null;
  const { entity } = row.when;
  const target = entity === to.type ? 'itself' : likelyTarget(entity, to.type);
  if (!target) return null;
  const rule: Rule = {
    id: freshId(set, `${entity} ${row.name} ${to.type} ${to.code}`),
    name: S.table.entryName(entity, row.name, to.type, to.name),
    when: row.when,
    then: { set: target, to: [to.code] },
  };
  return { set: addRule(set, rule), rule: rule.id };
}

/** What begins a link of this row, as people say it. */
export function rowWords(row: Row, { from }: Pair, link?: Link): string {
  if (!row.from) return S.table.begins(from, row.name);
  return link?.begins ? S.table.beginning(from, row.from.name, link.begins) : S.table.named(from, row.from.name);
}

export function markOf(row: Row, to: Pill, link: Link | undefined, rests: boolean): Mark {
  if (!link) return row.from?.id === to.id ? 'self' : 'none';
  if (rests) return 'resting';
  if (!link.enabled) return 'off';
  return link.condition ? 'when' : 'plain';
}

/** A cell, for those who hear it. `why`: why its rule was set aside. */
export function cellWords(row: Row, to: Pill, pair: Pair, link: Link | undefined, why?: string): string {
  const t = S.table;
  const end = t.named(pair.to, to.name);
  if (!link) return row.from?.id === to.id ? t.self(end) : t.none(rowWords(row, pair), end);
  const words = t.sets(rowWords(row, pair, link), end, link.condition);
  if (why !== undefined) return t.resting(words, why);
  return link.enabled ? words : t.off(words);
}
