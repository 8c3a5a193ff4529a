import { describe, expect, it } from 'vitest';
import type { RuleSetDiff } from '../../api/types/RuleSetDiff';
import { isSame, statusGroups, tally } from './tally';

const none: RuleSetDiff = { name: null, description: null, steps: null, statuses: [], rules: [], other: [] };
const change = { id: 'r', name: 'R', before: null, after: null, parts: [] };

describe('what is different, counted', () => {
  it('is the same only where nothing at all is different', () => {
    expect(isSame(none)).toBe(true);
    expect(isSame({ ...none, other: ['A column is gone.'] })).toBe(false);
    expect(isSame({ ...none, name: { before: 'A', after: 'B' } })).toBe(false);
  });

  it('counts switching off, moving and renaming as changed', () => {
    const diff: RuleSetDiff = {
      ...none,
      rules: [
        { ...change, kind: 'added' },
        { ...change, kind: 'switched_off' },
        { ...change, kind: 'moved' },
        { ...change, kind: 'removed' },
      ],
      statuses: [{ column: 'task', code: 'ip', kind: 'renamed', words: 'In Progress is called Wip now' }],
    };
    expect(tally(diff)).toEqual({ added: 1, changed: 3, removed: 1 });
  });

  it('puts status changes of a column together where they are alike', () => {
    const status = (column: string, code: string, kind: 'added' | 'removed' | 'moved') => ({
      column,
      code,
      kind,
      words: code,
    });
    const groups = statusGroups([
      status('task', 'a', 'added'),
      status('task', 'b', 'moved'),
      status('task', 'c', 'added'),
      status('shot', 'a', 'added'),
    ]);
    expect(groups.map((g) => [g.column, g.became, g.changes.length])).toEqual([
      ['task', 'added', 2],
      ['task', 'changed', 1],
      ['shot', 'added', 1],
    ]);
  });
});
