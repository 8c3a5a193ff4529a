import { describe, expect, it } from 'vitest';
import type { WaitingChange } from '../api/types/WaitingChange';
import { groupsOf, toggled, withCauses, withFollowers } from './waiting';

function one(change: number, seq: number, follows_from: number | null = null): WaitingChange {
  return {
    change,
    seq,
    site: 'studio',
    entity: { type: 'Task', id: change, name: `Task ${change}` },
    parent: null,
    from: 'ip',
    to: 'apv',
    rule: 'r',
    rule_name: 'R',
    follows_from,
    actor: null,
    at: '2026-11-20T14:00:00Z',
  };
}

const WAITING = [one(1, 10), one(2, 10, 1), one(3, 10, 2), one(4, 10, 1), one(5, 11), one(6, 11, 99)];

describe('what waits', () => {
  it('stands by its event, beneath what it follows from', () => {
    expect(groupsOf(WAITING).map((g) => [g.seq, g.changes.map((c) => [c.change.change, c.depth])])).toEqual([
      [
        10,
        [
          [1, 0],
          [2, 1],
          [3, 2],
          [4, 1],
        ],
      ],
      [
        11,
        [
          [5, 0],
          [6, 0],
        ],
      ],
    ]);
  });

  it('is accepted with all that it follows from', () => {
    expect([...withCauses(WAITING, [3])].sort()).toEqual([1, 2, 3]);
    expect([...withCauses(WAITING, [6])]).toEqual([6]);
    expect([...withCauses(WAITING, [77])]).toEqual([]);
  });

  it('is declined with all that follows from it', () => {
    expect([...withFollowers(WAITING, [1])].sort()).toEqual([1, 2, 3, 4]);
    expect([...withFollowers(WAITING, [2, 5])].sort()).toEqual([2, 3, 5]);
  });

  it('is chosen with its cause, and let go of with what follows', () => {
    const chosen = toggled(WAITING, new Set([5]), 3);
    expect([...chosen].sort()).toEqual([1, 2, 3, 5]);
    expect([...toggled(WAITING, chosen, 2)].sort()).toEqual([1, 5]);
  });
});
