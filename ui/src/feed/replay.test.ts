import { describe, expect, it } from 'vitest';
import type { Change } from '../api/types/Change';
import type { FeedRow } from '../api/types/FeedRow';
import type { Trial } from '../api/types/Trial';
import type { TriedChange } from '../api/types/TriedChange';
import { rowAt } from '../dev/rows';
import { comparedOf, isReplayable, replayOf } from './replay';

const scene = { long: false, now: Date.UTC(2026, 10, 20, 14), newest: 400, pace: 1_000 };
const task = (id: number) => ({ type: 'Task', id, name: 'Composite' });

const did = (id: number, to: string, change: Partial<Change> = {}): Change => ({
  id,
  entity: task(id),
  from: 'ip',
  to,
  rule: 'r',
  rule_name: 'R',
  parent: null,
  state: 'confirmed',
  reason: null,
  attempts: 1,
  planned_at: '2026-11-20T14:00:00Z',
  settled_at: '2026-11-20T14:00:01Z',
  ...change,
});
const would = (id: number, to: string, field?: string): TriedChange => ({
  entity: { ...task(id), name: null },
  field,
  from: 'ip',
  to,
  rule: 'r',
  rule_name: 'R',
  cause: 'event',
  reason: null,
});
const row = (changes: Change[]): FeedRow => ({
  ...rowAt(7, scene),
  cascade: { seq: 1, revision: 40, rule_set: 'S', decided_at: '2026-11-20T14:00:00Z', changes },
});
const trial = (changes: TriedChange[]): Trial => ({ entity: task(1), changes, skipped: [], stops: [], unknown: [] });
const kinds = (changes: TriedChange[], done: Change[]) =>
  comparedOf(trial(changes), row(done)).map(({ entity, kind }) => [entity.id, kind]);

describe('a replay beside what happened', () => {
  it('tells what is the same, otherwise, only now and only then', () => {
    expect(
      kinds([would(1, 'apv'), would(2, 'hld'), would(3, 'apv')], [did(1, 'apv'), did(2, 'apv'), did(4, 'apv')]),
    ).toEqual([
      [1, 'same'],
      [2, 'otherwise'],
      [3, 'only_would'],
      [4, 'only_did'],
    ]);
  });

  it('leaves out what was there already, and keeps what a person overruled', () => {
    const there = did(1, 'apv', { state: 'skipped', skip: 'already_there' });
    const overruled = did(2, 'apv', { state: 'skipped', skip: 'overruled' });
    expect(kinds([would(2, 'apv')], [there, overruled])).toEqual([[2, 'same']]);
  });

  it('tells the fields of one entity apart, and knows names from either side', () => {
    const [one] = comparedOf(trial([would(1, 'apv')]), row([did(1, 'apv'), did(1, 'x', { id: 9, field: 'sg_note' })]));
    expect(one).toMatchObject({ kind: 'same', entity: { name: 'Composite' } });
    expect(comparedOf(trial([]), row([did(1, 'x', { field: 'sg_note' })]))).toMatchObject([{ field: 'sg_note' }]);
  });

  it('is not offered where rules have nothing to decide', () => {
    const some = { ...rowAt(7, scene), entity: task(1), outcome: 'changed' as const, operation: 'update' as const };
    expect(isReplayable(some)).toBe(true);
    expect(isReplayable({ ...some, outcome: 'echo' })).toBe(false);
    expect(isReplayable({ ...some, entity: null })).toBe(false);
  });

  it('is known by where the event comes from', () => {
    const by = (source: string) => ({ ...rowAt(7, scene), by_hand: { entered_by: 'Mara', source, row: 1 } });
    expect(replayOf(by('replay of 229'))).toBe(229);
    expect(replayOf(by('replay of notes.xlsx'))).toBeNull();
    expect(replayOf(rowAt(7, scene))).toBeNull();
  });
});
