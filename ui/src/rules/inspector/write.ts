import type { Condition } from '../../api/types/Condition';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import type { Target } from '../../api/types/Target';
import type { Wanted } from '../../api/types/Wanted';
import type { When } from '../../api/types/When';
import { likelyTarget, statusesOf } from '../edit';
import { targetType } from '../picture';
import { alternatives } from '../words';

export type ConditionKey = keyof Condition;

/** Some parts of a thing, where `undefined` takes a part away. */
type Parts<T> = { [K in keyof T]?: T[K] | undefined };

const RULE = ['id', 'name', 'enabled', 'note', 'when', 'if', 'then', 'limit'];
const WHEN = ['site', 'entity', 'on', 'field', 'event_type', 'becomes', 'from'];
const CONDITION = [
  'step',
  'step_not',
  'project',
  'changed_by',
  'target_is',
  'target_is_not',
  'target_field_is',
  'target_field_is_not',
  'never_backwards',
  'status_is',
  'status_is_not',
  'belongs_to',
  'first_version',
  'field_is',
  'field_is_not',
  'text',
  'text_not',
  'filter',
  'siblings',
];

/** Whether a part asks for nothing, so that the document leaves it out. */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return Array.isArray(value) && value.length === 0;
}

/** With some parts written anew, in the order that the engine writes them; what is not known here stays behind them. */
function written<T extends object>(
  thing: T,
  parts: Parts<T>,
  order: readonly string[],
  keep: readonly string[] = [],
): T {
  const all: Record<string, unknown> = { ...thing, ...parts };
  const keys = [...order.filter((key) => key in all), ...Object.keys(all).filter((key) => !order.includes(key))];
  const left = keys.filter((key) => keep.includes(key) || !(key in parts) || !saysNothing(all[key]));
  return Object.fromEntries(left.map((key) => [key, all[key]])) as T;
}

export function writeRule(rule: Rule, parts: Parts<Rule>): Rule {
  return written(rule, parts, RULE, ['id', 'name', 'when', 'then']);
}

export function switchRule(rule: Rule, on: boolean): Rule {
  return on ? writeRule(rule, { enabled: undefined }) : written(rule, { enabled: false }, RULE, ['enabled']);
}

export function writeWhen(rule: Rule, parts: Parts<When>): Rule {
  const on = parts.on && parts.on.join() === 'updated' ? { on: undefined } : {};
  return writeRule(rule, { when: written(rule.when, { ...parts, ...on }, WHEN, ['entity']) });
}

/** Another type moves: what is set stays what it is where that type has one. */
export function writeEntity(set: RuleSet, rule: Rule, entity: string): Rule {
  const moved = writeWhen(rule, { entity });
  const { set: target } = rule.then;
  if (typeof target !== 'string' && ('parent' in target || 'children' in target || 'elsewhere' in target)) return moved;
  const wanted = target === 'itself' ? entity : targetType(rule);
  if (target === 'itself') return writeTarget(set, moved, 'itself');
  return writeTarget(set, moved, likelyTarget(entity, wanted) ?? 'itself');
}

/** Sets something else: the statuses that its column does not have are left out. */
export function writeTarget(set: RuleSet, rule: Rule, target: Target): Rule {
  const aimed = { ...rule, then: { ...rule.then, set: target } };
  const { to, field } = aimed.then;
  const type = targetType(aimed);
  // The values of another field are no statuses of any column.
  if (field !== undefined || type === targetType(rule) || !Array.isArray(to)) return aimed;
  const there = new Set(statusesOf(set, type).map((status) => status.code));
  return writeTo(
    aimed,
    to.filter((code) => code.startsWith('@') || there.has(code)),
  );
}

/** Sets another field than the status, or the status again. A field's values are no statuses, and statuses no field's values. */
export function writeField(rule: Rule, field: string | undefined): Rule {
  const { set, to } = rule.then;
  const kept = Array.isArray(to) || typeof to === 'object' || to === 'same_class' ? [] : to;
  return { ...rule, then: field === undefined ? { set, to: kept } : { set, field, to: kept } };
}

export function writeTo(rule: Rule, to: Wanted): Rule {
  return { ...rule, then: { ...rule.then, to } };
}

/** Writes one part of one alternative; where there is none yet at that place, begins it. */
export function writeCondition<K extends ConditionKey>(
  rule: Rule,
  at: number,
  key: K,
  value: Condition[K] | undefined,
): Rule {
  const all = alternatives(rule);
  const one = written<Condition>(all[at] ?? {}, { [key]: value }, CONDITION);
  return withAlternatives(rule, at < all.length ? all.with(at, one) : [...all, one]);
}

/** Takes a part away, and its alternative with it where nothing else is asked there. */
export function dropCondition(rule: Rule, at: number, key: ConditionKey): Rule {
  const left = writeCondition(rule, at, key, undefined);
  const one = alternatives(left)[at];
  return one && Object.keys(one).length === 0 ? dropAlternative(left, at) : left;
}

export function dropAlternative(rule: Rule, at: number): Rule {
  return withAlternatives(rule, alternatives(rule).toSpliced(at, 1));
}

function withAlternatives(rule: Rule, all: readonly Condition[]): Rule {
  const [only] = all;
  if (all.length > 1) return writeRule(rule, { if: [...all] });
  const asked = only && Object.keys(only).length > 0 ? only : undefined;
  return writeRule(rule, { if: asked });
}

/** With some parts written anew, and those that ask for nothing left out. */
export function without<T extends object>(thing: T, parts: Parts<T>): T {
  return written(thing, parts, Object.keys(thing));
}
