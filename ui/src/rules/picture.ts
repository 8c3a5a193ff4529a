import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import { conditionWords } from './words';

export interface Pill {
  id: string;
  type: string;
  code: string;
  name: string;
  color: string;
  /** Named by a rule, listed by no column. */
  unknown: boolean;
}

export interface Group {
  name: string;
  pills: Pill[];
}

export interface Column {
  type: string;
  title: string;
  groups: Group[];
}

/** across: toward the next column · back: toward an earlier one · within: inside a column · entry: from nowhere in the picture. */
export type Shape = 'across' | 'back' | 'within' | 'entry';

export interface Link {
  id: string;
  from: Pill | null;
  to: Pill;
  /** The entity type that moves, known for an entry too. */
  when: string;
  shape: Shape;
  /** All rules that draw it, in the document's order. */
  rules: Rule[];
  enabled: boolean;
  /** When it is created, rather than when its status changes. */
  born: boolean;
  /** What must hold, in words; empty: nothing. */
  condition: string;
}

export interface Picture {
  columns: Column[];
  links: Link[];
  pills: Map<string, Pill>;
  /** Rules that draw no link: they name no status that has a place. */
  unplaced: Rule[];
}

const UNKNOWN = '';

/** The way a change goes. JSON objects come in any order, so the document cannot say it. */
const CHAIN = ['version', 'task', 'shot'];

function byChain([a]: [string, unknown], [b]: [string, unknown]): number {
  const rank = (column: string) => (CHAIN.includes(column) ? CHAIN.indexOf(column) : CHAIN.length);
  return rank(a) - rank(b) || a.localeCompare(b);
}

/** `version` as the tracker spells it: `Version`; `custom_entity03`: `CustomEntity03`. */
export function typeOf(column: string): string {
  return column
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

export function pictureOf(set: RuleSet): Picture {
  const pills = new Map<string, Pill>();
  const columns = Object.entries(set.statuses)
    .sort(byChain)
    .map(([name, statuses]): Column => {
      const type = typeOf(name);
      const groups: Group[] = [];
      for (const { code, name: label, group, color } of statuses) {
        const pill: Pill = { id: pillId(type, code), type, code, name: label || code, color, unknown: false };
        if (pills.has(pill.id)) continue;
        pills.set(pill.id, pill);
        // The order is toward completion and counts before the grouping, so a group that comes again is drawn again.
        const last = groups.at(-1);
        if (last?.name === group) last.pills.push(pill);
        else groups.push({ name: group, pills: [pill] });
      }
      return { type, title: type, groups };
    });

  const pillOf = (type: string, code: string): Pill => {
    const id = pillId(type, code);
    const known = pills.get(id);
    if (known) return known;
    const pill: Pill = { id, type, code, name: code, color: '', unknown: true };
    pills.set(id, pill);
    let column = columns.find((c) => c.type === type);
    if (!column) columns.push((column = { type, title: type, groups: [] }));
    const last = column.groups.at(-1);
    if (last && last.pills[0]?.unknown) last.pills.push(pill);
    else column.groups.push({ name: UNKNOWN, pills: [pill] });
    return pill;
  };

  const links = new Map<string, Link>();
  const unplaced: Rule[] = [];
  for (const rule of set.rules) {
    const ends = endsOf(rule, set, pillOf);
    if (ends.length === 0) unplaced.push(rule);
    for (const [from, to] of ends) draw(links, rule, from, to);
  }
  const order = new Map(columns.map((column, i) => [column.type, i]));
  const placed = [...links.values()].map((link) => ({ ...link, shape: shapeOf(link, order) }));
  for (const link of placed) {
    link.condition = linkCondition(link, (code) => pills.get(pillId(link.to.type, code))?.name ?? code);
  }
  return { columns, links: placed, pills, unplaced };
}

export function pillId(type: string, code: string): string {
  return `${type}:${code}`;
}

function targetType(rule: Rule): string {
  const { set } = rule.then;
  if (set === 'itself') return rule.when.entity;
  return set === 'shot' ? 'Shot' : 'Task';
}

function endsOf(rule: Rule, set: RuleSet, pillOf: (type: string, code: string) => Pill): [Pill | null, Pill][] {
  const { becomes = [], from = [], entity } = rule.when;
  const target = targetType(rule);
  const { to } = rule.then;
  if (to === 'same') {
    const codes = becomes.length > 0 ? becomes : sharedCodes(set, entity, target);
    return codes.map((code) => [pillOf(entity, code), pillOf(target, code)]);
  }
  const [wanted] = to;
  if (wanted === undefined) return [];
  const sources = becomes.length > 0 ? becomes : from;
  if (sources.length === 0) return [[null, pillOf(target, wanted)]];
  return sources.map((code) => [pillOf(entity, code), pillOf(target, wanted)]);
}

function sharedCodes(set: RuleSet, from: string, to: string): string[] {
  const codes = (type: string) =>
    Object.entries(set.statuses)
      .filter(([column]) => typeOf(column) === type)
      .flatMap(([, statuses]) => statuses.map((status) => status.code));
  const there = new Set(codes(to));
  return codes(from).filter((code) => there.has(code));
}

function draw(links: Map<string, Link>, rule: Rule, from: Pill | null, to: Pill): void {
  const id = `${from?.id ?? `${rule.when.entity}+`}>${to.id}`;
  const enabled = rule.enabled !== false;
  const born = (rule.when.on ?? ['updated']).includes('created');
  const known = links.get(id);
  if (known) {
    known.rules.push(rule);
    known.enabled ||= enabled;
    known.born &&= born;
  } else {
    links.set(id, {
      id,
      from,
      to,
      when: rule.when.entity,
      shape: 'across',
      rules: [rule],
      enabled,
      born,
      condition: '',
    });
  }
}

function shapeOf(link: Link, order: Map<string, number>): Shape {
  if (!link.from) return 'entry';
  const way = (order.get(link.to.type) ?? 0) - (order.get(link.from.type) ?? 0);
  return way > 0 ? 'across' : way < 0 ? 'back' : 'within';
}

/** One rule without conditions is enough for the link to be unconditional. */
function linkCondition(link: Link, nameOf: (code: string) => string): string {
  const counting = link.rules.filter((rule) => (rule.enabled !== false) === link.enabled);
  const words = counting.map((rule) => conditionWords(rule, nameOf));
  return words.includes('') ? '' : [...new Set(words)].join('; or ');
}
