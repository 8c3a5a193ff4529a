import type { Change } from '../api/types/Change';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';

export type Deed = 'undo' | 'accept' | 'decline';

/** What a person does with the changes of an event, and what came of it. */
export class Deeds {
  /** What is on its way with which changes. */
  underWay = $state.raw<ReadonlyMap<number, Deed>>(new Map());
  /** Why something was not done, as a sentence, by change. */
  refused = $state.raw<ReadonlyMap<number, string>>(new Map());
  /** What came of doing something with the whole cascade of an event. */
  whole = $state.raw<{ seq: number; said: string; bad: boolean } | null>(null);

  #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Undoes changes one by one, last first: what follows from another goes before it. */
  async undo(changes: readonly Change[]): Promise<void> {
    const ids = changes.map((change) => change.id).sort((one, other) => other - one);
    if (!this.#begin('undo', ids)) return;
    for (const id of ids) {
      try {
        await this.#session.backend.ask({ ask: 'undo', change: id, by: null });
      } catch (thrown) {
        this.#refuse(id, S.event.notUndone(this.#session.sentence(thrown)));
      }
    }
    this.#end(ids);
  }

  async undoAll(event: number, changes: readonly Change[]): Promise<void> {
    const ids = changes.map((change) => change.id);
    if (!this.#begin('undo', ids)) return;
    try {
      const { undone, left } = await this.#session.backend.ask({ ask: 'undo_cascade', event, by: null });
      for (const { change, why } of left) {
        this.#refuse(change, S.event.notUndone(this.#session.sentence({ code: 'conflict', message: why })));
      }
      const said = [S.event.undone(undone.length), ...(left.length > 0 ? [S.event.left(left.length)] : [])].join(' ');
      this.whole = { seq: event, said, bad: left.length > 0 };
    } catch (thrown) {
      this.whole = { seq: event, said: S.event.notUndone(this.#session.sentence(thrown)), bad: true };
    }
    this.#end(ids);
  }

  async judge(judgement: 'accept' | 'decline', changes: readonly Change[]): Promise<void> {
    const ids = changes.map((change) => change.id);
    const [first] = ids;
    if (first === undefined || !this.#begin(judgement, ids)) return;
    const by = null;
    try {
      await this.#session.backend.ask(
        judgement === 'accept' ? { ask: 'accept', changes: ids, by } : { ask: 'decline', changes: ids, why: null, by },
      );
    } catch (thrown) {
      this.#refuse(first, S.event.notJudged(this.#session.sentence(thrown)));
    }
    this.#end(ids);
  }

  #begin(deed: Deed, ids: readonly number[]): boolean {
    if (ids.some((id) => this.underWay.has(id))) return false;
    this.underWay = new Map([...this.underWay, ...ids.map((id) => [id, deed] as const)]);
    this.refused = new Map([...this.refused].filter(([id]) => !ids.includes(id)));
    this.whole = null;
    return true;
  }

  #refuse(id: number, why: string): void {
    this.refused = new Map([...this.refused, [id, why]]);
  }

  #end(ids: readonly number[]): void {
    this.underWay = new Map([...this.underWay].filter(([id]) => !ids.includes(id)));
  }
}
