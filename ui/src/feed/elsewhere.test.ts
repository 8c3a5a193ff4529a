import { describe, expect, it } from 'vitest';
import type { CarryView } from '../api/types/CarryView';
import type { FeedRow } from '../api/types/FeedRow';
import { handedOverBy, saidOfCarry } from './elsewhere';
import { trailOf } from './trail';
import { happened, quietOutcome } from './wording';

const CARRY: CarryView = {
  id: 1,
  rule: 'over',
  rule_name: 'Done there too',
  entity: { type: 'Task', id: 1, name: 'comp' },
  site: 'show',
  type: 'Task',
  find_by: 'sg_sku',
  key_field: 'sg_product',
  key: 'SKU-7',
  to: 'apv',
  parent: null,
  state: 'carried',
  reason: null,
  found: { type: 'Task', id: 5, name: 'Composite' },
  event: 8,
  settled_at: '2026-11-20T14:00:00.000Z',
};

const ROW: FeedRow = {
  seq: 7,
  site: 'stills',
  road: 'hook',
  hook: 'status',
  event_log_entry_id: 545_007,
  event_type: 'Shotgun_Task_Change',
  operation: 'update',
  entity: { type: 'Task', id: 1, name: 'comp' },
  parent: null,
  field: 'sg_status_list',
  is_status: true,
  old: 'ip',
  new: 'apv',
  hook_word: null,
  note: null,
  by_hand: null,
  actor: null,
  project: null,
  occurred_at: null,
  received_at: '2026-11-20T13:59:59.000Z',
  outcome: 'changed',
  why: null,
  seen_again: 0,
  cascade: null,
};

function from(carried: CarryView[], outcome: FeedRow['outcome']): FeedRow {
  const cascade = { seq: 1, revision: 4, rule_set: 'Some', decided_at: CARRY.settled_at, changes: [], carried };
  return { ...ROW, outcome, cascade };
}

const arrived: FeedRow = {
  ...ROW,
  seq: 8,
  site: 'show',
  road: 'hand',
  operation: 'custom',
  event_type: 'Callboard_Elsewhere',
  field: null,
  is_status: false,
  old: null,
  new: { type: 'Rule', id: 'over', name: 'Done there too', through: ['stills'], from: 7 },
  by_hand: { entered_by: 'Callboard', source: 'rule "Done there too", from event 7 of stills', row: 0 },
};

describe('what is handed over to another site', () => {
  it('is a step that leads to the event there', () => {
    const steps = trailOf(from([CARRY], 'changed'), null);
    const step = steps.find(({ key }) => key === 'carry 1');
    expect(step).toMatchObject({ tone: 'good', title: 'Done there too: handed over to show', leadsTo: 8 });
    expect(step?.sentences).toEqual(['It found Task Composite there.']);
    expect(steps.at(-1)?.title).toBe('Handed over');
    expect(quietOutcome(from([CARRY], 'changed'))).toMatchObject({ mark: 'good', words: 'handed over to show' });
  });

  it('says why it was not, and what it waits for', () => {
    const said = (parts: Partial<CarryView>) => saidOfCarry({ ...CARRY, found: null, event: null, ...parts });
    expect(said({ state: 'failed', reason: 'There is no Task on show whose sg_sku is SKU-7' })).toEqual([
      'There is no Task on show whose sg_sku is SKU-7.',
    ]);
    expect(said({ state: 'planned' })).toEqual(['For the Task whose sg_sku is SKU-7.', 'It waits for show.']);
    expect(said({ state: 'planned', find_by: null })[0]).toBe('For the Task called SKU-7.');
    const [step] = trailOf(from([{ ...CARRY, state: 'failed', event: null }], 'failed'), null).slice(-2);
    expect(step).toMatchObject({ tone: 'bad' });
    expect(step).not.toHaveProperty('leadsTo');
  });

  it('says on the other site where it comes from, and leads back', () => {
    expect(handedOverBy(arrived)).toEqual({ rule: 'Done there too', site: 'stills', from: 7 });
    expect(handedOverBy({ ...arrived, road: 'hook' })).toBeNull();
    expect(handedOverBy({ ...arrived, new: 'Rule' })).toBeNull();
    expect(happened(arrived)).toEqual({ kind: 'words', text: 'handed over from stills' });
    const [first] = trailOf(arrived, null);
    expect(first).toMatchObject({ title: 'Handed over from stills', leadsTo: 7 });
    expect(first?.sentences).toEqual(['By the rule “Done there too”, because of event 7 of stills.']);
  });
});
