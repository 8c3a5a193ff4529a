import type { RollUp } from '../../api/types/RollUp';
import type { RollUpRow } from '../../api/types/RollUpRow';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import type { Target } from '../../api/types/Target';
import type { Wanted } from '../../api/types/Wanted';
import { S } from '../../strings';
import { childOf, parentOf } from '../family';
import { list } from '../words';
import { tags, type Said } from './sentence';

/** The forms that a target can have. */
export type Form =
  'itself' | 'task' | 'shot' | 'parent' | 'tasks_of_shot' | 'children' | 'versions' | 'next_tasks' | 'elsewhere';

export function formOf(target: Target): Form {
  return typeof target === 'string' ? target : (Object.keys(target)[0] as Form);
}

/** The forms that a rule of this type can have, as the check sees it. On another site only where there is one. */
export function formsFor(entity: string, severalSites = false): Form[] {
  const isPart = entity === 'Version' || entity === 'Task';
  return [
    'itself',
    ...(entity === 'Version' ? (['task'] as const) : []),
    ...(isPart ? (['shot'] as const) : []),
    'parent',
    ...(isPart || entity === 'Shot' ? (['tasks_of_shot'] as const) : []),
    'children',
    'versions',
    ...(entity === 'Task' ? (['next_tasks'] as const) : []),
    ...(severalSites ? (['elsewhere'] as const) : []),
  ];
}

/** A target of a form, with the least that it must say. `site`: another one than where it happens. */
export function targetOf(form: Form, entity: string, site = ''): Target {
  switch (form) {
    case 'parent':
      return { parent: parentOf(entity) };
    case 'tasks_of_shot':
      return { tasks_of_shot: {} };
    case 'children':
      return { children: { type: entity === 'Episode' ? 'Shot' : childOf(entity) } };
    case 'versions':
      return { versions: entity === 'Version' ? 'others' : 'latest' };
    case 'next_tasks':
      return { next_tasks: {} };
    case 'elsewhere':
      return { elsewhere: { site, type: entity } };
    default:
      return form;
  }
}

/** Whose status a rule sets, in the sentence. */
export function saidOfTarget(set: RuleSet, rule: Rule): Said[] {
  const w = S.inspector.whose;
  const { entity } = rule.when;
  const target = rule.then.set;
  const steps = (some: readonly string[] | undefined) => (some && some.length > 0 ? list(some, 'and') : '');
  if (typeof target === 'string') {
    return [target === 'itself' ? w.itself(entity) : target === 'shot' ? w.shot : w.task];
  }
  if ('parent' in target) return [w.parent(target.parent)];
  if ('tasks_of_shot' in target) return [w.tasksOfShot(entity, steps(target.tasks_of_shot.steps))];
  if ('children' in target) {
    const { type, of, steps: some } = target.children;
    return [w.children(type, of ?? '', steps(some))];
  }
  if ('versions' in target) return [w.versions[target.versions]];
  if ('elsewhere' in target) {
    const { site, type, find_by, key } = target.elsewhere;
    return [w.elsewhere(type, site, find_by, key)];
  }
  const { by = 'steps', steps: some, when_all: all = [], through = [] } = target.next_tasks;
  return [
    w.next[by](steps(some)),
    ...(all.length > 0 ? [`, ${w.onceAll} `, ...tags(set, 'Task', all)] : []),
    ...(through.length > 0 ? [`, ${w.through} `, ...tags(set, 'Task', through)] : []),
  ];
}

export type WantedForm = 'codes' | 'same' | 'same_class' | 'cleared' | 'roll_up';

export function wantedForm(to: Wanted): WantedForm {
  return Array.isArray(to) ? 'codes' : typeof to === 'string' ? to : 'roll_up';
}

/** To what a rule sets, in the sentence. */
export function saidOfWanted(set: RuleSet, rule: Rule, type: string): Said[] {
  const w = S.inspector.wanted;
  const { to } = rule.then;
  if (to === 'same') return [w.same];
  if (to === 'same_class') return [w.sameClass];
  if (to === 'cleared') return [w.cleared];
  if (Array.isArray(to)) {
    if (rule.then.field !== undefined) return [to.length > 0 ? list(to) : w.chooseValue];
    return to.length > 0 ? firstOf(set, type, to) : [w.choose];
  }
  return rolledUp(set, rule, to.roll_up, type);
}

function firstOf(set: RuleSet, type: string, codes: readonly string[]): Said[] {
  const [first, ...others] = codes;
  if (first === undefined) return [S.inspector.wanted.asItIs];
  const said = tags(set, type, [first]);
  return others.length === 0 ? said : [...said, ` ${S.inspector.wanted.unless} `, ...tags(set, type, others)];
}

function rolledUp(set: RuleSet, rule: Rule, rollUp: RollUp, type: string): Said[] {
  const w = S.inspector.wanted;
  const of = rollUp.of ?? rule.when.entity;
  const steps = rollUp.steps?.length ? list(rollUp.steps, 'and') : '';
  const whole = rollUp.pick ? w.picked[rollUp.pick](of, steps) : w.all(of, steps);
  const left = rollUp.ignoring ?? [];
  const ignoring: Said[] = left.length > 0 ? [`, ${w.leavingOut} `, ...tags(set, of, left)] : [];
  const rows = rollUp.rows ?? [];
  if (rows.length === 0) return [rollUp.pick ? w.statusOf(whole) : w.rollUpBlank(whole), ...ignoring];
  const said = rows.flatMap((row, i): Said[] => [
    i === 0 ? '' : `; ${w.else} `,
    ...firstOf(set, type, row.to),
    ...rowSaid(set, of, row, i, whole, rollUp.pick !== undefined),
  ]);
  return [...said.filter((one) => one !== ''), ...ignoring];
}

function rowSaid(set: RuleSet, of: string, row: RollUpRow, at: number, whole: string, picked: boolean): Said[] {
  const w = S.inspector.wanted;
  const parts = (['all', 'any', 'none'] as const).filter((how) => (row[how] ?? []).length > 0);
  if (parts.length === 0) return at === 0 ? [` ${w.always}`] : [` ${w.otherwise}`];
  return parts.flatMap((how, i): Said[] => {
    const who = at > 0 || i > 0 ? '' : whole;
    const words = picked && how !== 'none' ? w.rowPicked(who) : w.row[how](who);
    return [i === 0 ? ` ${w.when} ` : ` ${S.inspector.said.and} `, `${words} `, ...tags(set, of, row[how] ?? [])];
  });
}
