import type { Condition } from '../api/types/Condition';
import type { RollUp } from '../api/types/RollUp';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { StateClass } from '../api/types/StateClass';
import type { Status } from '../api/types/Status';
import type { StatusView } from '../api/types/StatusView';
import { S } from '../strings';
import { own } from '../status/own';
import { alternatives, beginsWords, conditionWords, list, momentsOf, type NameOf } from './words';

export interface Pill {
  id: string;
  type: string;
  code: string;
  name: string;
  color: string;
  /** Named by a rule, listed by no column. */
  unknown: boolean;
  /** The site has it. What is known of no site is taken to be there. */
  onSite: boolean;
}

export interface Group {
  /** Says which one it is, whatever else changes in the picture. */
  id: string;
  type: string;
  name: string;
  /** The colour of its band. */
  color: string | null;
  pills: Pill[];
  /** Statuses that the site has and the column leaves out. */
  parked: boolean;
}

export interface Column {
  type: string;
  title: string;
  groups: Group[];
}

/** across: toward the next column · back: toward an earlier one · within: inside a column · entry: from nowhere in the picture. */
export type Shape = 'across' | 'back' | 'within' | 'entry';

/** What a link without a status to come from begins with, for the mark that it bears. */
export type Sign = 'created' | 'note' | 'deleted' | 'revived' | 'field' | 'event';

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
  /** What it begins with where that is not a change of status: created, a note … Empty: a change of status. */
  begins: string;
  sign: Sign;
  /** What must hold, in words; empty: nothing. */
  condition: string;
  /** What kinds of things must hold, for the small marks that it bears. */
  marks: Mark[];
}

/** A kind of condition. `rolled`: a whole set is looked at, not the one that moved. */
export type Mark = 'step' | 'where' | 'who' | 'stands' | 'siblings' | 'words' | 'field' | 'filter' | 'rolled';

export interface Picture {
  columns: Column[];
  links: Link[];
  pills: Map<string, Pill>;
  /** Rules that draw no link: they name no status that a line could lead from or to. */
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

/** The name that a type's column has in a rule set: `CustomEntity03` is `custom_entity03`. */
export function columnOf(type: string): string {
  return type.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase();
}

/** By entity type, the statuses that the site has, in its order. */
export type Site = Readonly<Record<string, readonly StatusView[]>>;

export function pictureOf(set: RuleSet, site: Site = {}): Picture {
  const siteStatus = (type: string, code: string) => own(site, type)?.find((status) => status.code === code);
  const isOnSite = (type: string, code: string) => !own(site, type) || siteStatus(type, code) !== undefined;
  const pills = new Map<string, Pill>();
  const columns = Object.entries(set.statuses)
    .sort(byChain)
    .map(([name, statuses]): Column => {
      const type = typeOf(name);
      const groups: Group[] = [];
      for (const { code, name: label, group, color } of statuses) {
        const onSite = isOnSite(type, code);
        const pill: Pill = { id: pillId(type, code), type, code, name: label || code, color, unknown: false, onSite };
        if (pills.has(pill.id)) continue;
        pills.set(pill.id, pill);
        // The order is toward completion and counts before the grouping, so a group that comes again is drawn again.
        const last = groups.at(-1);
        if (last?.name === group) last.pills.push(pill);
        else {
          const again = groups.filter((one) => one.name === group).length;
          const id = `${type}/${group}${again > 0 ? `#${again}` : ''}`;
          groups.push({
            id,
            type,
            name: group,
            color: set.groups?.[group]?.color ?? null,
            pills: [pill],
            parked: false,
          });
        }
      }
      return { type, title: type, groups };
    });

  const pillOf = (type: string, code: string): Pill => {
    const id = pillId(type, code);
    const known = pills.get(id);
    if (known) return known;
    const there = siteStatus(type, code);
    const name = there?.name || code;
    const onSite = isOnSite(type, code) && own(site, type) !== undefined;
    const pill: Pill = { id, type, code, name, color: there?.color ?? '', unknown: true, onSite };
    pills.set(id, pill);
    let column = columns.find((c) => c.type === type);
    if (!column) columns.push((column = { type, title: type, groups: [] }));
    const last = column.groups.at(-1);
    if (last && last.pills[0]?.unknown) last.pills.push(pill);
    else column.groups.push({ id: `${type}/?`, type, name: UNKNOWN, color: null, pills: [pill], parked: false });
    return pill;
  };

  const drawing: Drawing = { set, pillOf, links: new Map(), amounts: new Map() };
  const unplaced = set.rules.filter((rule) => !draw(drawing, rule));
  const order = new Map(columns.map((column, i) => [column.type, i]));
  const placed = [...drawing.links.values()].map((link) => ({ ...link, shape: shapeOf(link, order) }));
  const nameOf: NameOf = (type, code) => nameOfStatus(pills, type, code);
  for (const link of placed) {
    link.condition = linkCondition(link, drawing.amounts, nameOf);
    link.marks = [...new Set(link.rules.flatMap(marksOf))];
  }
  for (const column of columns) {
    const parked = (own(site, column.type) ?? [])
      .filter(({ code }) => !pills.has(pillId(column.type, code)))
      .map(({ code, name, color }): Pill => {
        const id = pillId(column.type, code);
        return { id, type: column.type, code, name: name || code, color: color ?? '', unknown: false, onSite: true };
      });
    const { type } = column;
    if (parked.length > 0)
      column.groups.push({ id: `${type}/*`, type, name: '', color: null, pills: parked, parked: true });
  }
  return { columns, links: placed, pills, unplaced };
}

export function pillId(type: string, code: string): string {
  return `${type}:${code}`;
}

/** A status, a class of them or none as people say it. */
export function nameOfStatus(pills: Picture['pills'], type: string, code: string): string {
  if (code === NO_STATUS) return S.rules.noStatus;
  if (code.startsWith('@')) return S.rules.classes[code.slice(1) as StateClass] ?? code;
  return pills.get(pillId(type, code))?.name ?? code;
}

const NO_STATUS = '@none';

/** The type of what a rule sets. */
export function targetType(rule: Rule): string {
  const { set } = rule.then;
  if (typeof set === 'string') return set === 'itself' ? rule.when.entity : set === 'shot' ? 'Shot' : 'Task';
  if ('parent' in set) return set.parent;
  if ('children' in set) return set.children.type;
  if ('elsewhere' in set) return set.elsewhere.type;
  return 'versions' in set ? 'Version' : 'Task';
}

/** The statuses of a type, in order. */
function statusesOf(set: RuleSet, type: string): readonly Status[] {
  return Object.entries(set.statuses)
    .filter(([column]) => typeOf(column) === type)
    .flatMap(([, statuses]) => statuses);
}

/** The codes with every class spelt out. A class that no status has, and no status at all, have no place. */
function spelt(set: RuleSet, type: string, codes: readonly string[]): string[] {
  return codes.flatMap((code) =>
    code.startsWith('@')
      ? statusesOf(set, type)
          .filter((status) => status.class === code.slice(1))
          .map((status) => status.code)
      : [code],
  );
}

interface Drawing {
  set: RuleSet;
  pillOf: (type: string, code: string) => Pill;
  links: Map<string, Link>;
  /** By link and rule: how many of a set a roll-up speaks of, in words. */
  amounts: Map<string, Set<string>>;
}

interface Ends {
  from: [type: string, code: string] | null;
  to: string;
  /** How many of a set are meant. */
  amount?: string;
}

/** Draws what can be drawn of a rule; false where that is nothing. */
function draw(drawing: Drawing, rule: Rule): boolean {
  const type = targetType(rule);
  const ends = endsOf(rule, drawing.set, type);
  for (const { from, to, amount } of ends) {
    const start = from && drawing.pillOf(...from);
    const id = `${start?.id ?? entryId(rule)}>${pillId(type, to)}`;
    put(drawing.links, id, rule, start, drawing.pillOf(type, to));
    if (amount) {
      const key = amountKey(id, rule);
      drawing.amounts.set(key, (drawing.amounts.get(key) ?? new Set()).add(amount));
    }
  }
  return ends.length > 0;
}

function amountKey(link: string, rule: Rule): string {
  return `${link} ${rule.id}`;
}

function entryId(rule: Rule): string {
  const { entity, field = '', event_type: types = [] } = rule.when;
  const on = momentsOf(rule);
  const what = on.length === 1 && on[0] === 'created' ? '' : [...on, field, ...types].filter(Boolean).join(',');
  return `${entity}+${what}`;
}

function endsOf(rule: Rule, set: RuleSet, target: string): Ends[] {
  const { to } = rule.then;
  // Another field than the status has no pill to lead to.
  if (rule.then.field !== undefined) return [];
  if (typeof to === 'object' && 'roll_up' in to) return rolledUp(rule, to.roll_up, set, target);
  const { entity, becomes = [], from = [], field } = rule.when;
  const byStatus = field === undefined && momentsOf(rule).includes('updated');
  const named = becomes.length > 0 ? becomes : from;
  const first = Array.isArray(to) ? spelt(set, target, to)[0] : undefined;
  // A field's values are no statuses, whatever they look like.
  if (field !== undefined || (!byStatus && named.length === 0)) {
    return first === undefined ? [] : [{ from: null, to: first }];
  }
  if (!Array.isArray(to)) return alike(rule, set, target, spelt(set, entity, named));
  if (first === undefined) return [];
  const sources = named.length > 0 ? spelt(set, entity, named) : statusesOf(set, entity).map((status) => status.code);
  return sources
    .filter((code) => entity !== target || code !== first)
    .map((code) => ({ from: [entity, code], to: first }));
}

/** The same code or a status of the same class, for all statuses where none is named. */
function alike(rule: Rule, set: RuleSet, target: string, named: readonly string[]): Ends[] {
  const { entity } = rule.when;
  const { to } = rule.then;
  if (to === 'cleared' || entity === target) return [];
  const there = statusesOf(set, target);
  const asked = (rule.when.becomes ?? rule.when.from ?? []).length > 0;
  const sources = asked ? named : statusesOf(set, entity).map((status) => status.code);
  return sources.flatMap((code): Ends[] => {
    if (to === 'same_class') {
      const like = ofClass(there, statusesOf(set, entity).find((status) => status.code === code)?.class);
      return like === undefined ? [] : [{ from: [entity, code], to: like }];
    }
    if (!asked && !there.some((status) => status.code === code)) return [];
    return [{ from: [entity, code], to: code }];
  });
}

function ofClass(statuses: readonly Status[], wanted: StateClass | undefined): string | undefined {
  return wanted && statuses.find((status) => status.class === wanted)?.code;
}

function rolledUp(rule: Rule, rollUp: RollUp, set: RuleSet, target: string): Ends[] {
  const of = rollUp.of ?? rule.when.entity;
  const w = S.rules.if;
  const { pick, rows = [] } = rollUp;
  const picked = pick && (pick === 'least_advanced' ? w.least(of) : w.most(of));
  if (rows.length === 0) {
    const there = statusesOf(set, target);
    return statusesOf(set, of).flatMap(({ code, class: its }): Ends[] => {
      const to = there.some((status) => status.code === code) ? code : ofClass(there, its);
      return to === undefined ? [] : [{ from: [of, code], to, amount: picked }];
    });
  }
  return rows.flatMap((row): Ends[] => {
    const to = spelt(set, target, row.to)[0];
    if (to === undefined) return [];
    const ends = (codes: readonly string[] | undefined, amount: string) =>
      spelt(set, of, codes ?? []).map((code): Ends => ({ from: [of, code], to, amount: picked ?? amount }));
    return [...ends(row.all, w.rollAll(of)), ...ends(row.any, w.rollAny(of))];
  });
}

function put(links: Map<string, Link>, id: string, rule: Rule, from: Pill | null, to: Pill): void {
  const enabled = rule.enabled !== false;
  const begins = beginsWords(rule);
  const known = links.get(id);
  if (known) {
    if (known.rules.includes(rule)) return;
    known.rules.push(rule);
    known.enabled ||= enabled;
    if (known.begins !== begins) {
      known.begins = known.begins && begins ? S.rules.begins.several(known.begins, begins) : '';
    }
  } else {
    const when = from?.type ?? rule.when.entity;
    const sign = signOf(rule);
    links.set(id, {
      id,
      from,
      to,
      when,
      shape: 'across',
      rules: [rule],
      enabled,
      begins,
      sign,
      condition: '',
      marks: [],
    });
  }
}

function marksOf(rule: Rule): Mark[] {
  const { to } = rule.then;
  const rolled: Mark[] = typeof to === 'object' && 'roll_up' in to ? ['rolled'] : [];
  const asked = (part: unknown) => (Array.isArray(part) ? part.length > 0 : Boolean(part));
  return rolled.concat(
    alternatives(rule).flatMap((condition) =>
      PARTS.filter(([, parts]) => parts.some((part) => asked(condition[part]))).map(([mark]) => mark),
    ),
  );
}

const PARTS: readonly (readonly [Mark, readonly (keyof Condition)[]])[] = [
  ['step', ['step', 'step_not']],
  ['where', ['project', 'belongs_to', 'first_version']],
  ['who', ['changed_by']],
  ['stands', ['target_is', 'target_is_not', 'never_backwards', 'status_is', 'status_is_not']],
  ['siblings', ['siblings']],
  ['words', ['text', 'text_not']],
  ['field', ['field_is', 'field_is_not', 'target_field_is', 'target_field_is_not']],
  ['filter', ['filter']],
];

function signOf(rule: Rule): Sign {
  if (rule.when.field !== undefined) return 'field';
  const [first] = momentsOf(rule);
  if (first === 'note_added') return 'note';
  return first === 'created' || first === 'deleted' || first === 'revived' ? first : 'event';
}

function shapeOf(link: Link, order: Map<string, number>): Shape {
  if (!link.from) return 'entry';
  const way = (order.get(link.to.type) ?? 0) - (order.get(link.from.type) ?? 0);
  return way > 0 ? 'across' : way < 0 ? 'back' : 'within';
}

/** One rule without conditions is enough for the link to be unconditional. */
function linkCondition(link: Link, amounts: Drawing['amounts'], nameOf: NameOf): string {
  const counting = link.rules.filter((rule) => (rule.enabled !== false) === link.enabled);
  const words = counting.map((rule) => {
    const amount = list([...(amounts.get(amountKey(link.id, rule)) ?? [])]);
    return [amount, conditionWords(rule, link.to.type, nameOf)].filter(Boolean).join('; ');
  });
  return words.includes('') ? '' : [...new Set(words)].join('; or ');
}
