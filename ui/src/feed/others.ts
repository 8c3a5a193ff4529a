import type { FeedRow } from '../api/types/FeedRow';
import type { RuleVerdict } from '../api/types/RuleVerdict';
import type { Trial } from '../api/types/Trial';
import type { Which } from '../api/types/Which';
import { nearness } from '../rules/trial/way';
import { S } from '../strings';

/** Which rules are asked why not: those that decided; where none did, those that are live. `revision`: the one that decided. */
export function askedOf(revision: number | null): Which {
  return revision === null ? 'live' : { revision };
}

/** Which rules were asked, in words. */
export function askedInWords(revision: number | null, live: number): string {
  if (revision === null) return S.event.whyNotBy(live);
  return revision === live ? S.event.whyNotStill(revision) : S.event.whyNotThen(revision);
}

/** Why a rule had no part in what an event caused, in words. */
export function reasonOf(verdict: RuleVerdict, { outcome }: FeedRow, revision: number | null): string {
  if (!verdict.fired) return verdict.sentence;
  if (outcome === 'echo') return S.event.fitsEcho;
  return revision === null ? S.event.fitsNow : S.event.fitsThen;
}

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
