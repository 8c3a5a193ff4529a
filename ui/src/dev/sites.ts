import { AskError, type Answers } from '../api';
import type { Ask } from '../api/types/Ask';
import type { DoctorFinding } from '../api/types/DoctorFinding';
import type { LogView } from '../api/types/LogView';
import type { SiteIn } from '../api/types/SiteIn';
import type { SiteProject } from '../api/types/SiteProject';
import type { SiteView } from '../api/types/SiteView';

type SiteAsk = Extract<Ask, { ask: 'examine' | 'sites' | 'check_reach' | 'site_projects' }>;

/**
 * Sites made up in the window. `sites=`: `none`, `two`, `three` (one of each tracker), `practice`, `broken`. `examine=`: `bad`, `fails`. `reach=bad`. `projects=`: `many`, `none`,
 * `broken`.
 */
export class PracticeSites {
  #list: SiteIn[];
  #how: string | null;
  #address: URLSearchParams;
  #scene: string;

  constructor(scene: string, address: URLSearchParams) {
    this.#scene = scene;
    this.#address = address;
    this.#how = address.get('sites');
    this.#list = this.#made();
  }

  views(log: (site: string) => LogView): SiteView[] {
    return this.#list.map(({ name, kind, url, write, event_log }) => ({
      name,
      kind,
      url,
      write,
      trouble:
        this.#scene === 'error'
          ? 'The site has not answered for 4 min (connection refused). Changes wait on disk; check the network or the site’s status page.'
          : null,
      log: kind === 'creative_force' ? null : event_log ? log(name) : { ...log(name), state: 'off' },
    }));
  }

  /** The site that was connected last: what happens, happens there. */
  newest(): string | undefined {
    return this.#list.at(-1)?.name;
  }

  /** Whether a practice production can be started: none runs. */
  get canPractice(): boolean {
    return !this.#list.some((site) => site.name === 'practice');
  }

  startPractice(): void {
    if (!this.canPractice) throw new AskError('bad_request', 'A practice production runs already');
    this.put({ ...STUDIO, ...PRACTICE });
  }

  put(site: SiteIn): void {
    const kept = { ...site };
    delete kept.script_key;
    const known = this.#list.some((one) => one.name === site.name);
    this.#list = known ? this.#list.map((one) => (one.name === site.name ? kept : one)) : [...this.#list, kept];
  }

  remove(name: string): void {
    this.#list = this.#list.filter((site) => site.name !== name);
  }

  answer(ask: SiteAsk): Answers[SiteAsk['ask']] {
    switch (ask.ask) {
      case 'sites':
        if (this.#how === 'broken' || this.#scene === 'error')
          throw new AskError('journal', 'The settings could not be read: permission denied (callboard.toml)');
        return this.#list;
      case 'examine':
        if (this.#address.get('examine') === 'fails') throw new AskError('site', 'The engine is just being stopped');
        return examined(ask.site, this.#address.get('examine') === 'bad');
      case 'check_reach':
        return [reached(ask.address, this.#address.get('reach') === 'bad')];
      case 'site_projects':
        if (this.#address.get('projects') === 'broken')
          throw new AskError('site', 'The site did not answer within 20 s. Check the network, then read them again');
        return projectsOf(this.#address.get('projects'), this.#scene === 'long');
    }
  }

  #made(): SiteIn[] {
    if (this.#how === 'none') return [];
    const studio: SiteIn = { ...STUDIO, projects: this.#scene === 'long' ? LISTED_LONG : LISTED };
    if (this.#how === 'practice') return [{ ...studio, ...PRACTICE }];
    if (this.#how === 'three') {
      const west = {
        ...studio,
        name: FTRACK,
        kind: 'ftrack',
        url: 'https://west.ftrackapp.com',
        script_name: 'callboard',
      };
      const floor = { ...west, name: CREATIVE, kind: 'creative_force', url: '', script_name: '', event_log: false };
      return [studio, { ...west, projects: [], write: 'ask' }, { ...floor, projects: [], write: 'watch' }];
    }
    if (this.#how === 'two' || this.#address.get('hooks') === 'many') {
      const west = { ...studio, name: 'west-coast', url: 'https://west.shotgrid.autodesk.com', write: 'watch' };
      return [studio, { ...west, proxy: 'http://proxy.studio.example:3128', ca_file: '/etc/ssl/studio-ca.pem' }];
    }
    return [studio];
  }
}

/** The names of the sites that are not ShotGrid's. */
export const FTRACK = 'west';
export const CREATIVE = 'photo-studio';

const STUDIO: SiteIn = {
  name: 'studio',
  kind: 'shotgrid',
  url: 'https://studio.shotgrid.autodesk.com',
  script_name: 'callboard',
  write: 'act',
  projects: [],
  only_listed: false,
  event_log: true,
  poll_seconds: 5,
  acknowledge: true,
  refresh_pages: true,
};

const PRACTICE: Partial<SiteIn> = {
  name: 'practice',
  url: 'http://127.0.0.1:7080',
  script_name: 'practice',
  projects: [],
};

const LONG_NAME = 'The Quiet Coast, second season, with the six episodes that were ordered later and have no title yet';

const LISTED = [
  { id: 141, name: 'The Quiet Coast', write: 'ask' },
  { id: 98, name: 'Pipeline Sandbox', write: 'off' },
];

const LISTED_LONG = [{ id: 141, name: LONG_NAME, write: 'ask' }];

/** Projects of a made-up site. */
function projectsOf(how: string | null, long: boolean): SiteProject[] {
  if (how === 'none') return [];
  const few: SiteProject[] = [
    { id: 122, name: 'Harbour Lights', archived: false },
    { id: 141, name: long ? LONG_NAME : 'The Quiet Coast', archived: false },
    { id: 98, name: 'Pipeline Sandbox', archived: false },
    { id: 77, name: 'Winter Promo', archived: true },
    { id: 61, name: 'Last Year’s Reel', archived: true },
  ];
  if (how !== 'many') return few;
  const more = Array.from({ length: 460 }, (_, i) => ({
    id: 1_000 + i,
    name: `Show ${String(i + 1).padStart(3, '0')}`,
    archived: i % 3 !== 0,
  }));
  return [...few, ...more];
}

function examined(site: SiteIn, bad: boolean): Answers['examine'] {
  const good = (code: DoctorFinding['code'], title: string, why: string): DoctorFinding => ({
    code,
    level: 'good',
    title,
    why,
    remedy: null,
  });
  const host = site.url.replace(/^https?:\/\//, '');
  const findings: DoctorFinding[] = [
    good('address', `${host} is a ShotGrid site, version 8.89.`, 'Everything else goes through this address.'),
    good('certificate', 'Its certificate is trusted here.', 'The key goes only to a host that proves who it is.'),
    bad
      ? {
          code: 'key',
          level: 'problem',
          title: `The site refuses the key of the script “${site.script_name}”.`,
          why: 'Without a key nothing can be read or written.',
          remedy:
            'Copy the key once more from the site’s page Scripts. If it was lost, reset it there and use the new one.',
        }
      : good('key', `The key works: it is the script “${site.script_name}”.`, 'Changes are made in its name.'),
    ...(bad
      ? []
      : [
          good('reading', 'Versions, Tasks and Shots can be read.', 'Rules look at what stands around an event.'),
          good('writing', 'Statuses of Versions, Tasks and Shots may be set.', 'Rules set them. Nothing was written.'),
          good('log', 'The event log can be read.', 'It finds what no hook delivered.'),
          good('webhooks', 'Webhooks may be administered.', 'Hooks can be made and mended from here.'),
          {
            code: 'own_entries' as const,
            level: 'advice' as const,
            title: 'Writes of this script leave no event log entries.',
            why: 'Callboard’s own changes then do not come back as events, so they are confirmed by reading them again.',
            remedy: 'Switch “Generate event log entries” on for the script, on the site’s page Scripts.',
          },
          {
            code: 'version_task' as const,
            level: 'advice' as const,
            title: '41 of the latest 50 Versions name their Task.',
            why: 'A Version without a Task moves nothing: there is no Task to set.',
            remedy: 'Let the publish tools fill the field Task (sg_task) of a Version.',
          },
          {
            code: 'statuses' as const,
            level: 'unknown' as const,
            title: 'Whether projects hide statuses could not be found out.',
            why: 'A hidden status can be set and is then not shown in menus.',
            remedy: null,
          },
        ]),
  ];
  return { findings, ready: !bad };
}

function reached(address: string, bad: boolean): DoctorFinding {
  return bad
    ? {
        code: 'reach',
        level: 'problem',
        title: `${address} answers, and what answers is not this receiver.`,
        why: 'The site would send its events to somebody else.',
        remedy: 'Let the proxy or tunnel lead to http://127.0.0.1:8787, then check again.',
      }
    : {
        code: 'reach',
        level: 'good',
        title: `${address} leads to this receiver.`,
        why: 'What the site sends goes to this address.',
        remedy: null,
      };
}
