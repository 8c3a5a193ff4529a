import { AskError, type Answers } from '../api';
import type { Ask } from '../api/types/Ask';
import type { Change } from '../api/types/Change';
import type { FeedRow } from '../api/types/FeedRow';
import type { Undone } from '../api/types/Undone';
import type { WaitingChange } from '../api/types/WaitingChange';

type ApprovalAsk = Extract<Ask, { ask: 'inbox' | 'accept' | 'decline' | 'undo' | 'undo_cascade' }>;

const BY = 'Mara Lindqvist';
const WRITTEN_AFTER = 900;

/** What waits for a person and what a person takes back, made up. `asks=N`: at least N changes wait. */
export class PracticeApprovals {
  #rows: Map<number, FeedRow>;
  #at: (seq: number) => FeedRow;
  #tell: (rows: FeedRow[]) => void;

  constructor(rows: Map<number, FeedRow>, at: (seq: number) => FeedRow, tell: (rows: FeedRow[]) => void) {
    this.#rows = rows;
    this.#at = at;
    this.#tell = tell;
  }

  /** Has the newest changes wait. */
  begin(wanted: number, newest: number): void {
    for (let seq = newest, waiting = 0; seq > 0 && waiting < wanted; seq -= 1) {
      const row = structuredClone(this.#at(seq));
      const changes = (row.cascade?.changes ?? []).filter((change) => change.skip !== 'already_there');
      if (changes.length === 0 || seq === newest - 1) continue;
      const reason = `${row.site} asks first: it waits for a person`;
      for (const change of changes) Object.assign(change, { state: 'skipped', skip: 'asks', reason });
      row.outcome = 'skipped';
      waiting += changes.length;
      this.#rows.set(seq, row);
    }
  }

  get waiting(): WaitingChange[] {
    return [...this.#rows.values()]
      .sort((one, other) => one.seq - other.seq)
      .flatMap((row) => asking(row).map((change) => waitingOf(row, change)));
  }

  answer(ask: ApprovalAsk): Answers[ApprovalAsk['ask']] {
    switch (ask.ask) {
      case 'inbox':
        return { waiting: this.waiting };
      case 'accept':
        this.#accept(this.#those(ask.changes));
        return { waiting: this.waiting };
      case 'decline': {
        const reason = `${BY} declined it at ${now()}${ask.why === null ? '' : `: ${ask.why}`}`;
        this.#set(this.#those(ask.changes), () => ({ skip: 'declined', reason }));
        return { waiting: this.waiting };
      }
      case 'undo':
        return this.#undo(Math.floor(ask.change / 10), [ask.change]);
      case 'undo_cascade': {
        const written = this.#at(ask.event).cascade?.changes.filter(isWritten) ?? [];
        return this.#undo(ask.event, written.map((change) => change.id).reverse());
      }
    }
  }

  #those(ids: readonly number[]): number[] {
    const waiting = this.waiting.filter((one) => ids.includes(one.change));
    if (waiting.length === 0) {
      throw new AskError('conflict', 'None of these changes waits any more: somebody was quicker');
    }
    return waiting.map((one) => one.change);
  }

  /** Every third is set by somebody else in the meantime, every seventh has a later one in its place. */
  #accept(ids: readonly number[]): void {
    const planned = (id: number): Partial<Change> =>
      id % 7 === 3
        ? { skip: 'replaced', reason: 'A later change took its place before anybody accepted it' }
        : { state: 'planned', skip: undefined, reason: null, accepted_by: BY };
    this.#set(ids, planned);
    setTimeout(() => {
      const open = ids.filter((id) => id % 7 !== 3);
      this.#set(open, (id) =>
        id % 3 === 2
          ? { state: 'skipped', skip: 'overruled', reason: 'Jonas Okafor set it to On Hold 9 s before' }
          : { state: 'confirmed' },
      );
    }, WRITTEN_AFTER);
  }

  #undo(seq: number, ids: readonly number[]): Undone {
    const changes = this.#at(seq).cascade?.changes.filter((change) => ids.includes(change.id)) ?? [];
    if (changes.length === 0 || !changes.some(isWritten)) {
      throw new AskError('conflict', 'It was not written, so there is nothing to undo');
    }
    const refused = (id: number) => id % 4 === 1;
    const why = 'It was set to hld since';
    const undone = ids.filter((id) => !refused(id));
    if (undone.length === 0) throw new AskError('conflict', why);
    this.#set(undone, () => ({ state: 'undone', reason: `${BY} undid it at ${now()}` }));
    return { undone, left: ids.filter(refused).map((change) => ({ change, why })) };
  }

  #set(ids: readonly number[], to: (id: number) => Partial<Change>): void {
    const seqs = new Set(ids.map((id) => Math.floor(id / 10)));
    const rows = [...seqs].map((seq) => {
      const row = structuredClone(this.#at(seq));
      const settled_at = new Date().toISOString();
      for (const change of row.cascade?.changes ?? []) {
        if (ids.includes(change.id)) Object.assign(change, to(change.id), { settled_at });
      }
      const states = row.cascade?.changes.map((change) => change.state) ?? [];
      row.outcome = states.includes('planned') ? 'waiting' : states.includes('confirmed') ? 'changed' : 'skipped';
      this.#rows.set(seq, row);
      return row;
    });
    this.#tell(rows);
  }
}

function asking(row: FeedRow): Change[] {
  return row.cascade?.changes.filter((change) => change.skip === 'asks') ?? [];
}

function isWritten({ state }: Change): boolean {
  return state === 'applied' || state === 'confirmed';
}

function waitingOf(row: FeedRow, change: Change): WaitingChange {
  const { id, entity, field, from, to, rule, rule_name, parent } = change;
  const above = row.parent ?? (row.entity?.type === 'Shot' ? row.entity : null);
  return {
    change: id,
    seq: row.seq,
    site: row.site,
    entity,
    parent: entity.type === 'Shot' ? null : above,
    field,
    from,
    to,
    rule,
    rule_name,
    follows_from: asking(row).some((one) => one.id === parent) ? parent : null,
    actor: row.actor,
    at: row.occurred_at ?? row.received_at,
  };
}

function now(): string {
  return `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
