import { getContext, setContext } from 'svelte';
import { AskError, type Backend, type Connection } from '../api';
import type { FeedRow } from '../api/types/FeedRow';
import type { Overview } from '../api/types/Overview';

export type View = 'feed' | 'rules';

interface NewsReader {
  rows(rows: readonly FeedRow[]): void;
  /** News may have been missed: ask again. */
  refresh(): void;
}

/** What stands around every view: the line to the engine and its overview. */
export class Session {
  readonly backend: Backend;
  overview = $state.raw<Overview | null>(null);
  connection = $state<Connection>('live');
  view = $state<View>(location.hash === '#rules' ? 'rules' : 'feed');
  /** Ticks once a minute, for whatever says how long ago something was. */
  now = $state.raw(new Date());
  #readers = new Set<NewsReader>();

  constructor(backend: Backend) {
    this.backend = backend;
  }

  start(): () => void {
    void this.#askOverview();
    const silence = this.backend.listen({
      news: (news) => {
        if (news.news === 'overview') this.overview = news.overview;
        else if (news.news === 'rows') for (const reader of this.#readers) reader.rows(news.rows);
        else this.#refresh();
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
    history.replaceState(null, '', view === 'feed' ? location.pathname + location.search : `#${view}`);
  }

  /** Whoever asks and is refused for want of a token shows the way in. */
  failed(thrown: unknown): AskError {
    const error = AskError.from(thrown);
    if (error.code === 'unauthorized') this.connection = 'unauthorized';
    return error;
  }

  async #askOverview(): Promise<void> {
    try {
      this.overview = await this.backend.ask({ ask: 'overview' });
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
