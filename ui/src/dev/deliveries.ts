import type { Compared } from '../api/types/Compared';
import type { ComparedDeliveries } from '../api/types/ComparedDeliveries';
import type { ComparedDelivery } from '../api/types/ComparedDelivery';
import type { HookState } from '../api/types/HookState';
import type { HookView } from '../api/types/HookView';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Which of the newest deliveries failed. */
const FAILED: readonly number[] = [3, 4, 9];

/** Deliveries by both records, made up. */
export function compared(how: string | null, hook: HookView | undefined, now: number): ComparedDeliveries {
  const from = new Date(now - 7 * 24 * HOUR).toISOString();
  if (how === 'none' || hook?.strip.length === 0)
    return { rows: [], from, missing_here: 0, missing_there: 0, more: false, trouble: null };
  const unknown = how === 'broken' || hook?.webhook === null;
  const failures = hook?.forecast?.failures ?? 0;
  const rows = Array.from({ length: how === 'many' ? 2_400 : Math.max(64, failures + 20) }, (_, i) =>
    rowAt(i, now, hook?.health.state ?? 'active', failures, unknown),
  );
  return {
    rows,
    from,
    missing_here: rows.filter((row) => row.verdict === 'missing').length,
    missing_there: rows.filter((row) => row.verdict === 'only_here').length,
    more: how === 'many',
    trouble: unknown
      ? 'The site does not let this script read its record of deliveries. Give its permission group “Show Webhooks”.'
      : null,
  };
}

/** As many of them failed as the hook says: the newest, or where it goes on, some among those that came. */
function rowAt(i: number, now: number, state: HookState, failures: number, unknown: boolean): ComparedDelivery {
  const silent = state === 'failed' || state === 'disabled' || state === 'deaf';
  const failed = silent ? i < failures : FAILED.slice(0, failures).includes(i);
  const verdict: Compared = unknown
    ? 'only_here'
    : failed
      ? i === 9
        ? 'missing'
        : 'known_anyway'
      : i === 6 && failures > 0
        ? 'only_here'
        : i % 23 === 14
          ? 'about_itself'
          : 'both';
  const at = new Date(now - (silent ? 3 * HOUR : 0) - (i + 0.4) * 11 * MINUTE).toISOString();
  const entries = verdict === 'about_itself' ? [] : Array.from({ length: 1 + (i % 4) }, (_, n) => 545_900 - i * 5 + n);
  const id = `b9a3c7d2-33d5-4c1f-9e0a-${String(i).padStart(12, '0')}`;
  return {
    id,
    at,
    site:
      verdict === 'only_here'
        ? null
        : {
            id,
            at,
            delivered: !failed,
            seconds: failed ? 6 : 0.19 + (i % 7) * 0.02,
            answer: failed ? (i === 4 ? 502 : 0) : 200,
            entries,
            about_itself: verdict === 'about_itself',
            acknowledgement:
              failed || verdict === 'about_itself' ? null : i % 3 === 0 ? '2 changes confirmed' : 'nothing to change',
          },
    events: verdict === 'missing' ? [] : entries.map((_, n) => 240 - i + n),
    entries,
    verdict,
  };
}
