import type { Change } from '../api/types/Change';
import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import type { StatusView } from '../api/types/StatusView';
import type { Dice } from './seed';
import { CREATIVE, FTRACK } from './sites';

/** An id as ftrack and Creative Force have them: always the same for the same number. */
function longId(n: number): string {
  const hex = (at: number, length: number) =>
    (Math.imul(n + 7, 2654435761 + at * 97) >>> 0).toString(16).padStart(8, '0').slice(0, length);
  return `${hex(1, 8)}-${hex(2, 4)}-11f0-9d6a-${hex(3, 8)}${hex(4, 4)}`;
}

/** Statuses of the made-up ftrack site: their codes are ids. */
export const FTRACK_STATUSES: readonly StatusView[] = [
  ['Not started', '#a5a5a5'],
  ['In progress', '#3498db'],
  ['Pending review', '#f1c40f'],
  ['Revision', '#e67e22'],
  ['Approved', '#2ecc71'],
  ['On hold', '#9b59b6'],
].map(([name, color], i) => ({ code: longId(9_000 + i), name: name!, color: color! }));

const CODES = ['na', 'ip', 'rev', 'note', 'apv', 'hld'];

/** A ShotGrid status as the nearest of ftrack's; one of any is as good as another for the look. */
function idOf(code: unknown): string | null {
  if (typeof code !== 'string') return null;
  const at = CODES.indexOf(code);
  return FTRACK_STATUSES[at < 0 ? code.length % FTRACK_STATUSES.length : at]!.code;
}

function withLongId<E extends EntityRef>(entity: E): E {
  return typeof entity.id === 'number' ? { ...entity, id: longId(entity.id) } : entity;
}

/** The same on the ftrack site: ids are text, and a status is known by its id. */
export function asFtrack(row: FeedRow): FeedRow {
  const changes = row.cascade?.changes.map((one): Change => ({
    ...one,
    entity: withLongId(one.entity),
    from: idOf(one.from),
    to: idOf(one.to),
  }));
  return {
    ...row,
    site: FTRACK,
    road: 'hook',
    hook: 'west-status',
    event_log_entry_id: null,
    event_type: 'ftrack.update',
    field: 'status_id',
    old: idOf(row.old),
    new: idOf(row.new),
    entity: row.entity && withLongId(row.entity),
    parent: row.parent && withLongId(row.parent),
    project: row.project && withLongId(row.project),
    cascade: row.cascade && { ...row.cascade, changes: changes ?? [] },
  };
}

const PRODUCTS = ['NO-4711 Wool coat, camel', 'NO-4712 Wool coat, navy', 'NO-2201 Rain boot', 'NO-9034 Silk scarf'];

/** What happens on the floor of a photo studio. Its rules set nothing there: they say what they would set. */
export function floorRow(row: FeedRow, dice: Dice, at: number): FeedRow {
  const n = dice.below(PRODUCTS.length);
  const product: EntityRef = { type: 'Product', id: longId(100 + n), name: PRODUCTS[n]! };
  const unit: EntityRef = { type: 'WorkUnit', id: longId(200 + n), name: 'On Model' };
  const actor = { kind: 'person' as const, type: 'User', id: longId(300 + dice.below(9)), name: null };
  const base: FeedRow = {
    ...row,
    site: CREATIVE,
    road: 'hook',
    hook: 'studio-floor',
    event_log_entry_id: null,
    field: 'status',
    old: null,
    actor,
    project: { type: 'Project', id: longId(7), name: 'North Outfitters' },
  };
  switch (dice.below(4)) {
    case 0:
      return {
        ...base,
        event_type: 'Sample LocationChanged',
        entity: { type: 'Sample', id: longId(400 + n), name: null },
        parent: product,
        field: 'Action',
        is_status: false,
        new: 'LocationChanged',
      };
    case 1:
      return { ...base, event_type: 'WorkUnit StatusChanged', entity: unit, parent: product, new: 'Ready For Post' };
    case 2:
      return { ...base, event_type: 'Product StatusChanged', entity: product, parent: null, new: 'In Progress' };
    default: {
      const task: EntityRef = { type: 'Task', id: longId(500 + n), name: dice.pick(['Capture', 'Post Review']) };
      const change: Change = {
        id: row.seq * 10,
        entity: product,
        from: 'In Progress',
        to: 'Done',
        rule: 'captured-is-done',
        rule_name: 'A captured Product is done',
        parent: null,
        state: 'skipped',
        skip: 'not_allowed',
        reason: `${CREATIVE} is only listened to, so nothing is written there`,
        attempts: 0,
        planned_at: new Date(at + 3).toISOString(),
        settled_at: new Date(at + 4).toISOString(),
      };
      const decided_at = change.planned_at;
      return {
        ...base,
        event_type: 'Task Completed',
        entity: task,
        parent: product,
        new: 'Completed',
        outcome: 'skipped',
        cascade: { seq: row.seq, revision: 41, rule_set: 'Status overhaul', decided_at, changes: [change] },
      };
    }
  }
}
