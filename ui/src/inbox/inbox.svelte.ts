import type { Change } from '../api/types/Change';
import type { FeedRow } from '../api/types/FeedRow';
import type { WaitingChange } from '../api/types/WaitingChange';
import { inTrouble, isWritten } from '../feed/cascade';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { groupsOf, toggled, withCauses, withFollowers } from './waiting';

export type Judgement = 'accept' | 'decline';

/** A change that somebody at this window decided, and what has become of it since. */
export interface Decided {
  waiting: WaitingChange;
  judgement: Judgement;
  /** As the journal has it now; none until it is heard of. */
  change: Change | null;
}

/** What waits for a person, and what this person does with it. */
export class Inbox {
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  /** Why it could not be read, as a sentence. */
  error = $state<string | null>(null);
  /** What could not be done, as a sentence. */
  trouble = $state<string | null>(null);
  waiting = $state.raw<readonly WaitingChange[]>([]);
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  busy = $state<Judgement | null>(null);
  decided = $state.raw<readonly Decided[]>([]);
  /** How many went from the list without anybody at this window having decided them. */
  gone = $state(0);

  readonly groups = $derived(groupsOf(this.waiting));
  readonly underWay = $derived(this.decided.filter(isUnderWay));
  readonly written = $derived(this.decided.filter(({ change }) => change !== null && isWritten(change)));
  /** What was decided and came out otherwise. */
  readonly otherwise = $derived(
    this.decided.filter(({ change }) => change !== null && change.skip !== 'declined' && inTrouble(change)),
  );
  readonly declined = $derived(
    this.decided.filter(
      ({ judgement, change }) => judgement === 'decline' && (change === null || change.skip === 'declined'),
    ),
  );

  #session: Session;
  #turn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Reads what waits, and goes on hearing of it until the returned function is called. */
  open(): () => void {
    this.trouble = null;
    this.decided = [];
    this.gone = 0;
    this.chosen = new Set();
    void this.load();
    return this.#session.read({
      rows: (rows) => this.#hear(rows),
      refresh: () => void this.load(),
      overview: ({ waiting_for_you: n }) => {
        if (this.phase === 'ready' && this.busy === null && n !== this.waiting.length) void this.load();
      },
    });
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const { waiting } = await this.#session.backend.ask({ ask: 'inbox' });
      if (turn !== this.#turn) return;
      this.#lay(waiting);
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.error = this.#session.sentence(thrown);
      if (this.waiting.length === 0) this.phase = 'broken';
    }
  }

  toggle(id: number): void {
    this.chosen = toggled(this.waiting, this.chosen, id);
  }

  toggleAll(): void {
    const all = this.chosen.size === this.waiting.length;
    this.chosen = new Set(all ? [] : this.waiting.map((one) => one.change));
  }

  /** What a decision about these is about in the end. */
  meant(judgement: Judgement, ids: Iterable<number>): number[] {
    const meant = (judgement === 'accept' ? withCauses : withFollowers)(this.waiting, ids);
    return this.waiting.filter((one) => meant.has(one.change)).map((one) => one.change);
  }

  async judge(judgement: Judgement, ids: Iterable<number>, why: string | null = null): Promise<boolean> {
    const changes = this.meant(judgement, ids);
    if (changes.length === 0 || this.busy !== null) return false;
    this.busy = judgement;
    this.trouble = null;
    const turn = ++this.#turn;
    const before = this.decided;
    const theirs = this.waiting.filter((one) => changes.includes(one.change));
    // What becomes of them may be told before the question is answered.
    this.decided = [...before, ...theirs.map((waiting) => ({ waiting, judgement, change: null }))];
    try {
      const by = null;
      const { waiting } = await this.#session.backend.ask(
        judgement === 'accept' ? { ask: 'accept', changes, by } : { ask: 'decline', changes, why, by },
      );
      if (turn === this.#turn) this.#lay(waiting);
      return true;
    } catch (thrown) {
      this.decided = before;
      const sentence = this.#session.sentence(thrown);
      this.trouble = judgement === 'accept' ? S.inbox.notAccepted(sentence) : S.inbox.notDeclined(sentence);
      return false;
    } finally {
      this.busy = null;
      // Refused, or overtaken: the list is not what it was thought to be.
      if (this.trouble !== null || turn !== this.#turn) void this.load();
    }
  }

  #lay(waiting: readonly WaitingChange[]): void {
    const still = new Set(waiting.map((one) => one.change));
    const ours = new Set(this.decided.map((one) => one.waiting.change));
    if (this.phase === 'ready') {
      this.gone += this.waiting.filter((one) => !still.has(one.change) && !ours.has(one.change)).length;
    }
    this.waiting = waiting;
    this.chosen = new Set([...this.chosen].filter((id) => still.has(id)));
    this.phase = 'ready';
    this.error = null;
  }

  #hear(rows: readonly FeedRow[]): void {
    if (this.decided.length === 0) return;
    const changes = new Map(rows.flatMap((row) => row.cascade?.changes ?? []).map((change) => [change.id, change]));
    if (!this.decided.some(({ waiting }) => changes.has(waiting.change))) return;
    this.decided = this.decided.map((one) => ({ ...one, change: changes.get(one.waiting.change) ?? one.change }));
  }
}

/** Accepted, and not at its end yet. */
function isUnderWay({ judgement, change }: Decided): boolean {
  return judgement === 'accept' && (change === null || change.state === 'planned' || change.skip === 'asks');
}
