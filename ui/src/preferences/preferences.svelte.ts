import type { Keep } from '../api/types/Keep';
import type { NotifyChoices } from '../api/types/NotifyChoices';
import type { Preferences as Kept } from '../api/types/Preferences';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';

/** What people choose for themselves. Each change is saved at once; one that was not saved is taken back. */
export class Preferences {
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  /** Why they could not be read, as a sentence. */
  error = $state<string | null>(null);
  /** As they are shown: saved, or on the way. */
  shown = $state.raw<Kept | null>(null);
  saving = $state(false);
  /** Whether the last change was saved, for as long as the sheet is open. */
  saved = $state(false);
  /** Why the last change was not saved, as a sentence. */
  wrong = $state<string | null>(null);

  #session: Session;
  #kept: Kept | null = null;
  /** What is to be saved once the saving that is under way is over. */
  #next: Kept | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Reads them anew. What somebody changed and is not saved yet stays. */
  async load(): Promise<void> {
    if (this.saving) return;
    this.saved = false;
    this.wrong = null;
    try {
      const kept = await this.#session.backend.ask({ ask: 'preferences' });
      if (this.saving) return;
      this.#show(kept);
    } catch (thrown) {
      this.error = this.#session.sentence(thrown);
      if (this.shown === null) this.phase = 'broken';
    }
  }

  async notify(notify: NotifyChoices): Promise<void> {
    if (this.shown) await this.#save({ ...this.shown, notify });
  }

  async keep(keep: Keep): Promise<void> {
    if (this.shown) await this.#save({ ...this.shown, keep });
  }

  async #save(preferences: Kept): Promise<void> {
    this.shown = preferences;
    this.saved = false;
    this.wrong = null;
    this.#next = preferences;
    if (this.saving) return;
    this.saving = true;
    try {
      while (this.#next !== null) {
        const sent: Kept = this.#next;
        this.#next = null;
        this.#kept = await this.#session.backend.ask({ ask: 'set_preferences', preferences: sent });
      }
      this.shown = this.#kept;
      this.saved = true;
    } catch (thrown) {
      this.#next = null;
      this.shown = this.#kept;
      this.wrong = S.preferences.notSaved(this.#session.sentence(thrown));
    } finally {
      this.saving = false;
    }
  }

  #show(kept: Kept): void {
    this.#kept = kept;
    this.shown = kept;
    this.phase = 'ready';
    this.error = null;
  }
}
