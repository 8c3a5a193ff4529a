import { describe, expect, it } from 'vitest';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import { pictureOf } from '../picture';
import { becameOf } from './became';

const status = (code: string) => ({ code, name: code, group: '', color: '#123456' });

function set(...rules: Rule[]): RuleSet {
  return {
    callboard: 1,
    name: 'Set',
    statuses: { version: ['a', 'b', 'c'].map(status), task: ['x', 'y'].map(status) },
    rules,
  };
}

function rule(id: string, becomes: string[], to: string, more: Partial<Rule> = {}): Rule {
  return { id, name: id, when: { entity: 'Version', becomes }, then: { set: 'task', to: [to] }, ...more };
}

function became(before: RuleSet, after: RuleSet) {
  const overlay = becameOf(pictureOf(before), pictureOf(after));
  return { ...Object.fromEntries(overlay.became), removed: overlay.removed.map((link) => link.id) };
}

describe('what became of links', () => {
  it('is nothing where nothing is different', () => {
    expect(became(set(rule('r', ['a'], 'x')), set(rule('r', ['a'], 'x')))).toEqual({ removed: [] });
  });

  it('tells new links from those that are gone, and keeps those to be drawn', () => {
    expect(became(set(rule('r', ['a'], 'x')), set(rule('r', ['a'], 'y')))).toEqual({
      'Version:a>Task:y': 'added',
      'Version:a>Task:x': 'removed',
      removed: ['Version:a>Task:x'],
    });
  });

  it('leaves the other links of a rule that another status joins', () => {
    expect(became(set(rule('r', ['a'], 'x')), set(rule('r', ['a', 'b'], 'x')))).toEqual({
      'Version:b>Task:x': 'added',
      removed: [],
    });
  });

  it('marks every link of a rule whose condition is another', () => {
    const after = set(rule('r', ['a', 'b'], 'x', { if: { step: ['Comp'] } }));
    expect(became(set(rule('r', ['a', 'b'], 'x')), after)).toEqual({
      'Version:a>Task:x': 'changed',
      'Version:b>Task:x': 'changed',
      removed: [],
    });
  });

  it('marks a link whose rule is switched off, and one that a second rule draws too', () => {
    const before = set(rule('r', ['a'], 'x'), rule('s', ['b'], 'x'));
    const after = set(rule('r', ['a'], 'x', { enabled: false }), rule('s', ['b'], 'x'), rule('t', ['b'], 'x'));
    expect(became(before, after)).toEqual({
      'Version:a>Task:x': 'changed',
      'Version:b>Task:x': 'changed',
      removed: [],
    });
  });

  it('takes a new name, a note and another order of the fields for no change', () => {
    const after = set({
      then: { to: ['x'], set: 'task' },
      when: { becomes: ['a'], entity: 'Version' },
      note: 'Agreed on Monday',
      name: 'Another name',
      id: 'r',
    });
    expect(became(set(rule('r', ['a'], 'x')), after)).toEqual({ removed: [] });
  });
});
