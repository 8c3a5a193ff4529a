import type { Examined } from '../api/types/Examined';
import type { FeedRow } from '../api/types/FeedRow';
import type { SiteIn } from '../api/types/SiteIn';
import type { Subscription } from '../api/types/Subscription';
import type { Session } from '../frame/session.svelte';
import { isLoopback } from '../hooks/addresses';
import { freeName, nameTrouble } from '../hooks/draft';
import { freshHeard, freshSecret, heardIn, heardTrouble, type HeardDraft } from '../hooks/heard';
import type { Hooks } from '../hooks/hooks.svelte';
import { delivers, pruned } from '../hooks/subscription';
import { S } from '../strings';
import { asSent, blankSite, changesOf, cleanUrl, isHeardOnly, nameFor, usualAccount, type Kind } from './siteIn';
import { examinedAs, firstOf, isDone, isOpen, isReady, stepsOf, type Progress, type Step } from './steps';

/** The way from nothing to the first event of a site. It keeps what it has while the window is elsewhere. */
export class Wizard {
  step = $state<Step>('address');
  site = $state(blankSite());
  /** Whether the name was written by hand; until then it follows the address. */
  named = $state(false);
  examined = $state.raw<Examined | null>(null);
  examinedAs = $state<string | null>(null);
  examining = $state(false);
  connecting = $state(false);
  connected = $state(false);
  /** Why the last command failed, as a sentence. */
  error = $state<string | null>(null);
  hookName = $state('status');
  subscription = $state.raw<Subscription>({ entities: {} });
  suggested = $state(false);
  /** The same of a site that is only heard. */
  heard = $state.raw<HeardDraft>(freshHeard());
  /** The secret to enter there, for as long as the wizard shows it. */
  secret = $state<string | null>(null);
  making = $state(false);
  /** The hook that was made for the site. */
  made = $state<string | null>(null);
  first = $state.raw<FeedRow | null>(null);

  #session: Session;
  #hooks: Hooks;
  /** The site as it was saved last, without its key. */
  #saved: SiteIn | null = null;
  #since = 0;
  #turn = 0;
  #silence: (() => void) | undefined;

  constructor(session: Session, hooks: Hooks) {
    this.#session = session;
    this.#hooks = hooks;
  }

  get taken(): string[] {
    return this.#session.overview?.sites.map((site) => site.name) ?? [];
  }

  /** The steps of this kind of site. */
  get steps(): readonly Step[] {
    return stepsOf(this.site);
  }

  get progress(): Progress {
    const { site, taken, examined, examinedAs: as, connected } = this;
    return { site, taken, examined, examinedAs: as, connected };
  }

  get takenHooks(): string[] {
    return this.#session.overview?.hooks.map((hook) => hook.name) ?? [];
  }

  /** Whether the hook, as it is written, can be made. */
  get canMake(): boolean {
    if (nameTrouble(this.hookName, this.takenHooks) !== null) return false;
    return isHeardOnly(this.site.kind) ? heardTrouble(this.heard) === null : delivers(this.subscription);
  }

  /** Whether the site is on this computer, and needs no public address. */
  get isHere(): boolean {
    return isLoopback(cleanUrl(this.site.url));
  }

  /** Whether what the site sends can get here. */
  get reachable(): boolean {
    return this.isHere || this.#hooks.publicAddress !== null;
  }

  get ready(): boolean {
    return isReady(this.progress);
  }

  isOpen(step: Step): boolean {
    return isOpen(step, this.progress);
  }

  isDone(step: Step): boolean {
    return isDone(step, this.progress);
  }

  write(change: Partial<SiteIn>): void {
    Object.assign(this.site, change);
  }

  /** Another kind of site. What was entered for who signs in was for the other one. */
  chooseKind(kind: Kind): void {
    if (kind === this.site.kind) return;
    Object.assign(this.site, { kind, script_name: usualAccount(kind) });
    delete this.site.script_key;
    // One that nothing can be written to is watched.
    if (isHeardOnly(kind)) this.site.write = 'watch';
    if (!this.named) this.site.name = this.#suggestedName();
  }

  writeUrl(url: string): void {
    this.site.url = url;
    if (!this.named) this.site.name = this.#suggestedName();
  }

  writeName(name: string): void {
    this.site.name = name;
    this.named = name !== '';
  }

  goTo(step: Step): void {
    if (!this.isOpen(step)) return;
    this.step = step;
    this.error = null;
    if (step === 'examine' && !this.ready && !this.examining) void this.examine();
    if (step === 'hook' && this.made === null) this.#prepareHook();
  }

  next(): void {
    const following = this.steps[this.steps.indexOf(this.step) + 1];
    if (following && this.isDone(this.step)) this.goTo(following);
  }

  back(): void {
    const before = this.steps[this.steps.indexOf(this.step) - 1];
    if (before) this.goTo(before);
  }

  async examine(): Promise<void> {
    const turn = ++this.#turn;
    const as = examinedAs(this.site);
    this.examining = true;
    this.error = null;
    try {
      const examined = await this.#session.backend.ask({ ask: 'examine', site: asSent(this.site) });
      if (turn !== this.#turn) return;
      this.examined = examined;
      this.examinedAs = as;
    } catch (thrown) {
      if (turn === this.#turn) this.error = S.sites.not.examined(this.#session.sentence(thrown));
    } finally {
      if (turn === this.#turn) this.examining = false;
    }
  }

  async connect(): Promise<void> {
    if (this.connecting || (!this.ready && !this.connected)) return;
    const { site } = this;
    this.connecting = true;
    this.error = null;
    const since = Date.now();
    try {
      // What is chosen while it is saved is saved after it: what stands here is what holds.
      while (this.site === site && this.#differs()) {
        const sent = asSent(site);
        this.#session.overview = await this.#session.backend.ask({ ask: 'put_site', site: sent });
        if (this.site !== site) return;
        // The keychain has it now.
        if (site.script_key?.trim() === sent.script_key) delete site.script_key;
        delete sent.script_key;
        this.#saved = sent;
        this.#listen(since);
        this.connected = true;
      }
    } catch (thrown) {
      if (this.site !== site) return;
      this.error = S.sites.not.saved(site.name, this.#session.sentence(thrown));
      if (this.#saved) Object.assign(site, asSent(this.#saved));
    } finally {
      if (this.site === site) this.connecting = false;
    }
  }

  /** Whether the site stands otherwise here than it was saved. One of another name is another site. */
  #differs(): boolean {
    const saved = this.#saved;
    return saved === null || (saved.name === this.site.name && changesOf(saved, this.site).length > 0);
  }

  /** What a person chose counts before what is suggested. */
  subscribe(subscription: Subscription): void {
    this.subscription = subscription;
    this.suggested = true;
  }

  async makeHook(): Promise<void> {
    if (this.making) return;
    this.making = true;
    this.error = null;
    if (isHeardOnly(this.site.kind)) return this.#putHook();
    const made = await this.#hooks.create(
      {
        name: this.hookName.trim(),
        site: this.site.name,
        subscription: pruned(this.subscription),
        projects: [],
        batched: this.site.kind !== 'ftrack',
        validates_certificate: true,
      },
      true,
    );
    this.making = false;
    if (!made) return;
    this.made = this.hookName.trim();
    await this.#hooks.runTest(this.made);
  }

  /** There is nobody to make it there: a person enters it, and the first delivery proves it. */
  async #putHook(): Promise<void> {
    const secret = await this.#hooks.put(heardIn(this.hookName, this.site.name, this.heard, freshSecret()));
    this.making = false;
    if (secret === false) return;
    this.secret = secret;
    this.made = this.hookName.trim();
  }

  /** From the beginning, for the next site. */
  begin(): void {
    this.#turn += 1;
    this.#silence?.();
    this.#silence = undefined;
    this.step = 'address';
    this.site = blankSite();
    this.named = false;
    this.examined = null;
    this.examinedAs = null;
    this.examining = false;
    this.connecting = false;
    this.connected = false;
    this.#saved = null;
    this.error = null;
    this.hookName = 'status';
    this.subscription = { entities: {} };
    this.suggested = false;
    this.heard = freshHeard();
    this.secret = null;
    this.made = null;
    this.first = null;
  }

  #suggestedName(): string {
    const { kind, url } = this.site;
    if (url.trim() !== '') return nameFor(url, this.taken);
    return isHeardOnly(kind) ? freeName(kind.replace('_', '-'), this.taken) : '';
  }

  #prepareHook(): void {
    if (this.takenHooks.includes(this.hookName)) this.hookName = freeName(this.hookName, this.takenHooks);
    if (!this.suggested && !isHeardOnly(this.site.kind)) void this.#suggest();
  }

  async #suggest(): Promise<void> {
    try {
      const subscription = await this.#session.backend.ask({ ask: 'suggest_subscription', site: this.site.name });
      if (this.suggested) return;
      this.subscription = subscription;
      this.suggested = true;
    } catch (thrown) {
      // The editor begins empty then; what to choose is said there.
      this.#session.failed(thrown);
    }
  }

  #listen(since: number): void {
    if (this.#silence) return;
    this.#since = since;
    this.#silence = this.#session.read({
      rows: (rows) => (this.first ??= firstOf(rows, this.site.name, this.#since)),
      refresh: () => {},
    });
  }
}
