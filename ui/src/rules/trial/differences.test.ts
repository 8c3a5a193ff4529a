import { describe, expect, it } from 'vitest';
import type { Difference } from '../../api/types/Difference';
import { OVERHAUL } from '../../dev/overhaul';
import { pictureOf } from '../picture';
import { between, causesOf, Differences, itemsOf, linkIndex, litByCauses, rowKey } from './differences';

const picture = pictureOf(OVERHAUL);
const link = picture.links.find((one) => one.id === 'Version:rev>Task:rev')!;
const rule = link.rules[0]!.id;

function difference(seq: number, shot: number | null, more: Partial<Difference> = {}): Difference {
  return {
    seq,
    event_log_entry_id: null,
    at: '2026-11-20T10:00:00Z',
    entity: { type: 'Task', id: 100 + seq, name: 'Composite' },
    group: shot === null ? null : { type: 'Shot', id: shot, name: `sh${shot}` },
    from: 'ip',
    live: null,
    draft: { to: 'rev', rule },
    by_hand: null,
    people_agree_with: null,
    guess: false,
    ...more,
  };
}

describe('what would differ', () => {
  it('is grouped by Shot in the order of the events, however it comes in', () => {
    const found = new Differences();
    found.add([difference(1, 10), difference(2, 20)]);
    found.add([difference(3, 10), difference(4, null)]);
    expect(found.groups.map(({ entity, rows }) => [entity?.name ?? null, rows.map((row) => row.seq)])).toEqual([
      ['sh10', [1, 3]],
      ['sh20', [2]],
      [null, [4]],
    ]);
    const keys = itemsOf(found.groups, new Set(['Shot 10']), 'all').map((item) => item.key);
    expect(keys).toEqual(
      ['group Shot 10', 'group Shot 20', 'row 2 Task 102', 'group ', 'row 4 Task 104'].map((key) =>
        key.replace('row ', ''),
      ),
    );
  });

  it('is shown by whom people bore out, without empty groups', () => {
    const found = new Differences();
    found.add([
      difference(1, 10),
      difference(2, 20, { people_agree_with: 'draft' }),
      difference(3, 20, { people_agree_with: 'live', guess: true }),
    ]);
    expect(found.counts).toEqual({ all: 3, draft: 1, live: 1, neither: 0, guess: 1 });
    const items = itemsOf(found.groups, new Set(), 'draft');
    expect(items).toMatchObject([
      { kind: 'group', count: 1 },
      { kind: 'row', row: { seq: 2 } },
    ]);
    expect(itemsOf(found.groups, new Set(), 'neither')).toEqual([]);
  });

  it('holds a hundred thousand as easily as one', () => {
    const found = new Differences();
    for (let at = 0; at < 100_000; at += 500)
      found.add(Array.from({ length: 500 }, (_, i) => difference(at + i, (at + i) % 900)));
    expect(found.groups).toHaveLength(900);
    expect(itemsOf(found.groups, new Set(), 'all')).toHaveLength(100_900);
    expect(found.causes.size).toBe(1);
  });

  it('tells a status from the fields of the same entity in the same event', () => {
    const found = new Differences();
    const fields = ['sg_delivery_type', 'sg_note', undefined];
    found.add(fields.map((field) => difference(1, 10, { field })));
    const keys = itemsOf(found.groups, new Set(), 'all').map((item) => item.key);
    expect(new Set(keys).size).toBe(4);
    expect(keys[3]).toBe('1 Task 101');
    expect(found.groups[0]!.rows.map(rowKey)).toEqual(keys.slice(1));
  });

  it('lights nothing for the value of a field, whatever it looks like', () => {
    const field = difference(1, 10, { field: 'sg_delivery_type', live: { to: 'omt', rule: 'gone' } });
    expect(causesOf(field)).toEqual([]);
    const found = new Differences();
    found.add([field]);
    expect([found.counts.all, found.causes.size]).toEqual([1, 0]);
  });

  it('lights the links of its rules that lead to the status they set', () => {
    const index = linkIndex(picture);
    const lit = litByCauses(index, causesOf(difference(1, 10)));
    expect(lit.links.has(link.id)).toBe(true);
    expect([...lit.links].every((id) => id.endsWith('>Task:rev'))).toBe(true);
    expect([...lit.pills]).toEqual(expect.arrayContaining(['Task:rev', 'Version:rev']));
    const gone = litByCauses(index, causesOf(difference(1, 10, { draft: null, live: { to: 'omt', rule: 'gone' } })));
    expect([[...gone.links], [...gone.pills]]).toEqual([[], ['Task:omt']]);
    expect(causesOf(difference(1, 10, { draft: { to: null, rule } }))).toEqual([]);
  });
});

describe('the span', () => {
  const now = new Date(2026, 10, 20, 15, 30);

  it('counts days back from now, or takes all', () => {
    expect(between({ kind: 'days', days: 1 }, now)).toEqual({
      since: new Date(now.getTime() - 86_400_000).toISOString(),
      until: null,
    });
    expect(between({ kind: 'all' }, now)).toEqual({ since: null, until: null });
  });

  it('takes both days of two dates whole, by the local calendar', () => {
    expect(between({ kind: 'dates', from: '2026-11-18', to: '2026-11-18' }, now)).toEqual({
      since: new Date(2026, 10, 18).toISOString(),
      until: new Date(2026, 10, 19).toISOString(),
    });
    expect(between({ kind: 'dates', from: '2026-11-18', to: '' }, now)?.until).toBeNull();
  });

  it('is none where the dates are none', () => {
    for (const [from, to] of [
      ['', ''],
      ['2026-11-19', '2026-11-18'],
      ['x', '2026-11-18'],
    ] as const)
      expect(between({ kind: 'dates', from, to }, now)).toBeNull();
  });
});
