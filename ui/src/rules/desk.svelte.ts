import type { AskError } from '../api';
import type { Draft } from '../api/types/Draft';
import type { LiveRules } from '../api/types/LiveRules';
import type { RuleSet } from '../api/types/RuleSet';
import type { RulesView } from '../api/types/RulesView';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import type { Wanted } from './wanted';

/** One thing that somebody did to the document, and how the document was before. */
export interface Step {
  label: string;
  before: RuleSet;
  /** Steps with the same one in a row are one: letters typed into one field. */
  run?: string;
}

/** saved: on disk · unsaved: about to be · conflict: somebody else saved the draft meanwhile · failed: could not be saved. */
export type Saving = 'saved' | 'unsaved' | 'saving' | 'conflict' | 'failed';

/** Long enough that a word typed is one saving, short enough that a crash loses nothing one would miss. */
const SAVE_AFTER = 250;
const MOST_STEPS = 500;

/** The rules while they are written: the live ones, the draft, what was done to it, and what the check says. */
export class Desk {
  readonly session: Session;
  phase = $state<'loading' | 'ready' | 'none' | 'broken'>('loading');
  error = $state.raw<AskError | null>(null);
  live = $state.raw<LiveRules | null>(null);
  /** The draft as it was saved or read last; none where the live rules are being looked at. */
  draft = $state.raw<Draft | null>(null);
  /** The document as it stands on the desk: ahead of the draft while somebody writes. */
  document = $state.raw<RuleSet | null>(null);
  /** What the check said last. While something is being saved it lags behind the document by a moment. */
  told = $state.raw<RulesView | null>(null);
  saving = $state<Saving>('saved');
  /** Why the draft could not be saved, as a sentence. */
  trouble = $state<string | null>(null);
  past = $state.raw<readonly Step[]>([]);
  future = $state.raw<readonly Step[]>([]);
  /** What somebody asked the rules view for from outside it. The view does it and puts null here. */
  wanted = $state.raw<Wanted | null>(null);
  /** Whether there is anything that is not live. */
  readonly drafted = $derived(this.draft !== null || this.saving !== 'saved');
  readonly errors = $derived(this.told?.findings.filter((finding) => finding.level === 'error') ?? []);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saves: Promise<void> | null = null;

  constructor(session: Session) {
    this.session = session;
  }

  /** Reads what is live and what is drafted. What is written and not saved yet stays. */
  async load(): Promise<void> {
    const document = this.document;
    try {
      const [live, draft] = await Promise.all([
        this.session.backend.ask({ ask: 'rules' }),
        this.session.backend.ask({ ask: 'draft' }),
      ]);
      this.error = null;
      this.live = live;
      // What was written while this was being read is newer.
      if (this.saving === 'saved' && this.document === document) this.#lay(draft);
      this.phase = this.document ? 'ready' : 'none';
    } catch (thrown) {
      this.error = this.session.failed(thrown);
      if (!this.document) this.phase = 'broken';
    }
  }

  /** What is saved lies on the desk. */
  #lay(draft: Draft | null): void {
    const told = draft?.rules ?? this.live;
    this.draft = draft;
    this.told = told;
    // The same document keeps its identity, so that nothing that hangs on it is drawn anew.
    if (told && !isSame(told.document, this.document)) {
      if (this.document !== null) this.#forget();
      this.document = told.document;
    } else if (!told) this.document = null;
  }

  #forget(): void {
    this.past = [];
    this.future = [];
  }

  /** Does something to the document. `run`: what is done again and again with the same one is undone in one step. */
  edit(label: string, change: (set: RuleSet) => RuleSet, run?: string): void {
    const before = this.document;
    if (!before) return;
    const after = change(before);
    if (after === before) return;
    const last = this.past.at(-1);
    if (run === undefined || last?.run !== run)
      this.past = [...this.past.slice(1 - MOST_STEPS), { label, before, run }];
    this.future = [];
    this.#set(after);
  }

  /** Begins with a whole document: a template, a file. */
  begin(label: string, document: RuleSet): void {
    if (this.document) this.past = [...this.past, { label, before: this.document }];
    this.future = [];
    this.phase = 'ready';
    this.#set(document);
  }

  undo(): string | null {
    const step = this.past.at(-1);
    if (!step || !this.document) return null;
    this.past = this.past.slice(0, -1);
    this.future = [...this.future, { ...step, before: this.document }];
    this.#set(step.before);
    return step.label;
  }

  redo(): string | null {
    const step = this.future.at(-1);
    if (!step || !this.document) return null;
    this.future = this.future.slice(0, -1);
    this.past = [...this.past, { ...step, before: this.document }];
    this.#set(step.before);
    return step.label;
  }

  #set(document: RuleSet): void {
    this.document = document;
    if (this.saving === 'conflict') return;
    this.saving = 'unsaved';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), SAVE_AFTER);
  }

  /** Saves what is on the desk, and waits until it is. True where it is. */
  async save(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.saving === 'unsaved' || this.#saves) {
      this.#saves ??= this.#saveOnce().finally(() => (this.#saves = null));
      await this.#saves;
    }
    return this.saving === 'saved';
  }

  /** After a saving failed. */
  async saveAgain(): Promise<void> {
    this.saving = 'unsaved';
    await this.save();
  }

  async #saveOnce(): Promise<void> {
    const document = this.document;
    if (!document) return;
    this.saving = 'saving';
    try {
      const draft = await this.session.backend.ask({
        ask: 'save_draft',
        document,
        expected: this.draft?.version ?? null,
        by: null,
      });
      this.draft = draft;
      this.told = draft.rules;
      this.trouble = null;
      this.saving = this.document === document ? 'saved' : 'unsaved';
    } catch (thrown) {
      const error = this.session.failed(thrown);
      this.saving = error.code === 'conflict' ? 'conflict' : 'failed';
      this.trouble = this.session.sentence(thrown);
    }
  }

  /** After somebody else saved the draft: theirs, or what is on this desk over it. */
  async settle(keep: 'theirs' | 'mine'): Promise<void> {
    const draft = await this.#ask(() => this.session.backend.ask({ ask: 'draft' }));
    if (draft === undefined) return;
    this.trouble = null;
    if (keep === 'theirs') {
      this.saving = 'saved';
      this.#lay(draft);
      this.#forget();
    } else {
      this.draft = draft;
      this.saving = 'unsaved';
      await this.save();
    }
  }

  /** Throws the draft away; the live rules lie on the desk again, and undo brings the draft back. */
  async discard(): Promise<boolean> {
    if (this.saving !== 'conflict') await this.save();
    const { document: before, past } = this;
    if ((await this.#ask(() => this.session.backend.ask({ ask: 'discard_draft' }))) === undefined) return false;
    this.saving = 'saved';
    this.trouble = null;
    this.draft = null;
    this.told = this.live;
    this.document = this.live?.document ?? null;
    this.phase = this.document ? 'ready' : 'none';
    if (before && this.document) this.past = [...past, { label: S.edit.did.discard, before }];
    this.future = [];
    return true;
  }

  /** Makes the draft live. True where it is. */
  async goLive(note: string): Promise<boolean> {
    if (!(await this.save()) || !this.draft) return false;
    const { version } = this.draft;
    const live = await this.#ask(() => this.session.backend.ask({ ask: 'go_live', version, note, by: null }));
    if (!live) return false;
    this.#wentLive(live);
    return true;
  }

  /** Makes the rules of an earlier revision live again. A draft stays a draft. */
  async rollBack(revision: number, note: string): Promise<boolean> {
    const live = await this.#ask(() => this.session.backend.ask({ ask: 'roll_back', revision, note, by: null }));
    if (!live) return false;
    this.live = live;
    if (!this.drafted) this.#lay(null);
    else await this.load();
    return true;
  }

  #wentLive(live: LiveRules): void {
    this.live = live;
    this.draft = null;
    this.saving = 'saved';
    this.told = live;
    this.document = live.document;
    this.phase = 'ready';
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (thrown) {
      this.session.trouble = this.session.sentence(thrown);
      return undefined;
    }
  }
}

/** Whether two documents say the same. The engine writes the parts of an object in an order of its own. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)));
}
