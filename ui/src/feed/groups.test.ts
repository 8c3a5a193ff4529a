import { describe, expect, it } from 'vitest';
import type { FeedGroup } from '../api/types/FeedGroup';
import type { FeedRow } from '../api/types/FeedRow';
import { rowAt } from '../dev/rows';
import {
  firstGroups,
  groupItems,
  hearGroups,
  keyOfGroup,
  NO_GROUPS,
  olderGroups,
  openGroup,
  readInto,
  rowIn,
  shutGroup,
  stepFrom,
} from './groups';

const scene = { long: false, now: Date.UTC(2026, 10, 20, 14), newest: 900, pace: 1_000 };
const row = (seq: number, change: Partial<FeedRow> = {}): FeedRow => ({ ...rowAt(seq, scene), ...change });
const group = (id: number, latest: number, events = 5): FeedGroup => ({
  site: 'studio',
  entity: { type: 'Shot', id, name: `S${id}` },
  project: null,
  latest,
  latest_at: '2026-11-20T14:00:00Z',
  events,
  capped: false,
  changes: 1,
  failed: 0,
  rows: [row(latest), row(latest - 1), row(latest - 2)],
});
const page = (groups: FeedGroup[], before: number | null = null) => ({ groups, more: before !== null, before });
const two = firstGroups(NO_GROUPS, page([group(1, 100), group(2, 90)], 90));
const key = (id: number) => keyOfGroup(group(id, 1));
const lines = (grouped: typeof two) => groupItems(grouped).map(({ kind, key }) => `${kind} ${key}`);
const any = () => true;

describe('the feed by Shots', () => {
  it('is a line for each Shot until one is opened', () => {
    expect(lines(two)).toEqual(['head studio Shot 1', 'head studio Shot 2']);
    expect(lines(openGroup(two, key(1)))).toEqual([
      'head studio Shot 1',
      'row studio Shot 1 100',
      'row studio Shot 1 99',
      'row studio Shot 1 98',
      'more studio Shot 1 more',
      'head studio Shot 2',
    ]);
    expect(lines(shutGroup(openGroup(two, key(1)), key(1)))).toEqual(lines(two));
  });

  it('needs no further reading where all came with the group', () => {
    const small = firstGroups(NO_GROUPS, page([group(1, 100, 3)]));
    expect(lines(openGroup(small, key(1)))).toHaveLength(4);
  });

  it('shows the rows of an open group newest first, each once, and whether there are older', () => {
    const read = readInto(openGroup(two, key(1)), key(1), [row(97), row(99), row(96)], true);
    expect(read.opened.get(key(1))!.rows.map(({ seq }) => seq)).toEqual([100, 99, 98, 97, 96]);
    expect(lines(read)).toContain('more studio Shot 1 more');
    expect(lines(readInto(read, key(1), [row(95)], false))).not.toContain('more studio Shot 1 more');
    expect(
      readInto(read, key(1), [row(300), row(299)], true)
        .opened.get(key(1))!
        .rows.map(({ seq }) => seq),
    ).toEqual([300, 299]);
    expect(readInto(two, key(1), [row(97)], true)).toBe(two);
  });

  it('never moves for news: known rows change where they stand, others wait and are counted once', () => {
    const open = openGroup(two, key(2));
    const changed = row(89, { outcome: 'failed' });
    const heard = hearGroups(open, [row(101), row(101), changed, row(102)], any);
    expect(heard.shown.map(({ latest }) => latest)).toEqual([100, 90]);
    expect(rowIn(heard, 89)!.outcome).toBe('failed');
    expect(heard.fresh.size).toBe(2);
    expect(hearGroups(heard, [row(102)], any).fresh.size).toBe(2);
    expect(hearGroups(open, [row(103)], () => false).fresh.size).toBe(0);
  });

  it('asked anew, shows what is new and leaves open what was open', () => {
    const open = hearGroups(openGroup(two, key(2)), [row(101)], any);
    const anew = firstGroups(open, page([group(2, 101), group(1, 100)]));
    expect(lines(anew)[0]).toBe('head studio Shot 2');
    expect(anew.opened.has(key(2))).toBe(true);
    expect(anew.fresh.size).toBe(0);
    expect(firstGroups(open, page([group(1, 100)])).opened.size).toBe(0);
  });

  it('takes an older page beneath, without a Shot twice', () => {
    const all = olderGroups(two, page([group(2, 90), group(3, 80)]));
    expect(all.shown.map(({ latest }) => latest)).toEqual([100, 90, 80]);
    expect(all.more).toBe(false);
  });

  it('steps over heads and rows, and stops at the ends', () => {
    const items = groupItems(openGroup(two, key(1)));
    expect(stepFrom(items, null, 1)!.key).toBe(key(1));
    expect(stepFrom(items, key(1), 1)!.kind).toBe('row');
    expect(stepFrom(items, key(1), 4)!.key).toBe(key(2));
    expect(stepFrom(items, key(2), 1)!.key).toBe(key(2));
    expect(stepFrom(items, key(1), -1)!.key).toBe(key(1));
    expect(stepFrom([], null, 1)).toBeNull();
  });
});
