import type { RuleVerdict } from '../api/types/RuleVerdict';
import type { Trial } from '../api/types/Trial';
import { nearness } from '../rules/trial/way';

/** The rules that had no part in what an event caused, each where it came nearest; the nearest first. */
export function othersOf(trial: Trial, fired: ReadonlySet<string>): RuleVerdict[] {
  const best = new Map<string, RuleVerdict>();
  for (const verdict of trial.stops.flatMap((stop) => stop.verdicts)) {
    if (fired.has(verdict.rule)) continue;
    const known = best.get(verdict.rule);
    if (!known || rank(verdict) > rank(known)) best.set(verdict.rule, verdict);
  }
  return [...best.values()].sort((one, other) => rank(other) - rank(one));
}

function rank(verdict: RuleVerdict): number {
  return verdict.fired ? Infinity : nearness(verdict);
}
