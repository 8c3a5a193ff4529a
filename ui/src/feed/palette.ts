import type { Session } from '../frame/session.svelte';
import type { Command } from '../palette/commands';
import { siftingCommands } from './commands';
import type { Feed } from './feed.svelte';

/** The commands of the feed, each of which shows the feed first. */
export function feedCommands(feed: Feed, session: Session): Command[] {
  const there =
    <A extends unknown[]>(act: (...given: A) => void) =>
    (...given: A) => {
      session.go('feed');
      act(...given);
    };
  const { filter, range, kept, filtered, counts, grouped } = feed;
  const whose = feed.whoseSelected();
  return siftingCommands({
    filter,
    range,
    kept,
    filtered,
    counts,
    grouped,
    siteNames: session.overview?.sites.map(({ name }) => name) ?? [],
    entityTypes: session.overview?.entity_types ?? [],
    projects: session.overview?.projects ?? [],
    setFilter: there((change) => feed.setFilter(change)),
    setRange: there((next) => feed.setRange(next)),
    apply: there((one) => feed.apply(one)),
    clear: there(() => feed.clear()),
    turnGrouped: there(() => feed.turnGrouped()),
    showPast: whose === null ? null : there(() => feed.showPast(whose)),
    chooseTime: there(() => (feed.choosingTime = true)),
  });
}
