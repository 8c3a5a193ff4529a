import { number, plural } from '../frame/format';

/** Words of the bar above the events: filters, their counts, time and groups. */
export const feed = {
  site: 'Site',
  person: 'Person',
  filters: 'Filters',
  counted: 'Counted among the newest 100,000 that fit.',
  countedMany: (n: number) => `${number(n)}+`,
  found: (n: number, capped: boolean) => (capped ? `${number(n)}+ events` : plural(n, 'event', 'events')),
  foundWhy: 'Events that fit the search and the filters',
  commands: {
    only: {
      sites: 'Show only one site …',
      entity_types: 'Show only one type …',
      projects: 'Show only one project …',
      outcomes: 'Show only one outcome …',
      people: 'Show only one person …',
    },
    ownDays: 'Show days of your own …',
    now: 'set now',
    kept: (words: string) => `Kept filters: ${words}`,
  },
  range: {
    label: 'Time',
    named: { today: 'Today', yesterday: 'Yesterday', week: 'Last 7 days', month: 'Last 30 days' },
    any: 'Any time',
    own: 'Days of your own',
    from: 'First day',
    to: 'Last day',
    backwards: 'The last day is before the first. Change one of them.',
    oneDay: 'The same day in both is that day alone; one left empty is open.',
    show: 'Show these days',
    since: (day: string) => `since ${day}`,
    until: (day: string) => `until ${day}`,
    span: (from: string, to: string) => `${from} – ${to}`,
  },
};
