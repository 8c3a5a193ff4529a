import { describe, expect, it } from 'vitest';
import type { FeedRow } from '../api/types/FeedRow';
import { rowAt } from '../dev/rows';
import {
  fromPage,
  hear,
  KEEP,
  KEEP_HELD,
  letGoAbove,
  newer,
  older,
  refreshed,
  release,
  settle,
  type Hearing,
} from './rows';

const scene = { long: false, now: Date.UTC(2026, 10, 20, 14), newest: 20_000, pace: 1_000 };
const row = (seq: number, change: Partial<FeedRow> = {}): FeedRow => ({ ...rowAt(seq, scene), ...change });
const page = (from: number, to: number, more = true) => ({
  rows: Array.from({ length: from - to + 1 }, (_, i) => row(from - i)),
  more,
});
const flowing: Hearing = { hold: false, pointer: null, matches: () => true };
const holding: Hearing = { ...flowing, hold: true };
const seqs = (rows: readonly FeedRow[]) => rows.map((r) => r.seq);

describe('rows of the feed', () => {
  it('stand newest first, each once, whatever order they come in', () => {
    const rows = hear(fromPage(page(5, 1, false)), [row(7), row(6), row(7)], flowing);
    expect(seqs(rows.shown)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it('change where they stand', () => {
    const rows = hear(fromPage(page(5, 1, false)), [row(3, { seen_again: 9 })], holding);
    expect(seqs(rows.shown)).toEqual([5, 4, 3, 2, 1]);
    expect(rows.shown[2]!.seen_again).toBe(9);
    expect(rows.heldCount).toBe(0);
  });

  it('wait while held, are counted once, and come in together', () => {
    const start = fromPage(page(5, 1, false));
    const once = hear(start, [row(6), row(7)], holding);
    const twice = hear(once, [row(7, { seen_again: 1 }), row(8)], holding);
    expect(seqs(twice.shown)).toEqual([5, 4, 3, 2, 1]);
    expect(twice.heldCount).toBe(3);
    const shown = release(twice);
    expect(seqs(shown.shown)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(shown.shown[1]!.seen_again).toBe(1);
    expect(shown.heldCount).toBe(0);
  });

  it('that do not fit the filter stay out, and change in place once they are in', () => {
    const failed: Hearing = { ...flowing, matches: (r) => r.outcome === 'failed' };
    const start = fromPage({ rows: [row(5, { outcome: 'failed' })], more: false });
    const rows = hear(start, [row(6, { outcome: 'changed' }), row(5, { outcome: 'changed' })], failed);
    expect(seqs(rows.shown)).toEqual([5]);
    expect(rows.shown[0]!.outcome).toBe('changed');
  });

  it('older than the last shown wait for their page', () => {
    expect(seqs(hear(fromPage(page(50, 40)), [row(12)], flowing).shown)).not.toContain(12);
  });

  it('never grow above the pointer, and grow once it has left', () => {
    const small = row(9, { cascade: null });
    const big = row(9, { cascade: { seq: 9, revision: 1, rule_set: 'x', decided_at: '', changes: [change(1)] } });
    const start = fromPage({ rows: [small, row(8)], more: false });
    const pointed = hear(start, [big], { ...holding, pointer: 8 });
    expect(pointed.shown[0]).toBe(small);
    expect(settle(pointed, 8).shown[0]).toBe(small);
    expect(settle(pointed, null).shown[0]).toBe(big);
    expect(hear(start, [big], { ...holding, pointer: 9 }).shown[0]).toBe(big);
  });

  it('over the limit are let go at the far end', () => {
    const start = fromPage(page(KEEP, 1, false));
    const live = hear(start, [row(KEEP + 1)], flowing);
    expect(live.shown.length).toBeLessThanOrEqual(KEEP);
    expect(live.shown[0]!.seq).toBe(KEEP + 1);
    expect(live.more).toBe(true);

    const down = letGoAbove(start);
    expect(down.cutAbove).toBe(true);
    expect(down.shown.at(-1)!.seq).toBe(1);
    expect(down.shown.length).toBeLessThan(KEEP);
  });

  it('let go above are announced, not shown, and come back page by page', () => {
    const cut = letGoAbove(fromPage(page(KEEP, 1, false)));
    const first = cut.shown[0]!.seq;
    const told = hear(cut, [row(KEEP + 1)], flowing);
    expect(told.shown[0]!.seq).toBe(first);
    expect(told.heldCount).toBe(1);
    const up = newer(told, page(first + 100, first + 1), false);
    expect(up.shown[0]!.seq).toBe(first + 100);
    expect(up.cutAbove).toBe(true);
    const now = newer(up, page(first + 200, first + 101), true);
    expect(now).toMatchObject({ cutAbove: false, heldCount: 0 });
  });

  it('held beyond measure are counted and asked for again', () => {
    const flood = Array.from({ length: KEEP_HELD + 50 }, (_, i) => row(10 + i));
    const rows = hear(fromPage(page(5, 1, false)), flood, holding);
    expect(rows.held.length).toBe(KEEP_HELD);
    expect(rows.heldCount).toBe(KEEP_HELD + 50);
    expect(rows.cutAbove).toBe(true);
    expect(seqs(release(rows).shown)).toEqual([5, 4, 3, 2, 1]);
  });

  it('get their older page beneath', () => {
    const rows = older(fromPage(page(10, 6)), page(5, 1, false));
    expect(seqs(rows.shown)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(rows.more).toBe(false);
  });

  it('are asked again after a broken line without leaving a gap', () => {
    const start = fromPage(page(10, 6));
    expect(seqs(refreshed(start, page(12, 8), flowing).shown)).toEqual([12, 11, 10, 9, 8, 7, 6]);
    expect(seqs(refreshed(start, page(40, 36), flowing).shown)).toEqual([40, 39, 38, 37, 36]);
    const held = refreshed(start, page(40, 36), holding);
    expect(seqs(held.shown)).toEqual([10, 9, 8, 7, 6]);
    expect(held.cutAbove).toBe(true);
  });
});

function change(id: number): NonNullable<FeedRow['cascade']>['changes'][number] {
  return {
    id,
    entity: { type: 'Task', id, name: 'Composite' },
    from: 'ip',
    to: 'cnv',
    rule: 'r',
    rule_name: 'R',
    parent: null,
    state: 'confirmed',
    reason: null,
    attempts: 1,
    planned_at: '2026-11-20T14:00:00Z',
    settled_at: '2026-11-20T14:00:00.200Z',
  };
}
