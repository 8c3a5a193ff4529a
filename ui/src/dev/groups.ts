import type { EntityRef } from '../api/types/EntityRef';
import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedGroup } from '../api/types/FeedGroup';
import type { FeedGroups } from '../api/types/FeedGroups';
import type { FeedRow } from '../api/types/FeedRow';
import { matches } from '../feed/filter';

const OWN = new Set(['Shot', 'Asset']);
/** As far back as the made-up groups look. */
const MOST = 4_000;
/** As far as the engine counts the events of a group. */
const COUNTED = 1_000;

/**
 * Groups as the engine makes them: by Shot or Asset, the one with the newest event first. `years`: the rows stand for as many a
 * thousand times.
 */
export function groupsOf(
  rows: Iterable<FeedRow>,
  before: number | null,
  limit: number,
  filter: FeedFilter,
  says: (row: FeedRow) => boolean,
  years: boolean,
): FeedGroups {
  const groups = new Map<string, FeedGroup>();
  let seen = 0;
  for (const row of rows) {
    seen += 1;
    if (seen > MOST) break;
    if (!matches(filter, row) || !says(row)) continue;
    const entity = subjectOf(row);
    const key = `${row.site} ${entity ? `${entity.type} ${entity.id}` : ''}`;
    const known = groups.get(key);
    const group: FeedGroup = known ?? {
      site: row.site,
      entity,
      project: row.project,
      latest: row.seq,
      latest_at: row.received_at,
      events: 0,
      capped: false,
      changes: 0,
      failed: 0,
      rows: [],
    };
    group.events += 1;
    group.changes += row.cascade?.changes.filter(({ state }) => state === 'confirmed').length ?? 0;
    group.failed += row.cascade?.changes.filter(({ state }) => state === 'failed').length ?? 0;
    if (group.rows.length < 3) group.rows.push(row);
    if (!known) groups.set(key, group);
  }
  const all = [...groups.values()].filter(({ latest }) => before === null || latest < before);
  const page = all.slice(0, limit).map((group) => (years ? { ...group, events: COUNTED, capped: true } : group));
  const more = all.length > page.length;
  return { groups: page, more, before: more ? (page.at(-1)?.latest ?? null) : null };
}

function subjectOf(row: FeedRow): EntityRef | null {
  if (row.parent && OWN.has(row.parent.type)) return row.parent;
  return row.entity ?? null;
}
