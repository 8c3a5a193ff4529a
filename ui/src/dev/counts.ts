import type { FeedCounts } from '../api/types/FeedCounts';
import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedRow } from '../api/types/FeedRow';
import { matches } from '../feed/filter';

/** More than these are not counted; the real engine counts 100,000. */
const MOST = 4_000;

/** Counts as the engine makes them: each facet without its own part of the filter. */
export function countsOf(rows: Iterable<FeedRow>, filter: FeedFilter, says: (row: FeedRow) => boolean): FeedCounts {
  const facets = {
    entity_types: [new Map<string, number>(), (row: FeedRow) => row.entity?.type],
    projects: [new Map<string, number>(), (row: FeedRow) => row.project?.name],
    outcomes: [new Map<string, number>(), (row: FeedRow) => row.outcome],
    people: [new Map<string, number>(), (row: FeedRow) => row.actor?.name],
    sites: [new Map<string, number>(), (row: FeedRow) => row.site],
  } as const;
  let total = 0;
  let seen = 0;
  for (const row of rows) {
    if (seen >= MOST) break;
    seen += 1;
    if (!says(row)) continue;
    if (matches(filter, row)) total += 1;
    for (const [name, [counts, valueOf]] of Object.entries(facets)) {
      const value = valueOf(row);
      if (value != null && matches({ ...filter, [name]: [] }, row)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  const told = ([counts]: readonly [Map<string, number>, unknown]) =>
    [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((one, other) => other.count - one.count)
      .slice(0, 30);
  return {
    total,
    capped: seen >= MOST,
    entity_types: told(facets.entity_types),
    projects: told(facets.projects),
    outcomes: told(facets.outcomes) as FeedCounts['outcomes'],
    people: told(facets.people),
    sites: told(facets.sites),
  };
}
