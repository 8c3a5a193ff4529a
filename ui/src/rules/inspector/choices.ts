import type { RuleSet } from '../../api/types/RuleSet';
import type { StateClass } from '../../api/types/StateClass';
import { saidCode } from '../../status/lookup';
import { S } from '../../strings';
import { statusesOf } from '../edit';
import { list } from '../words';

/** Something to choose in a list. */
export interface Choice {
  value: string;
  name: string;
  /** Beside the name: a status's code. */
  code?: string;
  /** A status has one, `''` where nobody said which. */
  color?: string;
  why?: string;
}

export const CLASSES: readonly StateClass[] = ['not_started', 'in_progress', 'done', 'blocked', 'omitted'];

export function named(names: readonly string[]): Choice[] {
  return names.map((name) => ({ value: name, name }));
}

export function statusChoices(set: RuleSet, type: string): Choice[] {
  const seen = new Set<string>();
  return statusesOf(set, type).flatMap(({ code, name, color }) => {
    if (seen.has(code)) return [];
    seen.add(code);
    return [{ value: code, name: name || code, code: saidCode({ name, code }) ?? undefined, color }];
  });
}

/** Statuses by their class, and none at all where that can be asked. */
export function classChoices(set: RuleSet, type: string, none: boolean): Choice[] {
  const classes = CLASSES.map((one): Choice => {
    const names = statusesOf(set, type).filter((status) => status.class === one);
    const why = S.inspector.choices.classWhy(
      list(
        names.map((status) => status.name),
        'and',
      ),
    );
    return { value: `@${one}`, name: S.rules.classes[one], why };
  });
  return none ? [...classes, { value: '@none', name: S.rules.noStatus }] : classes;
}

/** With one more chosen, or one less; in the order of the choices, except where the order is the author's. */
export function toggled(chosen: readonly string[], value: string, order: readonly string[] | null): string[] {
  if (chosen.includes(value)) return chosen.filter((one) => one !== value);
  const all = [...chosen, value];
  if (order === null) return all;
  const place = (one: string) => (order.includes(one) ? order.indexOf(one) : order.length);
  return all.sort((a, b) => place(a) - place(b));
}

/** One place earlier or later. */
export function shifted<T>(all: readonly T[], at: number, by: 1 | -1): T[] {
  const one = all[at];
  const to = at + by;
  if (one === undefined || to < 0 || to >= all.length) return [...all];
  return all.toSpliced(at, 1).toSpliced(to, 0, one);
}
