import type { Examined } from '../api/types/Examined';
import type { SiteIn } from '../api/types/SiteIn';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { asSent, changesOf } from './siteIn';

export interface Examination {
  site: string;
  answer: Examined | null;
  error: string | null;
}

/** The connected sites as they are set up, and what is being changed of the chosen one. */
export class Sites {
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  list = $state.raw<readonly SiteIn[]>([]);
  error = $state<string | null>(null);
  chosen = $state<string | null>(null);
  /** The chosen site as it is being written. */
  edited = $state.raw<SiteIn | null>(null);
  busy = $state<'saving' | 'removing' | null>(null);
  examination = $state.raw<Examination | null>(null);

  readonly kept = $derived(this.list.find((site) => site.name === this.chosen) ?? null);
  readonly changes = $derived(this.kept && this.edited ? changesOf(this.kept, this.edited) : []);

  #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async load(): Promise<void> {
    await this.#load(null);
  }

  /** `saved`: what was written and is kept now. */
  async #load(saved: SiteIn | null): Promise<void> {
    try {
      this.#show(await this.#session.backend.ask({ ask: 'sites' }), saved);
    } catch (thrown) {
      this.error = this.#session.sentence(thrown);
      if (this.phase === 'loading') this.phase = 'broken';
    }
  }

  choose(name: string | null): void {
    if (this.chosen === name) return;
    this.chosen = name;
    this.leave();
  }

  step(by: number): void {
    const at = this.list.findIndex((site) => site.name === this.chosen);
    const next = this.list[Math.min(this.list.length - 1, Math.max(0, at + by))];
    if (next) this.choose(next.name);
  }

  write(change: Partial<SiteIn>): void {
    if (this.edited) this.edited = { ...this.edited, ...change };
  }

  /** Throws away what is not saved. */
  leave(): void {
    this.edited = this.kept && { ...this.kept };
  }

  async save(): Promise<void> {
    const { edited } = this;
    if (!edited || this.busy) return;
    this.busy = 'saving';
    try {
      this.#session.overview = await this.#session.backend.ask({ ask: 'put_site', site: asSent(edited) });
      this.#session.trouble = null;
      this.#session.say(S.sites.done.saved(edited.name));
      await this.#load(edited);
    } catch (thrown) {
      this.#session.trouble = S.sites.not.saved(edited.name, this.#session.sentence(thrown));
    } finally {
      this.busy = null;
    }
  }

  async remove(name: string): Promise<void> {
    if (this.busy) return;
    this.busy = 'removing';
    try {
      this.#session.overview = await this.#session.backend.ask({ ask: 'remove_site', site: name });
      this.#session.trouble = null;
      this.#session.say(S.sites.done.removed(name));
      await this.load();
    } catch (thrown) {
      this.#session.trouble = S.sites.not.removed(name, this.#session.sentence(thrown));
    } finally {
      this.busy = null;
    }
  }

  /** Examines the site as it is being written, so that a new key can be tried before it is saved. */
  async examine(): Promise<void> {
    const { edited } = this;
    if (!edited || (this.examination?.site === edited.name && this.#examining())) return;
    const site = edited.name;
    const settle = (examination: Examination) => {
      if (this.examination?.site === site) this.examination = examination;
    };
    this.examination = { site, answer: null, error: null };
    try {
      const answer = await this.#session.backend.ask({ ask: 'examine', site: asSent(edited) });
      settle({ site, answer, error: null });
    } catch (thrown) {
      settle({ site, answer: null, error: S.sites.not.examined(this.#session.sentence(thrown)) });
    }
  }

  #examining(): boolean {
    return this.examination !== null && this.examination.answer === null && this.examination.error === null;
  }

  #show(list: readonly SiteIn[], saved: SiteIn | null): void {
    // What somebody is writing stays, also what they have written since they saved; what nobody touched follows what others changed.
    const written = this.changes.length > 0 && this.edited !== saved;
    this.list = list;
    this.phase = 'ready';
    this.error = null;
    if (!list.some((site) => site.name === this.chosen)) {
      this.chosen = list[0]?.name ?? null;
      this.edited = null;
    }
    if (this.edited === null || !written) this.leave();
  }
}
