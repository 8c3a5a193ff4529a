import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedRow } from '../api/types/FeedRow';
import type { Outcome } from '../api/types/Outcome';

export const ANY: FeedFilter = { entity_types: [], projects: [], outcomes: [], text: '' };

export const OUTCOMES: readonly Outcome[] = [
  'changed',
  'skipped',
  'failed',
  'waiting',
  'nothing',
  'echo',
  'not_understood',
];

export function isAny(filter: FeedFilter): boolean {
  return (
    filter.entity_types.length + filter.projects.length + filter.outcomes.length === 0 && filter.text.trim() === ''
  );
}

/** Whether a row that we were told of belongs here. The text is left to the journal, which searches payloads too. */
export function matches(filter: FeedFilter, row: FeedRow): boolean {
  const within = (list: readonly string[], value: string | null | undefined) =>
    list.length === 0 || (value != null && list.includes(value));
  return (
    within(filter.entity_types, row.entity?.type) &&
    within(filter.projects, row.project?.name) &&
    within(filter.outcomes, row.outcome)
  );
}
