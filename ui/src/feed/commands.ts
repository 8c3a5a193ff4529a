import type { FeedFilter } from '../api/types/FeedFilter';
import type { Outcome } from '../api/types/Outcome';
import type { Command } from '../palette/commands';
import { S } from '../strings';
import { choicesOf, type Choice } from './choices';
import type { Feed } from './feed.svelte';
import { OUTCOMES } from './filter';
import { keyOf, wordsOf } from './kept';
import { NAMED_RANGES, type Range } from './range';

/** What the palette sees and does of the feed. */
export type Sifted = Pick<Feed, 'filter' | 'range' | 'kept' | 'filtered' | 'counts' | 'grouped'> & {
  siteNames: readonly string[];
  entityTypes: readonly string[];
  projects: readonly string[];
  /** Goes to the feed and sets filters there. */
  setFilter: (change: Partial<FeedFilter>) => void;
  setRange: (range: Range) => void;
  apply: (kept: Feed['kept'][number]) => void;
  clear: () => void;
  /** Goes to the feed and lets days be chosen. */
  chooseTime: () => void;
  turnGrouped: () => void;
  /** Shows the past of what is selected; none: nothing that has one is. */
  showPast: (() => void) | null;
};

/** Commands that say which events are shown. */
export function siftingCommands(feed: Sifted): Command[] {
  const t = S.feed.commands;
  const { filter, range } = feed;
  const counts = feed.counts.known;
  const outcomeName = (value: string) => S.outcomes[value as Outcome];
  const times: Command[] = (['any', ...NAMED_RANGES] as const).map((name) => ({
    id: `time ${name}`,
    group: 'feed',
    title: name === 'any' ? S.feed.range.any : S.feed.range.named[name],
    detail: name === range ? t.now : undefined,
    words: S.feed.range.label,
    run: () => feed.setRange(name),
  }));
  const own: Command = {
    id: 'time own',
    group: 'feed',
    title: t.ownDays,
    keys: 'T',
    words: `${S.feed.range.label} date`,
    run: feed.chooseTime,
  };
  const facets: Command[] = [
    ...(feed.siteNames.length > 1
      ? [
          only('sites', t.only.sites, choicesOf(counts?.sites, feed.siteNames, filter.sites), (value) => ({
            sites: [value],
          })),
        ]
      : []),
    only(
      'entity_types',
      t.only.entity_types,
      choicesOf(counts?.entity_types, feed.entityTypes, filter.entity_types),
      (value) => ({ entity_types: [value] }),
    ),
    only('projects', t.only.projects, choicesOf(counts?.projects, feed.projects, filter.projects), (value) => ({
      projects: [value],
    })),
    only('outcomes', t.only.outcomes, choicesOf(counts?.outcomes, OUTCOMES, filter.outcomes, outcomeName), (value) => ({
      outcomes: [value as Outcome],
    })),
    only('people', t.only.people, choicesOf(counts?.people, [], filter.people), (value) => ({ people: [value] })),
  ];
  const kept: Command[] = feed.kept.map((one) => ({
    id: `kept ${keyOf(one)}`,
    group: 'feed',
    title: t.kept(wordsOf(one)),
    words: 'saved filter',
    run: () => feed.apply(one),
  }));
  const group: Command = {
    id: 'group',
    group: 'feed',
    title: feed.grouped ? t.ungroup : t.group,
    keys: 'G',
    run: feed.turnGrouped,
  };
  const past: Command = {
    id: 'history',
    group: 'feed',
    title: S.history.command,
    keys: 'H',
    words: 'timeline lanes',
    shut: feed.showPast === null ? S.history.none : undefined,
    run: feed.showPast ?? undefined,
  };
  const drop: Command = { id: 'drop filters', group: 'feed', title: S.feed.dropFilters, run: feed.clear };
  return [group, past, ...facets, ...times, own, ...kept, ...(feed.filtered ? [drop] : [])];

  function only(
    id: string,
    title: string,
    choices: readonly Choice[],
    change: (value: string) => Partial<FeedFilter>,
  ): Command {
    return {
      id: `only ${id}`,
      group: 'feed',
      title,
      words: 'filter',
      into: () => ({
        id: `only ${id}`,
        asks: title,
        commands: choices.map(({ value, name, count }) => ({
          id: `only ${id} ${value}`,
          group: 'feed',
          title: name,
          detail: count === null ? undefined : S.feed.found(count, counts?.capped === true && count > 0),
          run: () => feed.setFilter(change(value)),
        })),
      }),
    };
  }
}
