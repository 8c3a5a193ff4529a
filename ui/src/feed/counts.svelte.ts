import type { FeedCounts } from '../api/types/FeedCounts';
import type { FeedFilter } from '../api/types/FeedFilter';
import type { Session } from '../frame/session.svelte';

/** Counts are worth less than rows: they are asked for once those stand and the typing rests, and not with each news again. */
const AFTER_ROWS = 200;
const AFTER_NEWS = 4_000;

/** How many events there are by what they have, under the filter that is set. */
export class Counts {
  /** The last that are known, though the filter may have changed since; null where none were ever read. */
  known = $state.raw<FeedCounts | null>(null);

  #session: Session;
  #filter: () => FeedFilter;
  #turn = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, filter: () => FeedFilter) {
    this.#session = session;
    this.#filter = filter;
  }

  /** Each key that brings rows puts them off again. */
  afterRows(): void {
    this.stop();
    this.#in(AFTER_ROWS);
  }

  afterNews(): void {
    if (this.#waiting === undefined) this.#in(AFTER_NEWS);
  }

  /** Nothing more is asked, and what is on its way is let go. */
  stop(): void {
    this.#turn += 1;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  #in(wait: number): void {
    this.#waiting = setTimeout(() => void this.#ask(), wait);
  }

  async #ask(): Promise<void> {
    this.#waiting = undefined;
    const turn = this.#turn;
    try {
      const counts = await this.#session.backend.ask({ ask: 'feed_counts', filter: this.#filter() });
      if (turn === this.#turn) this.known = counts;
    } catch (thrown) {
      // The rows say what is wrong; a filter without counts still filters.
      this.#session.failed(thrown);
      if (turn === this.#turn) this.known = null;
    }
  }
}
