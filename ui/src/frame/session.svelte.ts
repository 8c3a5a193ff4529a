import { getContext, setContext } from 'svelte';
import { AskError, type Backend, type Connection } from '../api';
import type { FeedRow } from '../api/types/FeedRow';
import type { Overview } from '../api/types/Overview';
import type { WhatIfProgress } from '../api/types/WhatIfProgress';
import { S } from '../strings';
import { asSentence } from './format';

const VIEWS = ['feed', 'rules', 'hooks', 'sites'] as const;
export type View = (typeof VIEWS)[number];

/** What the view of hooks is asked to do next. */
export type HooksWanted = { kind: 'hook'; name: string } | { kind: 'new' } | { kind: 'test' };

/** How long good news stand. */
const SAID = 12_000;

interface NewsReader {
  rows(rows: readonly FeedRow[]): void;
  /** News may have been missed: ask again. */
  refresh(): void;
  /** How far a what-if run is, of whichever window. */
  whatIf?(progress: WhatIfProgress): void;
  /** Sites, hooks or counts changed. */
  overview?(overview: Overview): void;
}

function viewOf(hash: string): View {
  const name = hash.slice(1).split('/')[0];
  return VIEWS.find((view) => view === name) ?? 'feed';
}

function hookOf(hash: string): HooksWanted | null {
  const [view, name] = hash.slice(1).split('/');
  return view === 'hooks' && name ? { kind: 'hook', name: decodeURIComponent(name) } : null;
}

/** What stands around every view: the line to the engine and its overview. */
export class Session {
  readonly backend: Backend;
  overview = $state.raw<Overview | null>(null);
  connection = $state<Connection>('live');
  view = $state<View>(viewOf(location.hash));
  /** Ticks once a minute, for whatever says how long ago something was. */
  now = $state.raw(new Date());
  /** What a command could not do, as a sentence. Stays until somebody closes it. */
  trouble = $state<string | null>(null);
  /** What a command did. Goes by itself. */
  said = $state<string | null>(null);
  /** A command about writing is on its way. */
  turning = $state(false);
  /** The rules that are being brought back. */
  releasing = $state.raw<ReadonlySet<string>>(new Set());
  /** Whether it is being asked how to go on after a pause. */
  howToGoOn = $state(false);
  /** The rule that the picture should show next. */
  wantedRule = $state<string | null>(null);
  hooksWanted = $state<HooksWanted | null>(hookOf(location.hash));
  /** Whether a site is being connected. The wizard keeps what it has. */
  connecting = $state(false);
  notesOpen = $state(false);
  inboxOpen = $state(false);
  issuesOpen = $state(false);
  preferencesOpen = $state(false);
  outgoingOpen = $state(false);
  /** The site that the view of sites should show next. */
  wantedSite = $state<string | null>(null);
  #greeted = false;
  #saying: ReturnType<typeof setTimeout> | undefined;
  #readers = new Set<NewsReader>();

  constructor(backend: Backend) {
    this.backend = backend;
  }

  start(): () => void {
    void this.#askOverview();
    const silence = this.backend.listen({
      news: (news) => {
        if (news.news === 'overview') this.#hear(news.overview);
        else if (news.news === 'rows') for (const reader of this.#readers) reader.rows(news.rows);
        else if (news.news === 'what_if') for (const reader of this.#readers) reader.whatIf?.(news.progress);
        else if (news.news === 'missed') this.#refresh();
      },
      connection: (state) => {
        this.connection = state;
        if (state === 'live') this.#refresh();
      },
    });
    const minute = setInterval(() => (this.now = new Date()), 60_000);
    return () => {
      silence();
      clearInterval(minute);
    };
  }

  read(reader: NewsReader): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  go(view: View): void {
    this.view = view;
    this.notesOpen = false;
    history.replaceState(null, '', view === 'feed' ? location.pathname + location.search : `#${view}`);
  }

  openNotes(): void {
    this.notesOpen = true;
  }

  openInbox(): void {
    this.inboxOpen = true;
  }

  openIssues(): void {
    this.issuesOpen = true;
  }

  openPreferences(): void {
    this.preferencesOpen = true;
  }

  openOutgoing(): void {
    this.preferencesOpen = false;
    this.outgoingOpen = true;
  }

  /** Leaves nothing lying over the view. */
  closeSheets(): void {
    this.notesOpen = false;
    this.inboxOpen = false;
    this.issuesOpen = false;
    this.preferencesOpen = false;
    this.outgoingOpen = false;
  }

  showSite(name: string): void {
    this.connecting = false;
    this.wantedSite = name;
    this.go('sites');
  }

  showRule(rule: string): void {
    this.wantedRule = rule;
    this.go('rules');
  }

  showHook(name: string): void {
    this.hooksWanted = { kind: 'hook', name };
    this.go('hooks');
  }

  wantHooks(wanted: HooksWanted): void {
    this.hooksWanted = wanted;
    this.go('hooks');
  }

  connectSite(): void {
    this.connecting = true;
    this.go('sites');
  }

  say(words: string): void {
    this.said = words;
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => (this.said = null), SAID);
  }

  /** The emergency brake. Pressed while writing is paused already, it asks how to go on. */
  async pressPause(): Promise<void> {
    if (this.overview?.paused) this.howToGoOn = true;
    else await this.#pause(null);
  }

  /** The reason, given after the brake was pulled. */
  async sayWhyPaused(why: string): Promise<void> {
    if (await this.#pause(why)) this.trouble = this.overview?.paused?.why === why ? null : S.pause.notKept;
  }

  async #pause(why: string | null): Promise<boolean> {
    if (this.turning) return false;
    this.turning = true;
    this.howToGoOn = false;
    this.said = null;
    try {
      this.overview = await this.backend.ask({ ask: 'pause', why, by: null });
      this.trouble = null;
      return true;
    } catch (thrown) {
      this.trouble = S.pause.notPaused(this.sentence(thrown));
      return false;
    } finally {
      this.turning = false;
    }
  }

  async writeAgain(writeHeld: boolean): Promise<void> {
    if (this.turning) return;
    this.turning = true;
    const held = this.overview?.paused?.held ?? 0;
    try {
      const { reopened } = await this.backend.ask({ ask: 'resume', write_held: writeHeld });
      this.howToGoOn = false;
      this.trouble = null;
      this.say(S.pause.resumed(reopened, held));
      await this.#askOverview();
    } catch (thrown) {
      this.trouble = S.pause.notResumed(this.sentence(thrown));
    } finally {
      this.turning = false;
    }
  }

  /** A rule that was set aside sets statuses again. */
  async release(rule: string, name: string): Promise<void> {
    if (this.releasing.has(rule)) return;
    this.releasing = new Set([...this.releasing, rule]);
    try {
      this.overview = await this.backend.ask({ ask: 'release', rule });
      this.trouble = null;
      this.say(S.aside.broughtBack(name));
    } catch (thrown) {
      this.trouble = S.aside.notBack(name, this.sentence(thrown));
    } finally {
      this.releasing = new Set([...this.releasing].filter((one) => one !== rule));
    }
  }

  /** Why something failed, as a sentence. */
  sentence(thrown: unknown): string {
    const error = this.failed(thrown);
    return error.code === 'unreachable' || error.message === '' ? S.errors.unreachable : asSentence(error.message);
  }

  /** Whoever asks and is refused for want of a token shows the way in. */
  failed(thrown: unknown): AskError {
    const error = AskError.from(thrown);
    if (error.code === 'unauthorized') this.connection = 'unauthorized';
    return error;
  }

  /** Nothing is connected yet: what a newcomer needs is the wizard. It opens by itself once. */
  #greet(overview: Overview): void {
    if (this.#greeted) return;
    this.#greeted = true;
    if (overview.sites.length === 0 && this.view === 'feed') this.connectSite();
  }

  #hear(overview: Overview): void {
    this.overview = overview;
    for (const reader of this.#readers) reader.overview?.(overview);
  }

  async #askOverview(): Promise<void> {
    try {
      const overview = await this.backend.ask({ ask: 'overview' });
      this.#greet(overview);
      this.#hear(overview);
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  #refresh(): void {
    void this.#askOverview();
    for (const reader of this.#readers) reader.refresh();
  }
}

const KEY = Symbol('session');

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
