import type { OutgoingTest } from '../api/types/OutgoingTest';
import type { OutgoingView } from '../api/types/OutgoingView';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { sentOf, type Entry } from './entry';

/** What waits is counted anew so often while the sheet is open. */
const REFRESH = 10_000;

/** What came of a test, by the name of whoever it was sent to. */
export type Tests = ReadonlyMap<string, OutgoingTest>;

/** A secret that was made, to be copied now. */
export interface Made {
  name: string;
  secret: string;
}

/** Who is told by signed webhooks. */
export class Outgoing {
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  list = $state.raw<readonly OutgoingView[]>([]);
  /** Why they could not be read, as a sentence. */
  error = $state<string | null>(null);
  /** Why the last command failed, as a sentence. */
  wrong = $state<string | null>(null);
  busy = $state<{ what: 'keep' | 'remove' | 'test'; name: string } | null>(null);
  tests = $state.raw<Tests>(new Map());
  made = $state.raw<Made | null>(null);
  /** Who is being written: somebody new, or one by name. */
  writing = $state.raw<{ of: OutgoingView | null } | null>(null);

  #session: Session;
  #turn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** While the sheet is open. What was said before is said no more, a secret least of all. */
  start(): () => void {
    this.wrong = null;
    this.made = null;
    this.writing = null;
    this.tests = new Map();
    void this.load();
    const again = setInterval(() => void this.load(), REFRESH);
    return () => {
      clearInterval(again);
      this.made = null;
    };
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const list = await this.#session.backend.ask({ ask: 'outgoing' });
      if (turn === this.#turn) this.#show(list);
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.error = this.#session.sentence(thrown);
      if (this.phase === 'loading') this.phase = 'broken';
    }
  }

  write(of: OutgoingView | null): void {
    this.wrong = null;
    this.made = null;
    this.writing = { of };
  }

  async keep(entry: Entry): Promise<boolean> {
    const outgoing = sentOf(entry);
    return this.#command('keep', outgoing.name, S.outgoing.not.kept, async () => {
      const set = await this.#session.backend.ask({ ask: 'set_outgoing', outgoing });
      this.#show(set.outgoing);
      this.#forgetTest(outgoing.name);
      this.made = set.secret === null ? null : { name: outgoing.name, secret: set.secret };
      this.writing = null;
    });
  }

  async remove(name: string): Promise<boolean> {
    return this.#command('remove', name, S.outgoing.not.removed, async () => {
      this.#show(await this.#session.backend.ask({ ask: 'remove_outgoing', name }));
      this.#forgetTest(name);
      if (this.made?.name === name) this.made = null;
    });
  }

  async test(name: string): Promise<boolean> {
    return this.#command('test', name, S.outgoing.not.tested, async () => {
      const came = await this.#session.backend.ask({ ask: 'test_outgoing', name });
      this.tests = new Map([...this.tests, [name, came]]);
      void this.load();
    });
  }

  #show(list: readonly OutgoingView[]): void {
    this.#turn += 1;
    this.list = list;
    this.phase = 'ready';
    this.error = null;
  }

  #forgetTest(name: string): void {
    this.tests = new Map([...this.tests].filter(([one]) => one !== name));
  }

  async #command(
    what: 'keep' | 'remove' | 'test',
    name: string,
    not: (name: string, why: string) => string,
    act: () => Promise<void>,
  ): Promise<boolean> {
    if (this.busy !== null) return false;
    this.busy = { what, name };
    this.wrong = null;
    try {
      await act();
      return true;
    } catch (thrown) {
      this.wrong = not(name, this.#session.sentence(thrown));
      return false;
    } finally {
      this.busy = null;
    }
  }
}
