import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedRow } from '../api/types/FeedRow';
import type { Outcome } from '../api/types/Outcome';

export const ANY: FeedFilter = {
  entity_types: [],
  projects: [],
  outcomes: [],
  text: '',
  sites: [],
  people: [],
  since: null,
  until: null,
  about: null,
};

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
  const { entity_types, projects, outcomes, sites, people, since, until, about, text } = filter;
  const lists = [entity_types, projects, outcomes, sites, people];
  return lists.every((list) => list.length === 0) && !since && !until && !about && text.trim() === '';
}

/** Whether a row that we were told of belongs here. The text is left to the journal, which searches payloads too. */
export function matches(filter: FeedFilter, row: FeedRow): boolean {
  const within = (list: readonly string[], value: string | null | undefined) =>
    list.length === 0 || (value != null && list.includes(value));
  const at = Date.parse(row.received_at);
  return (
    within(filter.entity_types, row.entity?.type) &&
    within(filter.projects, row.project?.name) &&
    within(filter.outcomes, row.outcome) &&
    within(filter.sites, row.site) &&
    within(filter.people, row.actor?.name) &&
    (filter.since === null || at >= Date.parse(filter.since)) &&
    (filter.until === null || at < Date.parse(filter.until)) &&
    isAbout(filter.about, row)
  );
}

function isAbout(about: FeedFilter['about'], { site, entity, parent }: FeedRow): boolean {
  if (!about) return true;
  const is = (one: FeedRow['entity']) => one?.type === about.entity.type && one.id === about.entity.id;
  return site === about.site && (is(entity) || is(parent));
}
