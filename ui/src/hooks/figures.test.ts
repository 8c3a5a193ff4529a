import { describe, expect, it } from 'vitest';
import type { HookDay } from '../api/types/HookDay';
import type { HookStep } from '../api/types/HookStep';
import type { HookView } from '../api/types/HookView';
import type { LogView } from '../api/types/LogView';
import { answersOf, hoursOf, totalsOf } from './answers';
import { loadLevel, placeOf, secondsOf, siteShare } from './budget';
import { caughtShare } from './log';
import { shortTime } from './times';
import { cellsOf, percent, uptimeOf } from './uptime';

const NOW = new Date('2026-11-28T18:34:00Z');

function day(date: string, active: number, known = 86_400): HookDay {
  return { day: date, worst: 'active', active_seconds: active, known_seconds: known, deliveries: 1, refused: 0 };
}

function step(at: string, deliveries: number, mean: number, refused = 0, failed = 0): HookStep {
  return { at, deliveries, events: deliveries, refused, failed, mean_ms: mean, longest_ms: mean * 3 };
}

describe('the days', () => {
  it('are thirty with today last, also where nothing is known', () => {
    const cells = cellsOf([day('2026-11-28', 100, 100), day('2026-10-01', 1)], NOW);
    expect(cells).toHaveLength(30);
    expect(cells[0]).toEqual({ day: '2026-10-30', known: null });
    expect(cells.at(-1)?.known?.active_seconds).toBe(100);
  });

  it('count only what is known', () => {
    const cells = cellsOf([day('2026-11-28', 50, 100), day('2026-11-27', 100, 100), day('2026-11-01', 0, 100)], NOW);
    expect(uptimeOf(cells, 7)).toEqual({ share: 0.75, knownSeconds: 200 });
    expect(uptimeOf(cells, 30)?.share).toBe(0.5);
    expect(uptimeOf(cellsOf([], NOW), 7)).toBeNull();
  });

  it('say 100 % only where nothing was interrupted', () => {
    expect(percent(1)).toBe('100 %');
    expect(percent(0.999_999)).toBe('99.99 %');
    expect(percent(0.9876)).toBe('98.7 %');
    expect(percent(0)).toBe('0.0 %');
  });
});

describe('the answers', () => {
  const strip = [
    step('2026-11-28T18:30:00Z', 10, 2),
    step('2026-11-28T18:10:00Z', 30, 4, 1),
    step('2026-11-28T12:00:00Z', 0, 0, 2),
    step('2026-11-28T11:00:00Z', 0, 0, 0, 4),
    step('2026-11-27T18:00:00Z', 99, 1),
  ];

  it('have a place for every ten minutes of 24 hours', () => {
    const answers = answersOf(strip, NOW);
    expect(answers.at).toHaveLength(144);
    expect(new Date(answers.at.at(-1)! * 1_000).toISOString()).toBe('2026-11-28T18:30:00.000Z');
    expect(answers.mean.slice(-3)).toEqual([4, null, 2]);
    expect(answers.deliveries.reduce((sum, n) => sum + n)).toBe(40);
  });

  it('show no time where everything was refused', () => {
    const answers = answersOf(strip, NOW);
    const at = answers.at.indexOf(Date.parse('2026-11-28T12:00:00Z') / 1_000);
    expect([answers.mean[at], answers.refused[at]]).toEqual([null, 2]);
  });

  it('show what failed there where nothing of it arrived', () => {
    const answers = answersOf(strip, NOW);
    const at = answers.at.indexOf(Date.parse('2026-11-28T11:00:00Z') / 1_000);
    expect([answers.mean[at], answers.refused[at], answers.failed[at]]).toEqual([null, 0, 4]);
    expect(hoursOf(strip)[2]).toMatchObject({ mean: null, deliveries: 0, failed: 4 });
  });

  it('weigh the mean of an hour by its deliveries', () => {
    const [last, noon] = hoursOf(strip);
    expect(last).toMatchObject({ mean: 3.5, deliveries: 40, refused: 1, longest: 12 });
    expect(noon).toMatchObject({ mean: null, refused: 2 });
    expect(totalsOf(strip)).toEqual({ deliveries: 139, refused: 3, failed: 4, longest: 12 });
  });

  it('are told in tenths of a millisecond below ten', () => {
    expect([shortTime(1.44), shortTime(9.94), shortTime(14.4), shortTime(6_000)]).toEqual([
      '1.4 ms',
      '9.9 ms',
      '14 ms',
      '6.0 s',
    ]);
  });
});

describe('the budget', () => {
  it('is heavy above 10 %, and very heavy above 50 %', () => {
    expect([0.1, 0.11, 0.5, 0.51, 1.2].map(loadLevel)).toEqual(['good', 'warn', 'warn', 'bad', 'bad']);
  });

  it('keeps its bar within its box, with the whole budget in sight', () => {
    expect(placeOf(7)).toBe(1);
    expect(placeOf(1)).toBeLessThan(1);
    expect(placeOf(-1)).toBe(0);
  });

  it('is summed over the hooks of a site, as far as it is known', () => {
    const of = (site: string, share: number | null) => ({ health: { site }, load: { share } }) as unknown as HookView;
    const hooks = [of('a', 0.5), of('a', null), of('a', 0.25), of('b', null)];
    expect(siteShare(hooks, 'a')).toBe(0.75);
    expect(siteShare(hooks, 'b')).toBeNull();
    expect([secondsOf(0.068), secondsOf(0.75)]).toEqual(['4.1 s', '45 s']);
  });
});

it('a log that catches up knows how far it is', () => {
  const log = (state: LogView['state'], caught_up: number, behind: number) => ({ state, caught_up, behind }) as LogView;
  expect(caughtShare(log('catching_up', 250, 750))).toBe(0.25);
  expect(caughtShare(log('catching_up', 0, 0))).toBe(0);
  expect(caughtShare(log('live', 250, 0))).toBeNull();
});
