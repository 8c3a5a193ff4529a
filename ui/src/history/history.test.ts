import { describe, expect, it } from 'vitest';
import type { History } from '../api/types/History';
import type { Span } from '../api/types/Span';
import { across, besides, beginsKind, firstSpot, laneName, spanAt } from './lanes';
import { extentOf, moved, placeOf, shownOf, showing, stretchWords, ticksOf, type Stretch } from './scale';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = new Date(2026, 10, 20, 14).getTime();

const span = (from: number, until: number | null, status = 'ip'): Span => ({
  seq: 1,
  from: new Date(from).toISOString(),
  until: until === null ? null : new Date(until).toISOString(),
  status,
  before: null,
  who: null,
  by: 'person',
  rule: null,
  cause: null,
});
const lane = (type: string, name: string | null, spans: Span[], step: string | null = null) => ({
  entity: { type, id: 7, name },
  step,
  spans,
});
const PAST: History = {
  entity: { type: 'Shot', id: 840, name: 'SQ020_0040' },
  parent: null,
  lanes: [
    lane('Shot', 'SQ020_0040', [span(NOW - 3 * DAY, NOW - DAY), span(NOW - DAY, null)]),
    lane('Task', 'Roto', []),
    lane('Task', 'Composite', [span(NOW - 2 * DAY, NOW - HOUR), span(NOW - HOUR, null)], 'CMP'),
  ],
  truncated: false,
};

describe('the time that is shown', () => {
  const extent: Stretch = { from: NOW - 40 * DAY, to: NOW };

  it('is all of a past, and never so little that a minute looks like an age', () => {
    const all = extentOf(PAST, NOW);
    expect(all.from).toBeLessThan(NOW - 3 * DAY);
    expect(all.to).toBeGreaterThan(NOW);
    const short = extentOf({ lanes: [lane('Shot', 'S', [span(NOW - 60_000, null)])] }, NOW);
    expect(short.to - short.from).toBeGreaterThan(6 * HOUR);
    expect(extentOf({ lanes: [] }, NOW).to).toBeGreaterThan(NOW);
  });

  it('lies within that, whatever it is zoomed to', () => {
    expect(shownOf('all', NOW, extent)).toEqual(extent);
    expect(shownOf('week', NOW, extent)).toEqual({ from: NOW - 7 * DAY, to: NOW });
    expect(shownOf('day', NOW - 100 * DAY, extent)).toEqual({ from: extent.from, to: extent.from + DAY });
    expect(shownOf('month', NOW, { from: NOW - DAY, to: NOW })).toEqual({ from: NOW - 30 * DAY, to: NOW });
  });

  it('moves by a share of itself and stops at the ends', () => {
    const week = shownOf('week', NOW, extent);
    expect(moved(week, -1, extent)).toEqual({ from: NOW - 14 * DAY, to: NOW - 7 * DAY });
    expect(moved(week, 1, extent)).toEqual(week);
    expect(moved(week, -99, extent).from).toBe(extent.from);
  });

  it('moves to show a moment, and not where it is in sight', () => {
    const week = shownOf('week', NOW, extent);
    expect(showing(week, NOW - 3 * DAY, extent)).toEqual(week);
    const earlier = showing(week, NOW - 20 * DAY, extent);
    expect(earlier.from).toBeLessThan(NOW - 20 * DAY);
    expect(earlier.to - earlier.from).toBe(7 * DAY);
    expect(showing(earlier, NOW - HOUR, extent).to).toBeGreaterThan(NOW - HOUR);
  });
});

describe('a span', () => {
  const day: Stretch = { from: NOW - DAY, to: NOW };

  it('is drawn for the part of it that is in sight', () => {
    expect(placeOf(span(NOW - 12 * HOUR, NOW - 6 * HOUR), day, NOW)).toEqual({ left: 0.5, width: 0.25 });
    expect(placeOf(span(NOW - 9 * DAY, NOW - 12 * HOUR), day, NOW)).toEqual({ left: 0, width: 0.5 });
    expect(placeOf(span(NOW - 9 * DAY, NOW - 8 * DAY), day, NOW)).toBeNull();
  });

  it('lasts until now where nothing ended it', () => {
    expect(placeOf(span(NOW - 6 * HOUR, null), day, NOW)).toEqual({ left: 0.75, width: 0.25 });
    expect(placeOf(span(NOW - 6 * HOUR, null), { from: NOW + HOUR, to: NOW + 2 * HOUR }, NOW)).toBeNull();
  });
});

describe('the marks of the axis', () => {
  const labels = (stretch: Stretch, pixels: number) => ticksOf(stretch, pixels).map(({ label }) => label);

  it('are as many as there is room for', () => {
    for (const width of [HOUR, DAY, 7 * DAY, 30 * DAY, 400 * DAY, 4_000 * DAY]) {
      for (const pixels of [200, 700, 1_500]) {
        const ticks = ticksOf({ from: NOW - width, to: NOW }, pixels);
        expect(ticks.length).toBeLessThanOrEqual(pixels / 60 + 1);
        expect([...ticks].sort((one, other) => one.at - other.at)).toEqual(ticks);
      }
    }
  });

  it('stand at hours of a day, and name the day where it begins', () => {
    const ticks = ticksOf({ from: NOW - DAY, to: NOW }, 800);
    expect(ticks.map(({ label }) => label)).toContain('12:00');
    expect(ticks.find(({ strong }) => strong)!.label).toMatch(/20 Nov/);
  });

  it('stand at days of a month and at months of a year', () => {
    expect(labels({ from: NOW - 7 * DAY, to: NOW }, 900)).toContain('15 Nov');
    expect(labels({ from: NOW - 300 * DAY, to: NOW }, 900)).toContain('Jun 2026');
  });
});

describe('the corner of the axis', () => {
  it('names one day, or the first and the last', () => {
    expect(stretchWords({ from: NOW - HOUR, to: NOW })).toBe('20 Nov');
    expect(stretchWords({ from: NOW - DAY, to: NOW })).toBe('19 Nov – 20 Nov');
  });
});

describe('the lanes by keys', () => {
  it('begin at the newest span of the Shot', () => {
    expect(firstSpot(PAST)).toEqual({ lane: 0, span: 1 });
    expect(firstSpot({ ...PAST, lanes: [] })).toBeNull();
    expect(spanAt(PAST, null)).toBeNull();
  });

  it('are gone along, and stop at the ends', () => {
    expect(besides(PAST, { lane: 0, span: 1 }, -1)).toEqual({ lane: 0, span: 0 });
    expect(besides(PAST, { lane: 0, span: 0 }, -1)).toEqual({ lane: 0, span: 0 });
    expect(besides(PAST, { lane: 0, span: 1 }, 1)).toEqual({ lane: 0, span: 1 });
  });

  it('are gone across at the same time, over lanes that are empty', () => {
    expect(across(PAST, { lane: 0, span: 1 }, 1)).toEqual({ lane: 2, span: 0 });
    expect(across(PAST, { lane: 2, span: 1 }, -1)).toEqual({ lane: 0, span: 1 });
    expect(across(PAST, { lane: 0, span: 0 }, 1)).toEqual({ lane: 2, span: 0 });
    expect(across(PAST, { lane: 0, span: 0 }, -1)).toEqual({ lane: 0, span: 0 });
  });

  it('are named by what tells them apart', () => {
    expect(laneName(lane('Version', 'SQ020_0040_comp_v012', []), 'SQ020_0040')).toEqual({
      name: 'comp_v012',
      quiet: 'Version',
    });
    expect(laneName(lane('Task', 'Comp main', [], 'Composite'), 'SQ020_0040')).toEqual({
      name: 'Comp main',
      quiet: 'Composite',
    });
    expect(laneName(lane('Task', null, []), null).name).toBe('7');
    expect(beginsKind(PAST.lanes, 0)).toBe(false);
    expect([1, 2].map((i) => beginsKind(PAST.lanes, i))).toEqual([true, false]);
  });
});
