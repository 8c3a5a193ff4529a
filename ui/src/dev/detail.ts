import type { EventDetail } from '../api/types/EventDetail';
import type { FeedRow } from '../api/types/FeedRow';
import type { Trial } from '../api/types/Trial';
import type { TriedChange } from '../api/types/TriedChange';

/** One event with all that the made-up engine knows of it. */
export function detailOf(row: FeedRow): EventDetail {
  const payload = payloadOf(row);
  const rules = new Map(row.cascade?.changes.map((c) => [c.rule, c.rule_name]));
  return {
    row,
    payload,
    delivery:
      row.road !== 'hook'
        ? null
        : {
            seq: row.seq,
            hook: row.hook ?? 'versions',
            received_at: row.received_at,
            verdict: 'the signature is good',
            bytes: payload.length,
            headers: [
              ['content-type', 'application/json; charset=utf-8'],
              ['user-agent', 'ShotGrid Webhooks'],
              ['x-sg-delivery-id', `b9a3c7d2-33d5-4c1f-9e0a-${String(row.seq).padStart(12, '0')}`],
              ['x-sg-event-batch-id', '545175'],
              ['x-sg-webhook-site-url', 'https://studio.shotgrid.autodesk.com'],
              ['x-sg-signature', '(left out)'],
            ],
          },
    rules: [...rules].map(([id, ruleName]) => ({
      id,
      name: ruleName,
      sentence: SENTENCES[ruleName] ?? 'When this happens, set that.',
    })),
    previous: row.entity === null || row.seq % 5 === 0 ? null : before(row),
    answer: row.road === 'hook' ? { status: 200, body: '' } : null,
    acknowledgement: row.road !== 'hook' ? null : acknowledgementOf(row),
    revision_then: row.seq % 3 === 0 ? 40 : 41,
  };
}

const SENTENCES: Record<string, string> = {
  'Review drives the Task': 'When a Version’s status changes, set its Task to the status that goes with it.',
  'The Shot follows the Task':
    'When a Task changes, and Callboard changed it or its step is Composite or Secondary Composite, set its Shot to the status that goes with it.',
  'Work makes the Shot active':
    'When a Task becomes Check New Version, and Callboard changed it or its step is Composite or Secondary Composite, set its Shot to Active.',
  'New versions are checked': 'When a Version becomes Check New Version, set its Task to Check New Version.',
  'A new Version of a step in review is checked':
    'When a Version is created, and its step is Prep, Composite or Computer Graphics, set it to Check New Version.',
  'An omitted Shot omits its Tasks': 'When a Shot becomes Omit, set the Tasks of the Shot to the same status.',
};

function payloadOf(row: FeedRow): string {
  return JSON.stringify({
    data: {
      id: `${row.seq}.1186.0`,
      event_log_entry_id: row.event_log_entry_id,
      event_type: row.event_type,
      operation: row.operation,
      user: row.actor && { type: row.actor.type, id: row.actor.id },
      entity: row.entity && { type: row.entity.type, id: row.entity.id },
      project: row.project && { type: 'Project', id: row.project.id },
      meta: {
        type: 'attribute_change',
        attribute_name: row.field,
        entity_type: row.entity?.type,
        entity_id: row.entity?.id,
        old_value: row.old,
        new_value: row.new,
      },
      created_at: row.occurred_at,
      note: '<script>never runs</script>',
      session_uuid: '11f0a4c2-8d2e-11f0-9d6a-0242ac110004',
    },
    timestamp: row.received_at,
  });
}

function before(row: FeedRow): EventDetail['previous'] {
  const seq = Math.max(1, row.seq - 9);
  const at = new Date(Date.parse(row.received_at) - 5_400_000).toISOString();
  const actor = row.actor && { ...row.actor, id: 3, name: 'Mara Lindqvist' };
  const number = row.event_log_entry_id === null ? null : row.event_log_entry_id - 9;
  const earlier = { ...row, seq, old: null, new: row.old, actor, event_log_entry_id: number };
  return { seq, received_at: at, payload: payloadOf({ ...earlier, occurred_at: at, received_at: at }) };
}

function acknowledgementOf(row: FeedRow): EventDetail['acknowledgement'] {
  const changes = row.cascade?.changes.filter(({ state }) => state === 'confirmed') ?? [];
  if (changes.length === 0) return null;
  const told = changes.map(({ entity, to }) => `${entity.type} ${entity.name ?? entity.id} is ${to}`);
  const written = row.outcome === 'changed';
  return { at: written ? (changes.at(-1)?.settled_at ?? null) : null, text: `Callboard: ${told.join('; ')}` };
}

/** The same event, decided anew now by hand. */
export function replayedRow(row: FeedRow, seq: number): FeedRow {
  const now = Date.now();
  const at = (after: number) => new Date(now + after).toISOString();
  const changes = row.cascade?.changes.map((one, i) => ({
    ...one,
    id: seq * 10 + i,
    parent: one.parent === null ? null : seq * 10 + i - 1,
    planned_at: at(3),
    settled_at: at(120),
  }));
  return {
    ...row,
    seq,
    road: 'hand',
    hook: null,
    seen_again: 0,
    by_hand: { entered_by: 'Mara Lindqvist', source: `replay of ${row.seq}`, row: 1 },
    occurred_at: null,
    received_at: at(0),
    cascade: row.cascade && { ...row.cascade, seq, decided_at: at(3), changes: changes ?? [] },
  };
}

/** A made-up trial of a recorded event, about the entities that it changed, so that the two can be compared. */
export function aboutRecorded(trial: Trial, row: FeedRow): Trial {
  const known = new Map(row.cascade?.changes.map(({ entity, from }) => [entity.type, { entity, from }]));
  const about = (change: TriedChange): TriedChange => ({ ...change, ...known.get(change.entity.type) });
  return { ...trial, changes: trial.changes.map(about), skipped: trial.skipped.map(about) };
}
