import { ABOVE } from './family';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { Status } from '../api/types/Status';
import type { StatusView } from '../api/types/StatusView';
import type { Target } from '../api/types/Target';
import { S } from '../strings';
import { columnOf, targetType, typeOf, type Link } from './picture';
import { momentsOf } from './words';

/** A status by the type that has it. */
export interface End {
  type: string;
  code: string;
}

/** A rule set with nothing in it. */
export function blank(name: string): RuleSet {
  return { callboard: 1, name, statuses: {}, rules: [] };
}

/** What a link from a status of one type to one of another most likely sets; none where nothing connects them. */
export function likelyTarget(from: string, to: string): Target | null {
  if (from === to) return from === 'Task' ? { next_tasks: {} } : from === 'Version' ? { versions: 'others' } : 'itself';
  if (from === 'Version' && to === 'Task') return 'task';
  if (ABOVE[from]?.includes(to)) return to === 'Shot' ? 'shot' : { parent: to };
  if (from === 'Task' && to === 'Version') return { versions: 'latest' };
  if (from === 'Shot' && to === 'Task') return { tasks_of_shot: {} };
  if (ABOVE[to]?.includes(from)) return { children: { type: to } };
  // A type of the site's own: what it belongs to is for the site to know.
  const isKnown = (type: string) => type in ABOVE || type === 'Episode';
  return isKnown(from) && isKnown(to) ? null : { parent: to };
}

/** Whether a rule says nothing but “when it becomes one of these, set that to this”. */
function isPlain(rule: Rule): boolean {
  const { becomes = [], from = [], field, event_type: types = [] } = rule.when;
  return (
    rule.enabled !== false &&
    rule.if === undefined &&
    rule.note === undefined &&
    rule.limit === undefined &&
    rule.then.field === undefined &&
    momentsOf(rule).join() === 'updated' &&
    field === undefined &&
    from.length === 0 &&
    types.length === 0 &&
    becomes.length > 0 &&
    !becomes.some((code) => code.startsWith('@')) &&
    Array.isArray(rule.then.to) &&
    rule.then.to.length === 1
  );
}

/** Draws a link: joins it to the plain rule that already ends there, or makes a rule of its own. */
export function link(set: RuleSet, from: End, to: End): { set: RuleSet; rule: string } | null {
  const target = likelyTarget(from.type, to.type);
  if (!target || (from.type === to.type && from.code === to.code)) return null;
  const joins = set.rules.find(
    (rule) =>
      isPlain(rule) &&
      rule.when.entity === from.type &&
      targetType(rule) === to.type &&
      (rule.then.to as string[])[0] === to.code &&
      JSON.stringify(rule.then.set) === JSON.stringify(target),
  );
  if (joins) {
    const becomes = joins.when.becomes ?? [];
    if (becomes.includes(from.code)) return { set, rule: joins.id };
    const rule = { ...joins, when: { ...joins.when, becomes: [...becomes, from.code] } };
    return { set: putRule(set, rule), rule: rule.id };
  }
  const rule: Rule = {
    id: freshId(set, `${from.type} ${from.code} ${to.type} ${to.code}`),
    name: S.edit.linkName(from.type, nameIn(set, from), to.type, nameIn(set, to)),
    when: { entity: from.type, becomes: [from.code] },
    then: { set: target, to: [to.code] },
  };
  return { set: { ...set, rules: [...set.rules, rule] }, rule: rule.id };
}

/**
 * Takes a link away: its status out of the rules that draw it, and a rule with it where nothing would be left to say.
 * `together`: rules that draw it with others and cannot do without one of them; they stay as they are.
 */
export function unlink(set: RuleSet, gone: Link): { set: RuleSet; together: Rule[] } {
  const ids = new Set(gone.rules.map((rule) => rule.id));
  const together: Rule[] = [];
  const rules = set.rules.flatMap((rule) => {
    if (!ids.has(rule.id)) return [rule];
    const less = withoutSource(set, rule, gone);
    if (less === null) return [];
    if (less === rule) together.push(rule);
    return [less];
  });
  const changed = rules.length !== set.rules.length || rules.some((rule, i) => rule !== set.rules[i]);
  return { set: changed ? { ...set, rules } : set, together };
}

/** A rule that does not lead from a status any more; none where nothing is left of it, itself where it cannot be said. */
function withoutSource(set: RuleSet, rule: Rule, { from }: Link): Rule | null {
  const { entity, becomes = [], from: were = [] } = rule.when;
  if (!from) return null;
  const { to } = rule.then;
  if (typeof to === 'object' && 'roll_up' in to) return rule;
  const key = becomes.length > 0 ? 'becomes' : 'from';
  const named = key === 'becomes' ? becomes : were;
  // It leads from any status whatever.
  if (named.length === 0 || from.type !== entity) return rule;
  const left = named.flatMap((code) => {
    const meant = code.startsWith('@') ? ofClass(set, entity, code) : [code];
    return meant.includes(from.code) ? meant.filter((one) => one !== from.code) : [code];
  });
  return left.length === 0 ? null : { ...rule, when: { ...rule.when, [key]: left } };
}

function ofClass(set: RuleSet, type: string, word: string): string[] {
  return statusesOf(set, type)
    .filter((status) => status.class === word.slice(1))
    .map((status) => status.code);
}

/** A rule that says nothing yet, of a kind that the picture has a shape for. */
export function freshRule(set: RuleSet, entity: string, name: string): Rule {
  return { id: freshId(set, name), name, when: { entity }, then: { set: 'itself', to: [] } };
}

export function putRule(set: RuleSet, rule: Rule): RuleSet {
  return { ...set, rules: set.rules.map((one) => (one.id === rule.id ? rule : one)) };
}

export function addRule(set: RuleSet, rule: Rule): RuleSet {
  return { ...set, rules: [...set.rules, rule] };
}

export function removeRule(set: RuleSet, id: string): RuleSet {
  return { ...set, rules: set.rules.filter((rule) => rule.id !== id) };
}

/** The same rule once more, right after it. */
export function copyRule(set: RuleSet, id: string): { set: RuleSet; rule: string } | null {
  const at = set.rules.findIndex((rule) => rule.id === id);
  const rule = set.rules[at];
  if (!rule) return null;
  const copy = { ...rule, id: freshId(set, rule.id), name: S.edit.copyName(rule.name) };
  return { set: { ...set, rules: set.rules.toSpliced(at + 1, 0, copy) }, rule: copy.id };
}

/** Earlier or later among the rules: where two disagree, the earlier one has its way. */
export function moveRule(set: RuleSet, id: string, by: number): RuleSet {
  const at = set.rules.findIndex((rule) => rule.id === id);
  const to = Math.max(0, Math.min(set.rules.length - 1, at + by));
  const rule = set.rules[at];
  if (!rule || to === at) return set;
  return { ...set, rules: set.rules.toSpliced(at, 1).toSpliced(to, 0, rule) };
}

/** The statuses of a type, by whatever name the document has for its column. */
export function statusesOf(set: RuleSet, type: string): readonly Status[] {
  const key = keyOf(set, type);
  return set.statuses[key] ?? [];
}

function keyOf(set: RuleSet, type: string): string {
  return Object.keys(set.statuses).find((column) => typeOf(column) === type) ?? columnOf(type);
}

function withStatuses(set: RuleSet, type: string, statuses: readonly Status[]): RuleSet {
  return { ...set, statuses: { ...set.statuses, [keyOf(set, type)]: [...statuses] } };
}

export function addColumn(set: RuleSet, type: string): RuleSet {
  return Object.keys(set.statuses).some((column) => typeOf(column) === type) ? set : withStatuses(set, type, []);
}

export function removeColumn(set: RuleSet, type: string): RuleSet {
  const statuses = Object.fromEntries(Object.entries(set.statuses).filter(([column]) => typeOf(column) !== type));
  return { ...set, statuses };
}

/** Puts a status into its column, into a group; last of that group, or at a place. One that is there moves. */
export function placeStatus(set: RuleSet, type: string, status: Status, before?: string): RuleSet {
  const rest = statusesOf(set, type).filter((one) => one.code !== status.code);
  const at = before === undefined ? -1 : rest.findIndex((one) => one.code === before);
  const last = rest.findLastIndex((one) => one.group === status.group);
  const place = at >= 0 ? at : last >= 0 ? last + 1 : rest.length;
  return withStatuses(set, type, rest.toSpliced(place, 0, status));
}

export function putStatus(set: RuleSet, type: string, status: Status): RuleSet {
  return withStatuses(
    set,
    type,
    statusesOf(set, type).map((one) => (one.code === status.code ? status : one)),
  );
}

/** One step up or down in its column; at the edge of a group it first goes over into the next group. */
export function nudgeStatus(set: RuleSet, type: string, code: string, by: 1 | -1): RuleSet {
  const statuses = statusesOf(set, type);
  const at = statuses.findIndex((one) => one.code === code);
  const status = statuses[at];
  const neighbour = statuses[at + by];
  if (!status || !neighbour) return set;
  if (neighbour.group !== status.group) return putStatus(set, type, { ...status, group: neighbour.group });
  return withStatuses(set, type, statuses.toSpliced(at, 1).toSpliced(at + by, 0, status));
}

/** Takes a status out of its column: it is parked. Rules that name it go on naming it, and the check says so. */
export function parkStatus(set: RuleSet, type: string, code: string): RuleSet {
  return withStatuses(
    set,
    type,
    statusesOf(set, type).filter((one) => one.code !== code),
  );
}

/** Renames a group in one column. Its colour goes with it, where the new name has none; a look that nobody has any more goes. */
export function renameGroup(set: RuleSet, type: string, from: string, to: string): RuleSet {
  const renamed = withStatuses(
    set,
    type,
    statusesOf(set, type).map((one) => (one.group === from ? { ...one, group: to } : one)),
  );
  const color = set.groups?.[from]?.color;
  const painted = color && to !== '' && !set.groups?.[to] ? paintGroup(renamed, to, color) : renamed;
  const isUsed = Object.values(painted.statuses).some((statuses) => statuses.some((one) => one.group === from));
  return color && !isUsed ? paintGroup(painted, from, null) : painted;
}

/** Gives a group a colour in every column, or takes it away. */
export function paintGroup(set: RuleSet, name: string, color: string | null): RuleSet {
  const others = Object.entries(set.groups ?? {}).filter(([group]) => group !== name);
  const groups = Object.fromEntries(color === null ? others : [...others, [name, { color }]]);
  const painted = { ...set, groups };
  if (Object.keys(groups).length === 0) Reflect.deleteProperty(painted, 'groups');
  return painted;
}

/** Moves a whole group one place up or down in its column. */
export function moveGroup(set: RuleSet, type: string, name: string, by: 1 | -1): RuleSet {
  const blocks: Status[][] = [];
  for (const status of statusesOf(set, type)) {
    const last = blocks.at(-1);
    if (last?.[0]?.group === status.group) last.push(status);
    else blocks.push([status]);
  }
  const at = blocks.findIndex((block) => block[0]?.group === name);
  const block = blocks[at];
  if (!block || !blocks[at + by]) return set;
  return withStatuses(
    set,
    type,
    blocks
      .toSpliced(at, 1)
      .toSpliced(at + by, 0, block)
      .flat(),
  );
}

export function nameIn(set: RuleSet, { type, code }: End): string {
  return statusesOf(set, type).find((status) => status.code === code)?.name || code;
}

/** An id that no rule has yet, readable in a log. */
export function freshId(set: RuleSet, words: string): string {
  const stem =
    words
      .toLowerCase()
      .normalize('NFKD')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 48) || 'rule';
  const taken = new Set(set.rules.map((rule) => rule.id));
  if (!taken.has(stem)) return stem;
  for (let n = 2; ; n += 1) if (!taken.has(`${stem}-${n}`)) return `${stem}-${n}`;
}

/** Puts a status that the site has into its column, where the site's own order has it among those that are there. */
export function unpark(set: RuleSet, type: string, code: string, site: readonly StatusView[]): RuleSet {
  const there = statusesOf(set, type);
  if (there.some((status) => status.code === code)) return set;
  const at = site.findIndex((status) => status.code === code);
  const codes = there.map((status) => status.code);
  const before = site.slice(0, Math.max(0, at)).findLast((status) => codes.includes(status.code));
  const neighbour = there.find((status) => status.code === before?.code);
  const found = site[at];
  const status: Status = {
    code,
    name: found?.name || code,
    group: neighbour?.group ?? '',
    color: found?.color ?? PLAIN,
  };
  const place = neighbour ? codes.indexOf(neighbour.code) + 1 : 0;
  return withStatuses(set, type, there.toSpliced(place, 0, status));
}

/** The swatch of a status that nobody gave a colour. */
export const PLAIN = '#9aa3b2';
