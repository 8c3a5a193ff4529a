import type { Change } from '../api/types/Change';
import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import type { Trial } from '../api/types/Trial';
import type { TriedChange } from '../api/types/TriedChange';
import { isAlreadyThere } from './cascade';

/** One value that an event changed, or would change when it is decided again. */
export interface Compared {
  key: string;
  entity: EntityRef;
  /** The field, where it is not the status. */
  field: string | undefined;
  /** What the rules would set; none: nothing. */
  would: TriedChange | null;
  /** What was decided then, whatever became of it; none: nothing. */
  did: Change | null;
  kind: 'same' | 'otherwise' | 'only_would' | 'only_did';
}

/** What would change beside what did, in the order of what would. */
export function comparedOf(trial: Trial, row: FeedRow): Compared[] {
  const did = new Map<string, Change>();
  for (const change of row.cascade?.changes ?? []) {
    // A later change of the same value is what it came to.
    if (!isAlreadyThere(change)) did.set(keyOf(change), change);
  }
  const would = new Map(trial.changes.map((change) => [keyOf(change), change]));
  const compared: Compared[] = [...would].map(([key, change]) => {
    const done = did.get(key) ?? null;
    return {
      key,
      entity: done?.entity.name ? done.entity : change.entity,
      field: change.field,
      would: change,
      did: done,
      kind: done === null ? 'only_would' : done.to === change.to ? 'same' : 'otherwise',
    };
  });
  for (const [key, change] of did) {
    if (would.has(key)) continue;
    compared.push({ key, entity: change.entity, field: change.field, would: null, did: change, kind: 'only_did' });
  }
  return compared;
}

function keyOf({ entity, field }: Pick<Change, 'entity' | 'field'>): string {
  return `${entity.type} ${entity.id} ${field ?? ''}`;
}

/** Whether there is anything that rules could decide again. */
export function isReplayable(row: FeedRow): boolean {
  return row.entity !== null && !['echo', 'not_understood'].includes(row.outcome) && row.operation !== 'hook_status';
}

const REPLAYED = /^replay of (\d+)$/;

/** The event that this one decides anew; none where it is no replay. */
export function replayOf(row: FeedRow): number | null {
  const seq = REPLAYED.exec(row.by_hand?.source ?? '')?.[1];
  return seq === undefined ? null : Number(seq);
}
