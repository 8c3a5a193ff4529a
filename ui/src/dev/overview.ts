import type { Overview } from '../api/types/Overview';
import { ruleSetOf } from './ruleSets';

const HOUR = 3_600_000;

/** What stays of a command in the made-up engine. */
export type Standing = Pick<Overview, 'paused' | 'set_aside'>;

export function overviewOf(scene: string, rules: string | null, events: number, standing: Standing): Overview {
  const empty = scene === 'empty';
  const set = ruleSetOf(rules);
  const title = (column: string) => column[0]!.toUpperCase() + column.slice(1);
  const since = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString();
  const trouble =
    scene === 'error'
      ? 'The site has not answered for 4 min (connection refused). Changes wait on disk; check the network or the site’s status page.'
      : null;
  return {
    version: '0.1.0',
    receiver: 'http://127.0.0.1:8899',
    practice: scene === 'full' || scene === 'many',
    sites: [{ name: 'studio', kind: 'shotgrid', url: 'https://studio.shotgrid.autodesk.com', write: 'act', trouble }],
    hooks: empty
      ? []
      : [
          {
            name: scene === 'long' ? 'versions-of-every-show-on-the-west-coast-and-the-night-shift-too' : 'versions',
            site: 'studio',
            state: scene === 'long' || scene === 'error' ? 'unstable' : 'active',
            badges: scene === 'long' ? ['slow_response', 'unsigned'] : [],
            since: since(30),
            why:
              scene === 'long' || scene === 'error'
                ? '3 deliveries failed in the last 24 hours because this workstation slept. Keep it awake, or run the engine on a server.'
                : null,
          },
          { name: 'tasks', site: 'studio', state: 'active', badges: [], since: since(90), why: null },
          {
            name: 'shots',
            site: 'studio',
            state: scene === 'error' ? 'deaf' : 'active',
            badges: [],
            since: since(2),
            why:
              scene === 'error'
                ? 'The site’s log moves and nothing arrives. Check the tunnel between the tracker and this machine.'
                : null,
          },
        ],
    today: empty
      ? { events: 0, changes: 0, skipped: 0, failed: 0, waiting: 0 }
      : { events: 1_204 + events - 240, changes: 386, skipped: 12, failed: 2, waiting: 1 },
    live: empty || rules === 'none' ? null : { revision: 41, name: set.name, since: since(200) },
    ...standing,
    has_draft: false,
    projects: empty ? [] : ['Harbour Lights', 'The Quiet Coast'],
    entity_types: empty ? [] : ['Shot', 'Task', 'Version'],
    statuses: Object.fromEntries(
      Object.entries(set.statuses).map(([column, list]) => [
        title(column),
        list.map(({ code, name, color }) => ({ code, name, color })),
      ]),
    ),
  };
}
