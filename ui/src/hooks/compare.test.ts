import { expect, it } from 'vitest';
import type { Compared } from '../api/types/Compared';
import type { ComparedDelivery } from '../api/types/ComparedDelivery';
import { backfillable, countsOf, isShown, keyOf, redeliverable, shareChosen } from './compare';

function row(id: string, verdict: Compared, entries: number[], delivered: boolean | null = true): ComparedDelivery {
  const site =
    delivered === null
      ? null
      : { id, at: '', delivered, seconds: 1, answer: 200, entries, about_itself: false, acknowledgement: null };
  return { id: delivered === null ? null : id, at: `at ${id}`, site, events: [entries[0] ?? 0], entries, verdict };
}

const ROWS = [
  row('a', 'both', [4]),
  row('b', 'missing', [2, 3], false),
  row('c', 'known_anyway', [3], false),
  row('d', 'only_here', [9], null),
];

it('filters by what is missing here and by what failed there', () => {
  expect(countsOf(ROWS)).toEqual({ all: 4, missing: 1, failed: 2 });
  expect(ROWS.filter((one) => isShown(one, 'failed')).map(keyOf)).toEqual(['b', 'c']);
});

it('asks the site only for what it has a record of', () => {
  expect(redeliverable(ROWS, new Set(ROWS.map(keyOf)))).toEqual(['a', 'b', 'c']);
  expect(redeliverable(ROWS, new Set([keyOf(ROWS[3]!)]))).toEqual([]);
});

it('reads each entry once, in order', () => {
  expect(backfillable(ROWS, new Set(['a', 'b', 'c']))).toEqual([2, 3, 4]);
});

it('says how much of what is shown is chosen', () => {
  const some = ROWS.slice(0, 2);
  expect(shareChosen(some, new Set())).toBe('none');
  expect(shareChosen(some, new Set(['a', 'c']))).toBe('some');
  expect(shareChosen(some, new Set(['a', 'b']))).toBe('all');
});
