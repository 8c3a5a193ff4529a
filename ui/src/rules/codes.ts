import type { Rule } from '../api/types/Rule';
import { relativesType } from './inspector/conditions';
import { without, writeRule } from './inspector/write';
import { targetType } from './picture';
import { alternatives } from './words';

/** narrows: left empty it would hold for more than before · widens: left empty it is only not asked any more. */
type Kind = 'narrows' | 'widens';

type Visit = (type: string, codes: readonly string[], kind: Kind) => readonly string[];

/** A rule with every list of statuses that it has written anew. */
export function mapCodes(rule: Rule, visit: Visit): Rule {
  const { entity, field } = rule.when;
  const target = targetType(rule);
  const { set: aim, to } = rule.then;
  const lists = <T extends object>(thing: T, keys: Partial<Record<keyof T, [type: string, kind: Kind]>>): T => {
    const parts = Object.entries(keys) as [keyof T, [string, Kind]][];
    return parts.reduce((before, [key, [type, kind]]) => {
      const codes = before[key] as readonly string[] | undefined;
      if (codes === undefined) return before;
      const after = visit(type, codes, kind);
      if (after === codes) return before;
      // A list of what is set may be empty: then nothing is.
      return key === 'to' ? { ...before, to: [...after] } : without(before, { [key]: [...after] } as Partial<T>);
    }, thing);
  };
  const when =
    field === undefined ? lists(rule.when, { becomes: [entity, 'narrows'], from: [entity, 'narrows'] }) : rule.when;
  const conditions = alternatives(rule).map((condition) => {
    const asked = lists(condition, {
      status_is: [entity, 'narrows'],
      status_is_not: [entity, 'widens'],
      target_is: [target, 'narrows'],
      target_is_not: [target, 'widens'],
    });
    if (!asked.siblings) return asked;
    const type = relativesType(asked.siblings.of ?? 'tasks', entity);
    const siblings = lists(asked.siblings, {
      all: [type, 'narrows'],
      any: [type, 'narrows'],
      none: [type, 'widens'],
      ignoring: [type, 'widens'],
    });
    return { ...asked, siblings };
  });
  const next =
    typeof aim === 'object' && 'next_tasks' in aim
      ? { next_tasks: lists(aim.next_tasks, { when_all: [target, 'narrows'], through: [target, 'widens'] }) }
      : aim;
  let wanted = to;
  // The values of another field are no statuses.
  if (Array.isArray(to) && rule.then.field === undefined) {
    wanted = lists({ to }, { to: [target, 'narrows'] }).to;
  } else if (typeof to === 'object' && 'roll_up' in to) {
    const of = to.roll_up.of ?? entity;
    const rollUp = lists(to.roll_up, { ignoring: [of, 'widens'] });
    const rows = rollUp.rows?.map((row) =>
      lists(row, { all: [of, 'narrows'], any: [of, 'narrows'], none: [of, 'widens'], to: [target, 'narrows'] }),
    );
    wanted = { roll_up: rows ? { ...rollUp, rows } : rollUp };
  }
  const [only] = conditions;
  const empty = only === undefined || (conditions.length === 1 && Object.keys(only).length === 0);
  const asked = empty ? {} : { if: Array.isArray(rule.if) ? conditions : only };
  return {
    ...(empty ? writeRule(rule, { if: undefined }) : rule),
    when,
    ...asked,
    then: { ...rule.then, set: next, to: wanted },
  };
}

/** Every status that a rule names, with the type that it would be a status of. */
export function namedIn(rule: Rule): { type: string; code: string }[] {
  const named: { type: string; code: string }[] = [];
  mapCodes(rule, (type, codes) => {
    named.push(...codes.map((code) => ({ type, code })));
    return codes;
  });
  return named;
}

/** A rule without a status; null where it would then say something else. */
export function withoutCode(rule: Rule, type: string, code: string): Rule | null {
  let same = true;
  const left = mapCodes(rule, (of, codes, kind) => {
    if (of !== type || !codes.includes(code)) return codes;
    const rest = codes.filter((one) => one !== code);
    if (rest.length === 0 && kind === 'narrows') same = false;
    return rest;
  });
  return same ? left : null;
}
