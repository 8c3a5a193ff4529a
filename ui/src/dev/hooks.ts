import { AskError, type Answers } from '../api';
import type { Ask } from '../api/types/Ask';
import type { HookDay } from '../api/types/HookDay';
import type { HookHealth } from '../api/types/HookHealth';
import type { HookIn } from '../api/types/HookIn';
import type { HookStep } from '../api/types/HookStep';
import type { HooksView } from '../api/types/HooksView';
import type { HookView } from '../api/types/HookView';
import type { LogView } from '../api/types/LogView';
import type { NewHook } from '../api/types/NewHook';
import type { Subscription } from '../api/types/Subscription';
import { STEPS } from '../hooks/heard';
import { compared } from './deliveries';
import { CREATIVE, FTRACK } from './sites';
import { findingsOf, testOf } from './hookFindings';
import { filterOf, FTRACK_STATUS, lookedAt, STRENGTH } from './ftrack';
import { Dice } from './seed';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RECEIVER = 'http://127.0.0.1:8787';
const LONG = 'versions-of-every-show-on-the-west-coast-and-of-the-night-shift-in-vancouver-too';

type HookAsk = Extract<
  Ask,
  {
    ask:
      | 'hooks'
      | 'compare_deliveries'
      | 'redeliver'
      | 'backfill'
      | 'suggest_subscription'
      | 'check_subscription'
      | 'create_hook'
      | 'put_hook'
      | 'change_hook'
      | 'switch_hook'
      | 'delete_hook'
      | 'test_hook'
      | 'set_public_address';
  }
>;

const STATUS: Subscription = {
  entities: {
    Version: { create: true, update: ['sg_status_list'], delete: false, revive: false },
    Task: { create: false, update: ['sg_status_list', 'task_assignees'], delete: false, revive: false },
    Shot: { create: false, update: ['sg_status_list'], delete: true, revive: true },
  },
};

/**
 * Hooks made up in the window; with `sites=three` of three kinds of sites (`heard=waits`: nothing has come by two of them yet;
 * `address=bad`: Creative Force would not take theirs). `hooks=`: `none`, `well`, `failed`, `disabled`, `deaf`, `load`, `unknown`, `many`, `broken`; else one
 * is unstable. `log=`: `catching`, `off`, `trouble`. `compare=`: `none`, `broken`, `many`. `test=lost`. `public=none`.
 */
export class PracticeHooks {
  #list: HookView[];
  #scene: string;
  #address: URLSearchParams;
  #now: number;
  #public: string | null;
  #caught = 31_400;

  constructor(scene: string, address: URLSearchParams, now: number) {
    this.#scene = scene;
    this.#address = address;
    this.#now = now;
    this.#public = address.get('public') === 'none' ? null : 'https://callboard.studio.example';
    this.#list = this.#made();
  }

  health(): HookHealth[] {
    return this.#list.map((hook) => hook.health);
  }

  log(site: string): LogView {
    const how = this.#address.get('log');
    if (how === 'catching') this.#caught = Math.min(99_000, this.#caught + 500);
    const at = (ago: number) => new Date(this.#now - ago).toISOString();
    return {
      site,
      state: how === 'catching' ? 'catching_up' : how === 'off' ? 'off' : how === 'trouble' ? 'trouble' : 'live',
      position: how === 'off' ? null : 545_175 + this.#caught,
      position_at: how === 'off' ? null : at(how === 'catching' ? 7 * HOUR : 4_000),
      behind: how === 'catching' ? Math.max(0, 100_000 - this.#caught) : 0,
      caught_up: how === 'catching' ? this.#caught : 0,
      gaps: how === 'catching' || how === 'trouble' ? 3 : 0,
      read_at: how === 'off' ? null : at(how === 'trouble' ? 9 * MINUTE : 2_000),
      every: 5,
      trouble:
        how === 'trouble'
          ? 'The site refuses the key since 9 minutes. Make a new key for the script on the site and write it in the view Sites.'
          : null,
    };
  }

  answer(ask: HookAsk): Answers[HookAsk['ask']] {
    switch (ask.ask) {
      case 'hooks':
        if (this.#scene === 'error' || this.#address.get('hooks') === 'broken')
          throw new AskError('journal', 'The journal could not be read: disk I/O error (callboard.db)');
        return this.#view();
      case 'compare_deliveries':
        if (this.#find(ask.hook)?.offered)
          throw new AskError('bad_request', 'ftrack keeps no record of its deliveries');
        return compared(this.#address.get('compare'), this.#find(ask.hook), this.#now);
      case 'redeliver':
        return ask.deliveries.length;
      case 'backfill':
        return { new: Math.max(0, ask.entries.length - 1), known: Math.min(1, ask.entries.length), gone: [] };
      case 'suggest_subscription':
        return ask.site === FTRACK ? FTRACK_STATUS : STATUS;
      case 'check_subscription':
        return ask.site === FTRACK ? [filterOf()] : findingsOf(ask.subscription);
      case 'create_hook':
        this.#list = [...this.#list, this.#one(ask.hook.name, ask.hook.site, { fresh: ask.hook })];
        return this.#view();
      case 'put_hook':
        this.#list = [...this.#list.filter(({ health }) => health.name !== ask.hook.name), this.#put(ask.hook)];
        return { hooks: this.#view(), secret: null };
      case 'change_hook':
        this.#set(ask.hook.name, (hook) => ({
          ...hook,
          is_signed: hook.is_signed || ask.new_secret,
          health: {
            ...hook.health,
            badges: ask.new_secret ? hook.health.badges.filter((b) => b !== 'unsigned') : hook.health.badges,
          },
          webhook: hook.webhook && { ...hook.webhook, ...webhookOf(ask.hook) },
        }));
        return this.#view();
      case 'switch_hook':
        this.#set(ask.hook, (hook) => ({
          ...hook,
          health: {
            ...hook.health,
            state: ask.on ? 'active' : 'disabled',
            since: new Date().toISOString(),
            why: ask.on ? null : 'It was switched off here. Activate it again when it shall deliver.',
          },
          webhook: hook.webhook && { ...hook.webhook, state: ask.on ? 'active' : 'disabled' },
        }));
        return this.#view();
      case 'delete_hook':
        this.#list = this.#list.filter((hook) => hook.health.name !== ask.hook);
        return this.#view();
      case 'test_hook':
        if (this.#find(ask.hook)?.offered) return lookedAt(this.#find(ask.hook)?.last_at != null);
        return testOf(this.#address.get('test') === 'lost' || this.#find(ask.hook)?.health.state === 'deaf');
      case 'set_public_address':
        this.#public = ask.address;
        this.#list = this.#list.map((hook) => ({ ...hook, public_address: this.#publicOf(hook.health.name) }));
        return this.#view();
    }
  }

  #view(): HooksView {
    const sites = [...new Set(['studio', ...this.#list.map((hook) => hook.health.site)])].filter((s) => s !== CREATIVE);
    const hooks = [...this.#list].sort((a, b) => a.health.name.localeCompare(b.health.name));
    return { hooks, logs: sites.map((site) => this.log(site)), public_address: this.#public };
  }

  #find(name: string): HookView | undefined {
    return this.#list.find((hook) => hook.health.name === name);
  }

  #set(name: string, change: (hook: HookView) => HookView): void {
    this.#list = this.#list.map((hook) => (hook.health.name === name ? change(hook) : hook));
  }

  #publicOf(name: string): string | null {
    return this.#public === null ? null : `${this.#public}/hooks/${name}`;
  }

  #made(): HookView[] {
    const which = this.#address.get('hooks');
    if (which === 'none' || (which === null && this.#scene === 'empty')) return [];
    const site = this.#address.get('sites') === 'practice' ? 'practice' : 'studio';
    if (which === 'many') {
      return Array.from({ length: 40 }, (_, i) =>
        this.#one(`show-${String(i + 1).padStart(2, '0')}-status`, i % 3 === 2 ? 'west-coast' : 'studio', {
          state: i === 17 ? 'failed' : i === 5 ? 'unstable' : i === 30 ? 'disabled' : 'active',
          seed: i,
        }),
      );
    }
    const others = this.#address.get('sites') === 'three' ? this.#others() : [];
    const troubled: Troubled =
      which === 'failed' || which === 'deaf' || which === 'disabled'
        ? { state: which }
        : which === 'load'
          ? { state: 'active', badges: ['slow_response', 'very_heavy_load', 'throttled'], share: 1.04 }
          : which === 'well'
            ? {}
            : { state: 'unstable', badges: this.#scene === 'long' ? ['slow_response', 'unsigned'] : [] };
    return [
      ...others,
      this.#one(this.#scene === 'long' ? LONG : 'versions', site, {
        ...troubled,
        unknown: which === 'unknown',
        seed: 3,
      }),
      this.#one('shots', site, { seed: 5, share: 0.004 }),
      this.#one('sign-ins', site, { seed: 7, custom: 'Shotgun_User_Login', share: 0.001 }),
      this.#one('tasks', site, { seed: 9, badges: which === 'well' ? [] : ['heavy_load'], share: 0.14 }),
    ];
  }

  /** The hooks of an ftrack and a Creative Force site, beside the others. */
  #others(): HookView[] {
    const waits = this.#address.get('heard') === 'waits';
    const heard = {
      name: 'studio-floor',
      site: CREATIVE,
      workspaces: ['North Outfitters'],
      steps: ['Capture', 'Post Review'],
    };
    const floor = this.#put({ ...heard, headers: { 'x-studio': '' } });
    const well = this.#one('studio-floor', CREATIVE, { seed: 11, share: 0.01 });
    return [
      this.#ftrack('west-status', waits),
      waits ? floor : { ...well, heard: floor.heard, webhook: null, address_trouble: floor.address_trouble },
    ];
  }

  #ftrack(name: string, fresh: boolean): HookView {
    const webhook = {
      name,
      site: FTRACK,
      subscription: FTRACK_STATUS,
      projects: [],
      batched: false,
      validates_certificate: true,
    };
    return {
      ...this.#one(name, FTRACK, fresh ? { fresh: webhook } : { seed: 13, subscription: FTRACK_STATUS }),
      strength: STRENGTH,
      offered: { tests: false, record: false, acknowledgements: false },
    };
  }

  /** A hook of a site that is only heard: nothing has come by it yet. */
  #put({ name, site, workspaces, steps, headers }: Omit<HookIn, 'secret'>): HookView {
    const subscription = { entities: {} };
    const fresh = { name, site, subscription, projects: [], batched: false, validates_certificate: true };
    return {
      ...this.#one(name, site, { fresh }),
      webhook: null,
      heard: { workspaces, steps, headers: Object.keys(headers), all_steps: [...STEPS] },
      address_trouble:
        this.#address.get('address') === 'bad'
          ? 'Creative Force refuses addresses that contain ".local". Set a public address that begins with https:// and has a name, such as https://callboard.studio.example'
          : null,
    };
  }

  #one(name: string, site: string, how: Troubled): HookView {
    const state = how.state ?? 'active';
    const ago = (ms: number) => new Date(this.#now - ms).toISOString();
    const silent = state === 'failed' || state === 'disabled' || state === 'deaf';
    const strip = how.fresh ? [] : stripOf(this.#now, how.seed ?? 1, state, how.share ?? 0.02);
    const failures = state === 'failed' ? 100 : state === 'unstable' ? 3 : 0;
    const share = how.fresh ? null : (how.share ?? 0.02);
    const badges = how.badges ?? [];
    const custom = how.custom;
    return {
      health: {
        name,
        site,
        state,
        badges,
        since: ago(state === 'active' ? 11 * DAY : 3 * HOUR),
        why: WHY[state] ?? (badges.includes('throttled') ? WHY_THROTTLED : null),
      },
      address: `${RECEIVER}/hooks/${name}`,
      public_address: this.#publicOf(name),
      address_trouble: null,
      heard: null,
      is_signed: !badges.includes('unsigned'),
      webhook: how.unknown
        ? null
        : {
            id: `4f0e7a52-8d2e-11f0-9d6a-0242ac11${String(how.seed ?? 0).padStart(4, '0')}`,
            state: state === 'deaf' ? 'active' : state,
            is_signed: !badges.includes('unsigned'),
            ...webhookOf(
              how.fresh ?? {
                name,
                site,
                subscription: how.subscription ?? (custom ? { custom } : STATUS),
                projects: name === 'shots' ? [122, 141] : [],
                batched: how.subscription === undefined,
                validates_certificate: true,
              },
            ),
            url: this.#publicOf(name) ?? `${RECEIVER}/hooks/${name}`,
          },
      webhook_unknown: how.unknown
        ? 'The script may not see webhooks. Give its permission group “Show Webhooks” on the site.'
        : null,
      load: {
        ours: { events: silent ? 0 : 412, span: 3_600, sum: 0.6, mean: silent ? 0 : 0.0014, longest: 0.009 },
        site: how.fresh
          ? null
          : { events: 500, span: 900, sum: 107, mean: share && share > 1 ? 0.81 : 0.214, longest: 2.1 },
        share,
      },
      forecast: failures === 0 ? null : { failures, limit: 100, at: state === 'unstable' ? ago(-6 * HOUR) : null },
      last_at: how.fresh ? null : ago(silent ? 3 * HOUR : 9_000),
      days: how.fresh ? [] : daysOf(this.#now, state, how.seed ?? 1),
      strip,
    };
  }
}

interface Troubled {
  state?: HookHealth['state'];
  badges?: HookHealth['badges'];
  share?: number;
  seed?: number;
  custom?: string;
  subscription?: Subscription;
  unknown?: boolean;
  fresh?: NewHook;
}

const WHY: Partial<Record<HookHealth['state'], string>> = {
  unstable:
    '3 deliveries failed in the last 24 hours: the tunnel answered, this workstation did not (asleep 13:02–13:09). What two of them told was read from the event log at 13:10; the third is missing. Keep the workstation awake, or run the engine on a server.',
  failed:
    'The site gave it up after 100 failures in 24 hours: it was told 502 each time, so the proxy did not reach this workstation. Start the proxy, then activate the hook again.',
  deaf: 'The site’s log moved 212 entries in 42 minutes and nothing arrived. Check the tunnel between the site and this workstation, and the hook’s fields for a misspelt name.',
  disabled: 'Somebody switched it off on the site. Nothing is delivered until it is activated again.',
};
const WHY_THROTTLED =
  'It takes more than the site’s whole response budget, so the site delivers more slowly. Let it deliver fewer types or fields.';

function webhookOf(hook: NewHook) {
  const { name, subscription, projects, batched, validates_certificate } = hook;
  return { name, description: 'Made by Callboard', subscription, projects, batched, validates_certificate, url: '' };
}

function daysOf(now: number, state: HookHealth['state'], seed: number): HookDay[] {
  const dice = new Dice(seed * 31 + 7);
  return Array.from({ length: 30 }, (_, i) => {
    const last = i === 29;
    const bad = last ? state : i === 20 + (seed % 3) && seed % 2 === 1 ? ('unstable' as const) : ('active' as const);
    const known = last ? 52_000 : 86_400;
    const down = bad === 'active' ? 0 : bad === 'unstable' ? 420 : 11_000;
    return {
      day: new Date(now - (29 - i) * DAY).toISOString().slice(0, 10),
      worst: bad,
      active_seconds: known - down,
      known_seconds: known,
      deliveries: 900 + dice.below(8_000),
      refused: bad === 'unstable' ? 3 : 0,
    };
  }).filter((_, i) => i > 3 || seed % 2 === 0);
}

function stripOf(now: number, seed: number, state: HookHealth['state'], share: number): HookStep[] {
  const dice = new Dice(seed * 17 + 3);
  const slow = share > 1;
  return Array.from({ length: 144 }, (_, i) => {
    const at = Math.floor(now / (10 * MINUTE)) * 10 * MINUTE - (143 - i) * 10 * MINUTE;
    const wave = 1 + Math.sin(i / 9) * 0.35 + Math.sin(i / 23 + 1) * 0.4;
    const quiet = ['failed', 'deaf', 'disabled'].includes(state) && i > 125;
    const stumble = state === 'unstable' && (i === 112 || i === 113 || i === 115);
    const mean = (slow ? 620 : 1.5) * wave + dice.next() * (slow ? 120 : 0.4) + (stumble ? 5 : 0);
    const deliveries = quiet ? 0 : Math.round(58 * wave + dice.below(14));
    return {
      at: new Date(at).toISOString(),
      deliveries,
      events: deliveries * 2,
      refused: stumble ? 1 : 0,
      failed: stumble ? 1 : ['failed', 'unstable'].includes(state) && i > 125 && i % 5 === 0 ? 5 : 0,
      mean_ms: mean,
      longest_ms: mean * (2 + dice.next() * 3),
    };
  }).filter((step) => step.deliveries + step.refused + step.failed > 0);
}
