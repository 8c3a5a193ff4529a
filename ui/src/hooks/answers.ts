import type { HookStep } from '../api/types/HookStep';

const STEP = 600;
const STEPS = 144;

/** The past 24 hours for a chart: one place for every ten minutes, also for those in which nothing came. Times in seconds. */
export interface Answers {
  at: number[];
  mean: (number | null)[];
  longest: (number | null)[];
  deliveries: number[];
  refused: number[];
  /** By the site's record. */
  failed: number[];
}

export function answersOf(strip: readonly HookStep[], now: Date): Answers {
  const last = Math.floor(now.getTime() / 1_000 / STEP) * STEP;
  const known = new Map(strip.map((step) => [Math.floor(Date.parse(step.at) / 1_000 / STEP) * STEP, step]));
  const answers: Answers = { at: [], mean: [], longest: [], deliveries: [], refused: [], failed: [] };
  for (let at = last - (STEPS - 1) * STEP; at <= last; at += STEP) {
    const step = known.get(at);
    const answered = step !== undefined && step.deliveries > 0;
    answers.at.push(at);
    answers.mean.push(answered ? step.mean_ms : null);
    answers.longest.push(answered ? step.longest_ms : null);
    answers.deliveries.push(step?.deliveries ?? 0);
    answers.refused.push(step?.refused ?? 0);
    answers.failed.push(step?.failed ?? 0);
  }
  return answers;
}

export interface Totals {
  deliveries: number;
  refused: number;
  failed: number;
  longest: number;
}

export function totalsOf(strip: readonly HookStep[]): Totals {
  return strip.reduce(
    (sum, step) => ({
      deliveries: sum.deliveries + step.deliveries,
      refused: sum.refused + step.refused,
      failed: sum.failed + step.failed,
      longest: Math.max(sum.longest, step.longest_ms),
    }),
    { deliveries: 0, refused: 0, failed: 0, longest: 0 },
  );
}

/** One hour of the chart's table twin. */
export interface Hour extends Totals {
  at: Date;
  mean: number | null;
}

/** The hours in which anything came or failed, the newest first. */
export function hoursOf(strip: readonly HookStep[]): Hour[] {
  const hours = new Map<number, HookStep[]>();
  for (const step of strip) {
    const at = new Date(step.at);
    at.setMinutes(0, 0, 0);
    hours.set(at.getTime(), [...(hours.get(at.getTime()) ?? []), step]);
  }
  return [...hours]
    .map(([at, steps]) => {
      const totals = totalsOf(steps);
      const weighed = steps.reduce((sum, step) => sum + step.mean_ms * step.deliveries, 0);
      return { at: new Date(at), mean: totals.deliveries === 0 ? null : weighed / totals.deliveries, ...totals };
    })
    .filter((hour) => hour.deliveries + hour.refused + hour.failed > 0)
    .sort((a, b) => b.at.getTime() - a.at.getTime());
}
