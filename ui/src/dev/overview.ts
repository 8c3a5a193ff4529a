import type { Overview } from '../api/types/Overview';
import type { StatusView } from '../api/types/StatusView';
import { ruleSetOf } from './ruleSets';

const HOUR = 3_600_000;

/** What stays of a command in the made-up engine. */
export type Standing = Pick<Overview, 'paused' | 'set_aside'>;

/** What stands around: the made-up sites and hooks. */
export interface Around extends Pick<Overview, 'sites' | 'hooks' | 'waiting_for_you' | 'issues' | 'can_practice'> {
  /** Statuses of sites whose rules are others'. */
  more?: readonly StatusView[];
}

export function overviewOf(
  scene: string,
  rules: string | null,
  events: number,
  standing: Standing,
  { more, ...around }: Around,
): Overview {
  const empty = scene === 'empty';
  const practised = scene === 'full' || scene === 'many';
  const set = ruleSetOf(rules);
  const title = (column: string) => column[0]!.toUpperCase() + column.slice(1);
  const since = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString();
  return {
    version: '0.1.0',
    receiver: 'http://127.0.0.1:8787',
    practice: around.sites.some((site) => site.name === 'practice') || (practised && around.sites.length > 0),
    ...around,
    today: empty
      ? { events: 0, changes: 0, skipped: 0, failed: 0, waiting: 0 }
      : { events: 1_204 + events - 240, changes: 386, skipped: 12, failed: 2, waiting: 1 },
    live: empty || rules === 'none' ? null : { revision: 41, name: set.name, since: since(200) },
    ...standing,
    has_draft: false,
    projects: empty ? [] : ['Harbour Lights', 'The Quiet Coast'],
    entity_types: empty
      ? []
      : more
        ? ['Product', 'Sample', 'Shot', 'Task', 'Version', 'WorkUnit']
        : ['Shot', 'Task', 'Version'],
    statuses: Object.fromEntries(
      Object.entries(set.statuses).map(([column, list]) => [
        title(column),
        [...list.map(({ code, name, color }) => ({ code, name, color })), ...(more ?? [])],
      ]),
    ),
  };
}
