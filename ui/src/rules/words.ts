import type { Condition } from '../api/types/Condition';
import type { Moment } from '../api/types/Moment';
import type { Relatives } from '../api/types/Relatives';
import type { Rule } from '../api/types/Rule';
import type { Siblings } from '../api/types/Siblings';
import { eventWords, fieldName } from '../feed/wording';
import { list } from '../frame/format';
import { S } from '../strings';

export { list };

/** The name that people say for a status of a type. */
export type NameOf = (type: string, code: string) => string;

/** What a rule begins with, where that is not a change of status; empty where it is. */
export function beginsWords(rule: Rule): string {
  const on = momentsOf(rule);
  const { field, event_type: types = [] } = rule.when;
  const words = on.map((moment) => {
    if (moment === 'updated') return field === undefined ? '' : S.rules.begins.field(fieldName(field));
    if (moment === 'custom' && types.length > 0) return S.rules.begins.event(list(types.map(eventWords)));
    return S.rules.moments[moment];
  });
  return words.includes('') ? '' : list(words);
}

export function momentsOf(rule: Rule): readonly Moment[] {
  const { on } = rule.when;
  return on && on.length > 0 ? on : ['updated'];
}

export function alternatives(rule: Rule): readonly Condition[] {
  if (rule.if === undefined) return [];
  return Array.isArray(rule.if) ? rule.if : [rule.if];
}

/** What must hold, short enough to stand on a link; empty where nothing is asked. */
export function conditionWords(rule: Rule, target: string, nameOf: NameOf): string {
  const said = alternatives(rule).map((condition) => oneCondition(condition, rule.when.entity, target, nameOf));
  if (said.some((words) => words === '')) return '';
  return list(said);
}

function oneCondition(condition: Condition, mover: string, target: string, nameOf: NameOf): string {
  const w = S.rules.if;
  const names = (type: string, codes: readonly string[]) => list(codes.map((code) => nameOf(type, code)));
  const quoted = (words: readonly string[]) => list(words.map(w.word));
  const parts: string[] = [];
  const add = <T>(of: readonly T[] | undefined, say: (of: readonly T[]) => string) => {
    if (of && of.length > 0) parts.push(say(of));
  };
  add(condition.step, (steps) => w.step(list(steps)));
  add(condition.step_not, (steps) => w.stepNot(list(steps)));
  add(condition.project, (projects) => w.project(list(projects.map(String))));
  add(condition.belongs_to, (types) => w.belongsTo(list(types)));
  if (condition.first_version) parts.push(w.firstVersion);
  if (condition.changed_by) parts.push(w.movers[condition.changed_by]);
  add(condition.text, (words) => w.text(quoted(words)));
  add(condition.text_not, (words) => w.textNot(quoted(words)));
  for (const [field, values] of Object.entries(condition.field_is ?? {}))
    add(values, (some) => w.fieldIs(fieldName(field), list(some)));
  for (const [field, values] of Object.entries(condition.field_is_not ?? {}))
    add(values, (some) => w.fieldIsNot(fieldName(field), list(some)));
  add(condition.status_is, (codes) => w.statusIs(names(mover, codes)));
  add(condition.status_is_not, (codes) => w.statusIsNot(names(mover, codes)));
  add(condition.target_is, (codes) => w.targetIs(names(target, codes)));
  add(condition.target_is_not, (codes) => w.targetIsNot(names(target, codes)));
  if (condition.never_backwards) parts.push(w.neverBackwards);
  if (condition.siblings) parts.push(siblingWords(condition.siblings, mover, nameOf));
  if (condition.filter) parts.push(w.filter(condition.filter));
  return parts.filter((part) => part !== '').join(', ');
}

function siblingWords(siblings: Siblings, mover: string, nameOf: NameOf): string {
  const w = S.rules.if;
  const of = siblings.of ?? 'tasks';
  const type = typeAround(of, mover);
  const all = typeof of === 'string' ? w.relatives[of] : w.below(of.below);
  const set = siblings.steps?.length ? w.ofSteps(all, list(siblings.steps)) : all;
  const names = (codes: readonly string[]) => list(codes.map((code) => nameOf(type, code)));
  const parts = [
    siblings.all?.length ? w.all(set, names(siblings.all)) : '',
    siblings.any?.length ? w.any(set, names(siblings.any)) : '',
    siblings.none?.length ? w.none(set, names(siblings.none)) : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? list(parts, 'and') : w.some(set);
}

function typeAround(of: Relatives, mover: string): string {
  if (typeof of !== 'string') return of.below;
  return of === 'versions' ? 'Version' : of === 'same_kind' ? mover : 'Task';
}
