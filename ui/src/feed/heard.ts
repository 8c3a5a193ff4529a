import type { FeedRow } from '../api/types/FeedRow';

/** What is heard while the journal is asked: its answer may have been read before that happened, and must not cover it up. */
export class Heard {
  #open = new Set<FeedRow[]>();

  hear(news: readonly FeedRow[]): void {
    for (const rows of this.#open) rows.push(...news);
  }

  /** Takes an answer together with what was heard until it came, in its order. Nothing is heard in between. */
  async during<T>(asking: Promise<T>, take: (answer: T, heard: readonly FeedRow[]) => void): Promise<void> {
    const heard: FeedRow[] = [];
    this.#open.add(heard);
    try {
      take(await asking, heard);
    } finally {
      this.#open.delete(heard);
    }
  }
}
