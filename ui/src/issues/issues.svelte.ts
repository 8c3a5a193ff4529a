import type { Ask } from '../api/types/Ask';
import type { IssueView } from '../api/types/IssueView';
import type { IssuesView } from '../api/types/IssuesView';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { inOrder } from './order';

/** News of the overview come with every burst of events; the issues are asked again this much later. */
const AFTER_NEWS = 2_000;

type Act = 'acknowledge_issue' | 'resolve_issue';

/** What needs a person, as the window shows it, and what is done about it. */
export class Issues {
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  /** Why they could not be read, as a sentence. */
  error = $state<string | null>(null);
  view = $state.raw<IssuesView>({ open: [], resolved: [] });
  /** What is on its way, with which issue. */
  busy = $state.raw<{ key: string; act: Act } | null>(null);
  /** What could not be done, as a sentence. */
  trouble = $state<string | null>(null);
  /** What was done last, as a sentence. */
  said = $state<string | null>(null);
  #order = $state.raw<readonly string[]>([]);

  readonly open = $derived(inOrder(this.view.open, this.#order));

  #session: Session;
  #turn = 0;
  #looking = 0;
  #silence: (() => void) | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Somebody looks at them, until the returned function is called. */
  start(): () => void {
    this.#looking += 1;
    if (this.#looking === 1) this.#begin();
    return () => {
      this.#looking -= 1;
      if (this.#looking > 0) return;
      this.#silence?.();
      clearTimeout(this.#soon);
      this.#soon = undefined;
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const turn = ++this.#turn;
    try {
      const view = await this.#session.backend.ask({ ask: 'issues' });
      if (turn === this.#turn) this.#show(view);
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.error = this.#session.sentence(thrown);
      if (this.phase === 'loading') this.phase = 'broken';
    }
  }

  /** It has been seen: it stays open, and is counted no longer. */
  async acknowledge(issue: IssueView): Promise<boolean> {
    return this.#act({ ask: 'acknowledge_issue', key: issue.key, by: null }, S.issues.not.acknowledged, () =>
      S.issues.done.acknowledged(issue.title),
    );
  }

  /** It is done with, until it is met again. */
  async resolve(issue: IssueView): Promise<boolean> {
    return this.#act({ ask: 'resolve_issue', key: issue.key, by: null }, S.issues.not.resolved, () =>
      S.issues.done.resolved(issue.title),
    );
  }

  #begin(): void {
    this.#order = [];
    this.trouble = null;
    this.said = null;
    void this.load();
    this.#silence = this.#session.read({
      rows: () => {},
      refresh: () => void this.load(),
      overview: () => {
        this.#soon ??= setTimeout(() => void this.load(), AFTER_NEWS);
      },
    });
  }

  #show(view: IssuesView): void {
    this.view = view;
    this.#order = inOrder(view.open, this.#order).map(({ key }) => key);
    this.phase = 'ready';
    this.error = null;
    // The marks around the view count what stands here.
    const { overview } = this.#session;
    const issues = view.open.filter(({ state }) => state === 'open').length;
    if (overview && overview.issues !== issues) this.#session.overview = { ...overview, issues };
  }

  async #act(ask: Extract<Ask, { ask: Act }>, not: (why: string) => string, said: () => string): Promise<boolean> {
    if (this.busy !== null) return false;
    this.busy = { key: ask.key, act: ask.ask };
    this.trouble = null;
    this.said = null;
    const turn = ++this.#turn;
    try {
      const view = await this.#session.backend.ask(ask);
      if (turn === this.#turn) this.#show(view);
      this.said = said();
      return true;
    } catch (thrown) {
      this.trouble = not(this.#session.sentence(thrown));
      return false;
    } finally {
      this.busy = null;
      // Refused, or overtaken by news: what stands here may be old.
      if (this.trouble !== null || turn !== this.#turn) void this.load();
    }
  }
}
