import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import type { StateClass } from '../../api/types/StateClass';
import { S } from '../../strings';
import { freshRule, statusesOf } from '../edit';
import { writeRule, writeWhen } from './write';

/** What a new rule is begun as. */
export type RuleKind = keyof typeof S.inspector.fresh.kinds;

export const KINDS: readonly RuleKind[] = ['plain', 'roll_up', 'hand_off', 'created', 'note'];

/** A new rule of a kind: it says as much as the set's statuses tell, and leaves the rest to choose. */
export function ruleOf(set: RuleSet, kind: RuleKind): Rule {
  const of = (type: string, wanted: StateClass) => statusesOf(set, type).filter((status) => status.class === wanted);
  const done = (type: string) => of(type, 'done')[0]?.code;
  const some = (code: string | undefined) => (code === undefined ? [] : [code]);
  const begun = (entity: string) => freshRule(set, entity, S.inspector.fresh.names[kind]);
  const anyDone = of('Task', 'done').length > 0 ? ['@done'] : [];
  switch (kind) {
    case 'plain':
      return { ...begun('Version'), then: { set: 'task', to: [] } };
    case 'roll_up': {
      const row = anyDone.length > 0 ? { all: anyDone, to: some(done('Shot')) } : { to: [] };
      const ignoring = of('Task', 'omitted').length > 0 ? { ignoring: ['@omitted'] } : {};
      return { ...begun('Task'), then: { set: 'shot', to: { roll_up: { of: 'Task', ...ignoring, rows: [row] } } } };
    }
    case 'hand_off': {
      // What no class says is for people to say: a guess would be switched on at once.
      const ready = some(of('Task', 'not_started').at(-1)?.code);
      const rule = begun('Task');
      const when = anyDone.length > 0 ? { ...rule.when, becomes: anyDone } : rule.when;
      return { ...rule, when, then: { set: { next_tasks: {} }, to: ready } };
    }
    case 'created': {
      const rule = begun('Version');
      return { ...rule, when: { ...rule.when, on: ['created'] }, then: { set: 'itself', to: some(fresh(set)) } };
    }
    case 'note': {
      const rule = begun('Version');
      const noted = writeRule(writeWhen(rule, { on: ['note_added'] }), { if: { text: [S.inspector.fresh.word] } });
      return { ...noted, then: { set: 'itself', to: some(done('Version')) } };
    }
  }
}

function fresh(set: RuleSet): string | undefined {
  return statusesOf(set, 'Version').find((status) => status.class === 'in_progress')?.code;
}
