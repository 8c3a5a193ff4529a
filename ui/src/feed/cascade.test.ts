import { describe, expect, it } from 'vitest';
import type { Change } from '../api/types/Change';
import { cascadeLines, commonFrom, isAlreadyThere } from './cascade';
import { verdictOf } from './wording';

const RECEIVED = '2026-11-20T14:00:00.000Z';

function change(id: number, over: Partial<Change> = {}): Change {
  return {
    id,
    entity: { type: 'Task', id, name: `Task ${id}` },
    from: 'ip',
    to: 'omt',
    rule: 'omit',
    rule_name: 'Omit',
    parent: null,
    state: 'confirmed',
    reason: null,
    attempts: 1,
    planned_at: RECEIVED,
    settled_at: '2026-11-20T14:00:00.196Z',
    ...over,
  };
}

const told = (changes: Change[]) => cascadeLines(changes).map((l) => [l.depth, l.changes.map((c) => c.id)]);

describe('a cascade', () => {
  it('is a tree by parent, in the order of the plan', () => {
    const lines = cascadeLines([
      change(1),
      change(2, { parent: 1 }),
      change(3, { parent: 2 }),
      change(4, { rule: 'other' }),
    ]);
    expect(lines.map((l) => [l.changes[0].id, l.depth, l.goesOn, l.rails])).toEqual([
      [1, 0, true, []],
      [2, 1, false, [true]],
      [3, 2, false, [true, false]],
      [4, 0, false, []],
    ]);
  });

  it('hangs what has lost its parent beneath the event, and survives a circle', () => {
    expect(told([change(1, { parent: 99 })])).toEqual([[0, [1]]]);
    expect(told([change(1, { parent: 1 })])).toEqual([[0, [1]]]);
    expect(told([change(1, { parent: 2 }), change(2, { parent: 1 })])).toEqual([
      [0, [1]],
      [1, [2]],
    ]);
  });

  it('tells siblings of one rule and one status as one, from four on', () => {
    expect(told([1, 2, 3].map((id) => change(id)))).toEqual([
      [0, [1]],
      [0, [2]],
      [0, [3]],
    ]);
    expect(told([1, 2, 3, 4].map((id) => change(id)))).toEqual([[0, [1, 2, 3, 4]]]);
  });

  it('words on its own what did not go well, and what something hangs beneath', () => {
    const changes = [1, 2, 3, 4, 5].map((id) => change(id));
    changes[2] = change(3, { state: 'skipped', reason: 'A person came first.' });
    expect(told(changes)).toEqual([
      [0, [1, 2, 4, 5]],
      [0, [3]],
    ]);
    expect(told([...[1, 2, 3, 4].map((id) => change(id)), change(9, { parent: 1 })])[0]).toEqual([0, [1]]);
  });

  it('keeps a group together while its changes are confirmed one by one', () => {
    const changes = [1, 2, 3, 4].map((id) => change(id, { state: id < 3 ? 'confirmed' : 'applied' }));
    const [line] = cascadeLines(changes);
    expect(line!.changes.length).toBe(4);
    expect(verdictOf(line!.changes, RECEIVED)).toMatchObject({ mark: 'waiting', words: '2 of 4 confirmed' });
  });

  it('says various where the statuses before differ', () => {
    expect(commonFrom([change(1), change(2, { from: 'rdy' })])).toBe('various');
    expect(commonFrom([change(1), change(2)])).toEqual({ code: 'ip' });
  });
});

describe('what came of a change', () => {
  const of = (over: Partial<Change>) => verdictOf([change(1, over)], RECEIVED);

  it('is told with a mark, words and a time', () => {
    expect(of({})).toEqual({ mark: 'good', words: 'confirmed', time: '196 ms' });
    expect(of({ state: 'failed', reason: 'The site refused it.' })).toMatchObject({
      words: 'failed: the site refused it',
    });
    expect(of({ state: 'skipped', reason: 'Jonas put it On Hold' })).toMatchObject({
      words: 'skipped: Jonas put it On Hold',
    });
    expect(of({ state: 'planned', attempts: 3 })).toEqual({ mark: 'waiting', words: 'waiting', time: '3rd try' });
  });

  it('is already there when nothing would have changed', () => {
    expect(isAlreadyThere(change(1, { state: 'skipped', skip: 'already_there', from: 'omt' }))).toBe(true);
    expect(of({ state: 'skipped', skip: 'already_there', from: 'omt' })).toMatchObject({
      mark: 'already',
      words: 'already there',
    });
  });

  it('tells a field by itself, however like a status its value is', () => {
    const four = (over: (id: number) => Partial<Change>) => [1, 2, 3, 4].map((id) => change(id, over(id)));
    expect(told(four(() => ({ field: 'sg_state' })))).toEqual([[0, [1, 2, 3, 4]]]);
    expect(told(four((id) => (id < 3 ? { field: 'sg_state' } : {})))).toEqual([
      [0, [1]],
      [0, [2]],
      [0, [3]],
      [0, [4]],
    ]);
  });
});
