import { render } from 'svelte/server';
import { describe, expect, it } from 'vitest';
import type { Difference } from '../../api/types/Difference';
import type { TriedChange } from '../../api/types/TriedChange';
import type { Stage } from '../stage.svelte';
import DifferenceRow from './DifferenceRow.svelte';
import StopView from './StopView.svelte';
import type { Stop } from './way';

const stage = { isSelected: () => false } as unknown as Stage;
const task = { type: 'Task', id: 2, name: 'Composite' };
const status = { code: 'rev', name: 'In review', class: 'review', color: null, icon: null, order: 1 };
const statuses = { task: [status] } as never;

/** What is read of it, and how many status pills it has. */
function drawn(body: string): { text: string; pills: number } {
  const text = body
    .replace(/<!--.*?-->/gs, '')
    .replace(/<svg[^>]*aria-label="([^"]*)".*?<\/svg>/gs, ' $1 ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return { text, pills: body.split('data-testid="status-pill"').length - 1 };
}

describe('a difference', () => {
  const one: Difference = {
    seq: 1,
    event_log_entry_id: null,
    at: '2026-11-20T10:00:00Z',
    entity: task,
    group: null,
    from: 'ip',
    live: { to: 'rev', rule: 'a' },
    draft: { to: null, rule: 'b' },
    by_hand: null,
    people_agree_with: null,
    guess: false,
  };
  const row = (more: Partial<Difference>) =>
    drawn(
      render(DifferenceRow, {
        props: {
          row: { ...one, ...more },
          stage,
          statuses,
          nameOf: (rule) => `Rule ${rule}`,
          now: new Date('2026-11-20T12:00:00Z'),
          open: false,
          onopen: () => {},
          ontry: undefined,
        },
      }).body,
    );

  it('of a status has its pills', () => {
    expect(row({}).pills).toBe(3);
  });

  it('of a field has its name and values, and no pill', () => {
    const { text, pills } = row({ field: 'sg_delivery_type' });
    expect(pills).toBe(0);
    expect(text).toContain('was delivery type: ip live delivery type: rev Rule a draft delivery type: empty Rule b');
  });
});

describe('a stop', () => {
  const left: TriedChange = {
    entity: task,
    from: null,
    to: 'rev',
    rule: 'a',
    rule_name: 'A',
    cause: 'event',
    reason: 'already there',
  };
  const one: Stop = {
    number: 2,
    entity: task,
    parent: null,
    moment: 'updated',
    field: null,
    from: null,
    to: 'rev',
    pill: null,
    links: [],
    by: { rule: 'b', name: 'B' },
    matched: [{ rule: 'a', name: 'A', leads: [], left: [left] }],
    against: [],
  };
  const place = (more: Partial<Stop>) =>
    drawn(
      render(StopView, {
        props: { stop: { ...one, ...more }, stage, statuses, current: false, ahead: false, ongo: () => {} },
      }).body,
    );
  const field = 'sg_delivery_type';

  it('has pills for the statuses that are set and left', () => {
    const { text, pills } = place({});
    expect(pills).toBe(3);
    expect(text).toContain('Would set Composite to');
  });

  it('says what a rule does to a field as the feed does', () => {
    const { text, pills } = place({ field, matched: [] });
    expect(pills).toBe(0);
    expect(text).toContain('delivery type: empty becomes rev');
    expect(place({ field, from: 'Draft', to: null, matched: [] }).text).toContain('delivery type: Draft becomes empty');
  });

  it('says of an event what it says', () => {
    expect(place({ field, by: null, matched: [] })).toMatchObject({ pills: 0 });
    expect(place({ field, by: null, matched: [] }).text).toContain('delivery type becomes “rev”');
  });

  it('says which field a rule would set and does not', () => {
    const matched = (to: string | null) => [{ rule: 'a', name: 'A', leads: [], left: [{ ...left, field, to }] }];
    const { text, pills } = place({ field, matched: matched('rev') });
    expect(pills).toBe(0);
    expect(text).toContain('Would set delivery type of Composite to “rev”. Already there.');
    expect(place({ field, matched: matched(null) }).text).toContain('Would clear delivery type of Composite.');
  });
});
