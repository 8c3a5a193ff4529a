import type { Lane } from '../api/types/Lane';
import type { Span } from '../api/types/Span';
import { duration, moment } from '../frame/format';
import { statusOf, type Statuses } from '../status/lookup';
import { S } from '../strings';

export function statusName(statuses: Statuses | undefined, type: string, code: string | null): string {
  return code === null ? S.words.statusCleared : statusOf(statuses, type, code).name;
}

/** Who set it, or which rule. */
export function byWords({ by, rule, who }: Span): string {
  if (rule !== null) return S.history.byRule(rule);
  if (by === 'callboard') return S.history.byCallboard;
  return S.history.by(who?.name ?? S.history.kinds[by ?? 'other']);
}

export function lasted(span: Span, now: number): string {
  const from = Date.parse(span.from);
  if (span.until === null) return S.history.sinceFor(duration(now - from));
  return S.history.for(duration(Date.parse(span.until) - from));
}

/** All of a span in a sentence, for whoever does not see it. */
export function spanWords(lane: Lane, name: string, span: Span, statuses: Statuses | undefined, now: number): string {
  const today = new Date(now);
  const from = moment(new Date(span.from), today);
  const until = span.until === null ? S.history.untilNow : S.history.until(moment(new Date(span.until), today));
  const status = statusName(statuses, lane.entity.type, span.status);
  return S.history.said(name, status, from, until, byWords(span));
}
