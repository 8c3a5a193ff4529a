import { AskError, type Answers } from '../api';
import type { Ask } from '../api/types/Ask';
import type { DoctorFinding } from '../api/types/DoctorFinding';
import type { LogView } from '../api/types/LogView';
import type { SiteIn } from '../api/types/SiteIn';
import type { SiteView } from '../api/types/SiteView';

type SiteAsk = Extract<Ask, { ask: 'examine' | 'sites' | 'check_reach' }>;

/**
 * Sites made up in the window. `sites=`: `none`, `two`, `practice`, `broken`. `examine=`: `bad`, `fails`. `reach=bad`.
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
      log: event_log ? log(name) : { ...log(name), state: 'off' },
    }));
  }

  /** The site that was connected last: what happens, happens there. */
  newest(): string | undefined {
    return this.#list.at(-1)?.name;
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
    }
  }

  #made(): SiteIn[] {
    if (this.#how === 'none') return [];
    const studio: SiteIn = {
      name: 'studio',
      kind: 'shotgrid',
      url: 'https://studio.shotgrid.autodesk.com',
      script_name: 'callboard',
      write: 'act',
      event_log: true,
      poll_seconds: 5,
      acknowledge: true,
      refresh_pages: true,
    };
    if (this.#how === 'practice')
      return [{ ...studio, name: 'practice', url: 'http://127.0.0.1:7080', script_name: 'practice' }];
    if (this.#how === 'two' || this.#address.get('hooks') === 'many') {
      const west = { ...studio, name: 'west-coast', url: 'https://west.shotgrid.autodesk.com', write: 'watch' };
      return [studio, { ...west, proxy: 'http://proxy.studio.example:3128', ca_file: '/etc/ssl/studio-ca.pem' }];
    }
    return [studio];
  }
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
