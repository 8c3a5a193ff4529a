import type { LiveRules } from '../api/types/LiveRules';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { Status } from '../api/types/Status';
import { OVERHAUL } from './overhaul';
import { Dice } from './seed';

export function ruleSetOf(name: string | null): RuleSet {
  return name === 'big' ? big() : OVERHAUL;
}

export function liveRules(name: string | null): LiveRules {
  const document = ruleSetOf(name);
  return {
    live: { revision: 41, name: document.name, since: new Date(Date.now() - 200 * 3_600_000).toISOString() },
    document,
    sentences: Object.fromEntries(document.rules.map((rule) => [rule.id, roughly(rule, document)])),
    findings: [
      { level: 'warning', code: 'unmapped', message: 'Nothing follows from Version N/A and Ready for QC.', rules: [] },
      {
        level: 'warning',
        code: 'shadowed',
        message: 'A finished roto or paint step also makes the Shot active; the hand-off comes after it.',
        rules: ['roto-paint-handoff'],
      },
    ],
  };
}

/** 60 statuses and 150 rules: the least that the picture must survive. */
function big(): RuleSet {
  const dice = new Dice(60);
  const column = (prefix: string, n: number): Status[] =>
    Array.from({ length: n }, (_, i) => ({
      code: `${prefix}${i}`,
      name:
        i % 9 === 4
          ? `A status with quite an uncommonly long name, number ${i}`
          : `${prefix.toUpperCase()} status ${i}`,
      group: `Group ${1 + Math.floor(i / 5)}`,
      color: `#${[0, 0, 0].map(() => (64 + dice.below(160)).toString(16).padStart(2, '0')).join('')}`,
    }));
  const rules = Array.from({ length: 150 }, (_, i): Rule => {
    const kind = i % 10;
    const id = `rule-${i}`;
    const name = `Rule ${i}`;
    const enabled = dice.chance(0.12) ? { enabled: false } : {};
    const conditions = dice.chance(0.3) ? { if: { step: ['Composite'] } } : {};
    if (kind < 5)
      return {
        id,
        name,
        ...enabled,
        ...conditions,
        when: { entity: 'Version', becomes: [`v${dice.below(20)}`] },
        then: { set: 'task', to: [`t${dice.below(24)}`] },
      };
    if (kind < 8)
      return {
        id,
        name,
        ...enabled,
        ...conditions,
        when: { entity: 'Task', becomes: [`t${dice.below(24)}`] },
        then: { set: 'shot', to: [`s${dice.below(16)}`] },
      };
    if (kind < 9)
      return {
        id,
        name,
        ...enabled,
        ...conditions,
        when: { entity: 'Shot', becomes: [`s${dice.below(16)}`] },
        then: { set: { tasks_of_shot: {} }, to: [`t${dice.below(24)}`] },
      };
    return {
      id,
      name,
      ...enabled,
      when: { entity: 'Task', becomes: [`t${dice.below(24)}`] },
      then: { set: { tasks_of_shot: { steps: ['Composite'] } }, to: [`t${dice.below(24)}`] },
    };
  });
  return {
    callboard: 1,
    name: 'Sixty statuses',
    statuses: { version: column('v', 20), task: column('t', 24), shot: column('s', 16) },
    rules,
  };
}

function roughly(rule: Rule, set: RuleSet): string {
  const names = (type: string, codes: readonly string[]) =>
    codes.map((code) => set.statuses[type.toLowerCase()]?.find((s) => s.code === code)?.name ?? code).join(' or ');
  const when = rule.when.on?.includes('created')
    ? `When a ${rule.when.entity} is created`
    : `When a ${rule.when.entity} becomes ${names(rule.when.entity, rule.when.becomes ?? [])}`;
  const target =
    typeof rule.then.set === 'string' ? (rule.then.set === 'itself' ? rule.when.entity : rule.then.set) : 'task';
  const to = rule.then.to === 'same' ? 'the same status' : names(target, rule.then.to);
  const conditions = rule.if ? ', under its conditions' : '';
  return `${when}${conditions}, set ${rule.then.set === 'itself' ? 'it' : typeof rule.then.set === 'string' ? `its ${target}` : 'the Tasks of its Shot'} to ${to}.`;
}
