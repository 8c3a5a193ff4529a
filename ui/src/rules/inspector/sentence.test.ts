import { describe, expect, it } from 'vitest';
import type { Condition } from '../../api/types/Condition';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import { OVERHAUL } from '../../dev/overhaul';
import { ruleSetOf } from '../../dev/ruleSets';
import { ASKED } from './conditions';
import { KINDS, ruleOf } from './kinds';
import { knownIn } from './known';
import { plain, sentenceOf, type Part, type Piece } from './sentence';
import { formsFor, targetOf } from './target';
import {
  dropAlternative,
  dropCondition,
  switchRule,
  writeCondition,
  writeEntity,
  writeField,
  writeTarget,
  writeTo,
  writeWhen,
  type ConditionKey,
} from './write';

const RULE: Rule = {
  id: 'r',
  name: 'A rule',
  when: { entity: 'Version', becomes: ['cnv'] },
  then: { set: 'task', to: ['cnv'] },
};

const isPart = (piece: Piece): piece is Part => typeof piece !== 'string';

function said(rule: Rule): string {
  return sentenceOf(OVERHAUL, rule)
    .map((piece) => (typeof piece === 'string' ? piece : `[${plain(piece.says)}]`))
    .join(' ')
    .replace(/ ([,.’])/g, '$1');
}

function parts(rule: Rule): string[] {
  return sentenceOf(OVERHAUL, rule)
    .filter(isPart)
    .map((part) => part.testid);
}

/** One value of each key, so that a key added to the type without a part fails here. */
const EVERYTHING: Required<Condition> = {
  step: ['Prep', 'Roto'],
  step_not: ['Paint'],
  project: [122, 'Demo'],
  changed_by: 'person',
  target_is: ['ip'],
  target_is_not: ['hld', 'omt'],
  target_field_is: { sg_priority: ['high'] },
  target_field_is_not: { sg_priority: ['low'] },
  never_backwards: true,
  status_is: ['cnv'],
  status_is_not: ['na'],
  belongs_to: ['Shot'],
  first_version: true,
  field_is: { sg_version_type: ['Dailies'] },
  field_is_not: { sg_version_type: ['Client'] },
  text: ['final'],
  text_not: ['not'],
  filter: 'project.name = "Demo"',
  siblings: { all: ['apv', '@done'], ignoring: ['omt'] },
};

describe('the sentence', () => {
  it('says a plain rule, and every part of it can be changed', () => {
    expect(said(RULE)).toBe(
      'When a [Version]’s [status] [becomes] [Check New Version] [from any status] [+ condition], set [its Task] to [Check New Version].',
    );
    expect(parts(RULE)).toEqual([
      'part-when-entity',
      'part-field',
      'part-moment',
      'part-becomes',
      'part-from',
      'add-condition',
      'part-target',
      'part-to',
    ]);
  });

  it('has a part for every condition that there is', () => {
    const keys = Object.keys(EVERYTHING);
    expect(ASKED.flatMap(({ keys: some }) => some).sort()).toEqual([...keys].sort());
    const shown = parts({ ...RULE, if: EVERYTHING }).filter((id) => id.startsWith('part-condition-'));
    expect(shown.sort()).toEqual(keys.map((key) => `part-condition-${key}`).sort());
  });

  it('says conditions, and alternatives, in words', () => {
    expect(said({ ...RULE, if: { step: ['Prep', 'Roto'], target_is_not: ['hld'] } })).toContain(
      ', and [its Task’s step is Prep or Roto] and [that Task is not On Hold] [+ condition] [+ or], set',
    );
    expect(said({ ...RULE, if: [{ changed_by: 'callboard' }, { step: ['Composite'] }] })).toContain(
      ', and either [a rule moved it] [+ condition] or [its Task’s step is Composite] [+ condition] [+ or], set',
    );
    expect(said({ ...RULE, if: EVERYTHING })).toContain(
      '[all Tasks around it are Client Approved or a done status leaving out Omit]',
    );
  });

  it('says what begins with something else than a change of status', () => {
    const begun = (when: Rule['when']) => said({ ...RULE, when }).replace(/ \[\+.*/, '');
    expect(begun({ entity: 'Asset', on: ['created'] })).toBe('When an [Asset] [is created] as [any status]');
    expect(begun({ entity: 'Shot', field: 'sg_cut_in', becomes: ['1'] })).toBe(
      'When a [Shot]’s [cut in] [becomes] [1] [from anything]',
    );
    expect(begun({ entity: 'Task', on: ['created', 'updated'], becomes: ['ip'], from: ['wtg'] })).toBe(
      'When a [Task] [is created or changes its] [status] to [In Progress] [from Waiting to Start]',
    );
    expect(begun({ entity: 'Task', on: ['custom'], event_type: ['Studio_Call'] })).toBe(
      'When a [Task] [has an event of its own] as [any status] [under the event name Studio_Call]',
    );
  });

  it('says every target and every way of finding a status', () => {
    const ends = (then: Rule['then'], entity = 'Task') =>
      said({ ...RULE, when: { entity }, then }).replace(/.*, set /, '');
    expect(ends({ set: { tasks_of_shot: { steps: ['Roto'] } }, to: 'cleared' }, 'Version')).toBe(
      '[the Roto Tasks of the Shot] to [no status].',
    );
    expect(ends({ set: { next_tasks: { by: 'dependency', when_all: ['apv'], through: ['omt'] } }, to: ['rdy'] })).toBe(
      '[the Tasks that wait for it, once all before are Client Approved, stepping over Omit] to [Ready to Start].',
    );
    expect(ends({ set: { children: { type: 'Shot', of: 'Sequence' } }, to: 'same_class' }, 'Shot')).toBe(
      '[the Shots of its Sequence] to [a status of the same class].',
    );
    expect(ends({ set: 'shot', to: ['actv', 'rev'] })).toBe(
      '[its Shot] to [Active unless it is Pending Client Review].',
    );
    const rows = [{ all: ['@done'], to: ['apv'] }, { to: ['actv'] }];
    expect(ends({ set: 'shot', to: { roll_up: { of: 'Task', ignoring: ['omt'], rows } } })).toBe(
      '[its Shot] to [Client Approved when all its Tasks are a done status; else Active otherwise, leaving out Omit].',
    );
    expect(ends({ set: 'shot', to: { roll_up: { pick: 'least_advanced' } } })).toBe(
      '[its Shot] to [the status of the least advanced of its Tasks].',
    );
  });

  it('says another field that is set, with values that are no statuses', () => {
    const told = { ...writeField(RULE, 'sg_client_state') };
    expect(said(told)).toContain('set [its Task]’s [client state] to [choose a value].');
    expect(said(writeTo(told, ['sent', 'cnv']))).toContain('to [sent or cnv].');
    expect(parts(told)).toContain('part-set-field');
    expect(writeField(told, undefined).then).toEqual({ set: 'task', to: [] });
    expect(writeField(writeTo(RULE, 'same'), 'sg_client_state').then.to).toBe('same');
  });

  it('shows a code that its column does not list, and keeps a part whose editor is open', () => {
    const [tag] = sentenceOf(OVERHAUL, { ...RULE, then: { set: 'task', to: ['zzz'] } })
      .filter(isPart)
      .filter((part) => part.testid === 'part-to')
      .flatMap((part) => part.says);
    expect(tag).toMatchObject({ code: 'zzz', unknown: true });
    const held = sentenceOf(OVERHAUL, RULE, { at: 0, key: 'step' }).filter(isPart);
    expect(held.map((part) => part.testid)).toContain('part-condition-step');
  });

  it('says every rule of the wide set without a code or a hole', () => {
    const set = ruleSetOf('wide');
    for (const rule of set.rules) {
      const pieces = sentenceOf(set, rule);
      const text = pieces.map((piece) => (typeof piece === 'string' ? piece : plain(piece.says))).join(' ');
      expect(text).not.toMatch(/undefined|\[object/);
      const ids = pieces.filter(isPart).map((part) => part.id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});

describe('writing a rule', () => {
  it('writes and takes away every condition, and leaves nothing behind', () => {
    for (const [key, value] of Object.entries(EVERYTHING) as [ConditionKey, never][]) {
      const asked = writeCondition(RULE, 0, key, value);
      expect(asked.if).toEqual({ [key]: value });
      expect(dropCondition(asked, 0, key)).toEqual(RULE);
    }
  });

  it('keeps alternatives a list only while there are several', () => {
    const one = writeCondition(RULE, 0, 'step', ['Prep']);
    const two = writeCondition(one, 1, 'changed_by', 'person');
    expect(two.if).toEqual([{ step: ['Prep'] }, { changed_by: 'person' }]);
    expect(dropCondition(two, 1, 'changed_by')).toEqual(one);
    expect(dropAlternative(two, 0).if).toEqual({ changed_by: 'person' });
    // Emptied while its editor is open, it stays: the other one would otherwise count alone.
    expect(writeCondition(two, 1, 'changed_by', undefined).if).toEqual([{ step: ['Prep'] }, {}]);
  });

  it('keeps what a newer Callboard wrote', () => {
    const newer = { ...RULE, urgency: 'high', when: { ...RULE.when, weather: ['rain'] } } as Rule;
    const written = writeWhen(switchRule(writeCondition(newer, 0, 'step', ['Prep']), false), { becomes: [] });
    expect(written).toMatchObject({ urgency: 'high', when: { weather: ['rain'] }, enabled: false });
    expect(written.when.becomes).toBeUndefined();
  });

  it('writes in the order of the file, so that what is read back is the same text', () => {
    const rule = writeWhen(writeCondition(switchRule(RULE, false), 0, 'step', ['Prep']), { on: ['created'] });
    expect(Object.keys(rule)).toEqual(['id', 'name', 'enabled', 'when', 'if', 'then']);
    expect(Object.keys(rule.when)).toEqual(['entity', 'on', 'becomes']);
    expect(writeWhen(rule, { on: ['updated'] }).when.on).toBeUndefined();
  });

  it('keeps what can be kept when the type or the target changes', () => {
    expect(writeEntity(OVERHAUL, RULE, 'Task').then.set).toEqual({ next_tasks: {} });
    expect(writeTarget(OVERHAUL, writeTo(RULE, ['rev', 'adn', '@done']), 'shot').then.to).toEqual(['rev', '@done']);
  });

  it('begins every kind of rule with what the classes say, and guesses nothing', () => {
    const sentences = (set: RuleSet) => KINDS.map((kind) => said(ruleOf(set, kind)));
    expect(new Set(sentences(OVERHAUL)).size).toBe(KINDS.length);
    expect(
      KINDS.map((kind) => ruleOf(OVERHAUL, kind).then.to)
        .filter(Array.isArray)
        .flat(),
    ).toEqual([]);
    const task = OVERHAUL.statuses.task!.map((one) => ({
      ...one,
      class: one.code === 'di' ? ('done' as const) : undefined,
    }));
    const classed = { ...OVERHAUL, statuses: { ...OVERHAUL.statuses, task } } as RuleSet;
    expect(sentences(classed)[2]).toContain(
      '[a done status] [from any status] [+ condition], set [the Tasks of the next step] to',
    );
  });
});

describe('another site', () => {
  const elsewhere = { site: 'show', type: 'Task', find_by: 'sg_sku', key: 'sg_product' };
  const over: Rule = {
    ...RULE,
    when: { site: 'stills', entity: 'Task', becomes: ['apv'] },
    then: { set: { elsewhere }, to: ['apv'] },
  };

  it('is said with the site where it happens and the one where something is set', () => {
    expect(said(over)).toContain('When a [Task on stills]’s [status]');
    expect(said(over)).toContain('set [the Task on show whose sg_sku is its sg_product] to');
    const byName = writeTarget(OVERHAUL, over, { elsewhere: { site: 'show', type: 'Task' } });
    expect(said(byName)).toContain('[the Task of the same name on show]');
  });

  it('is offered where there are several, and the rule is written in the engine’s order', () => {
    expect(formsFor('Task')).not.toContain('elsewhere');
    expect(formsFor('Task', true)).toContain('elsewhere');
    expect(targetOf('elsewhere', 'Shot', 'show')).toEqual({ elsewhere: { site: 'show', type: 'Shot' } });
    expect(Object.keys(writeWhen(RULE, { site: 'stills' }).when)).toEqual(['site', 'entity', 'becomes']);
    expect(writeWhen(over, { site: undefined }).when).toEqual({ entity: 'Task', becomes: ['apv'] });
    expect(writeEntity(OVERHAUL, over, 'Shot').then.set).toEqual({ elsewhere });
    expect(knownIn({ ...OVERHAUL, rules: [over] }, null).sites).toEqual(['stills', 'show']);
  });
});
