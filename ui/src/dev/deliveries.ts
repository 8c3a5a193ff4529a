import type { Compared } from '../api/types/Compared';
import type { ComparedDeliveries } from '../api/types/ComparedDeliveries';
import type { ComparedDelivery } from '../api/types/ComparedDelivery';
import type { HookView } from '../api/types/HookView';

const MINUTE = 60_000;

/** Deliveries by both records, made up. */
export function compared(how: string | null, hook: HookView | undefined, now: number): ComparedDeliveries {
  const from = new Date(now - 7 * 24 * 60 * MINUTE).toISOString();
  if (how === 'none' || hook?.strip.length === 0)
    return { rows: [], from, missing_here: 0, missing_there: 0, more: false, trouble: null };
  const unknown = how === 'broken' || hook?.webhook === null;
  const wrong = hook?.health.state !== 'active';
  const rows = Array.from({ length: how === 'many' ? 2_400 : 64 }, (_, i) => rowAt(i, now, wrong, unknown));
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

function rowAt(i: number, now: number, wrong: boolean, unknown: boolean): ComparedDelivery {
  const failed = wrong && (i === 3 || i === 4 || i === 9);
  const verdict: Compared = unknown
    ? 'only_here'
    : failed
      ? i === 9
        ? 'missing'
        : 'known_anyway'
      : i === 6 && wrong
        ? 'only_here'
        : i % 23 === 14
          ? 'about_itself'
          : 'both';
  const at = new Date(now - (i + 0.4) * 11 * MINUTE).toISOString();
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
