import type { Actor } from '../api/types/Actor';
import type { Change } from '../api/types/Change';
import type { ChangeState } from '../api/types/ChangeState';
import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import type { Outcome } from '../api/types/Outcome';
import { Dice } from './seed';
import { asFtrack, floorRow } from './trackers';

export interface Scene {
  long: boolean;
  /** The moment of the newest row. */
  now: number;
  newest: number;
  /** Mean milliseconds between two events. */
  pace: number;
  /** Whether notes are among them. */
  noted?: boolean;
  /** Whether there are an ftrack and a Creative Force site besides. */
  three?: boolean;
  /** By whom writing was paused, and since when. */
  paused?: { by: string; since: number };
}

const PEOPLE: [string, Actor['kind'], string][] = [
  ['Mara Lindqvist', 'person', 'HumanUser'],
  ['Jonas Okafor', 'person', 'HumanUser'],
  ['Priya Raman', 'person', 'HumanUser'],
  ['Tomás Arce', 'person', 'HumanUser'],
  ['Elena Fiore', 'person', 'HumanUser'],
  ['Harbour Pictures review', 'client', 'ClientUser'],
  ['publish_bot 2.4', 'script', 'ApiUser'],
];
const STEPS = ['Composite', 'Rotoscoping', 'Paint', 'Lighting', 'Prep', 'Secondary Composite'];
const SHORT: Record<string, string> = {
  Composite: 'comp',
  Rotoscoping: 'roto',
  Paint: 'paint',
  Lighting: 'light',
  Prep: 'prep',
  'Secondary Composite': 'comp2',
};
const PROJECTS = ['The Quiet Coast', 'Harbour Lights'];
const LONG_SHOT = 'SQ0200_0040_aerial_harbour_establishing_extended_edit_for_international_version';
const LONG_PERSON = 'Maximiliane Hohenstaufen-Wittgenstein de la Fuente y Castellanos (external, night shift)';

const VERSION_TO_TASK: [string, string, string, string][] = [
  ['na', 'cnv', 'ip', 'cnv'],
  ['rev', 'apv', 'rev', 'apv'],
  ['cnv', 'stcomp', 'ip', 'stcomp'],
  ['sndcli', 'note', 'sndcli', 'adn'],
  ['cnv', 'sndcli', 'cnv', 'sndcli'],
  ['cnv', 'bkdn', 'cnv', 'adn'],
  ['sndcli', 'rev', 'sndcli', 'rev'],
  ['rqc', 'qckbk', 'sndcli', 'qckbk'],
];
const TASK_TO_SHOT: Record<string, string> = {
  cnv: 'actv',
  apv: 'apv',
  stcomp: 'actv',
  adn: 'actv',
  sndcli: 'actv',
  rev: 'rev',
  qckbk: 'actv',
};

/** The row of that number: always the same for the same scene. */
export function rowAt(seq: number, scene: Scene): FeedRow {
  const row = freely(seq, scene);
  const at = Date.parse(row.received_at);
  if (!scene.paused || at < scene.paused.since || !row.cascade) return row;
  for (const one of row.cascade.changes) {
    if (one.skip === 'already_there') continue;
    Object.assign(one, { state: 'skipped', skip: 'paused', reason: `Writing is paused by ${scene.paused.by}` });
  }
  return Object.assign(row, { outcome: 'skipped' });
}

function freely(seq: number, scene: Scene): FeedRow {
  const dice = new Dice(seq * 31 + (scene.long ? 7 : 0));
  const age = scene.newest - seq;
  const at = scene.now - age * scene.pace - (age === 0 ? 0 : dice.below(Math.max(1, scene.pace / 2)));
  const [sequence, place] = [dice.below(4), dice.below(9)];
  const shot: EntityRef = {
    type: 'Shot',
    id: 800 + 10 * sequence + place,
    name: scene.long ? LONG_SHOT : `SQ0${1 + sequence}0_00${1 + place}0`,
  };
  const step = dice.pick(STEPS);
  const [person, kind, type] = dice.pick(PEOPLE);
  const row: FeedRow = {
    seq,
    site: 'studio',
    road: dice.chance(0.05) ? 'log' : 'hook',
    hook: 'versions',
    event_log_entry_id: 545_000 + seq,
    event_type: 'Shotgun_Version_Change',
    operation: 'update',
    entity: null,
    parent: null,
    field: 'sg_status_list',
    is_status: true,
    old: null,
    new: null,
    hook_word: null,
    note: null,
    by_hand: null,
    actor: { kind, type, id: dice.below(60), name: scene.long ? LONG_PERSON : person },
    project: { type: 'Project', id: 70, name: dice.pick(PROJECTS) },
    occurred_at: iso(at - 220),
    received_at: iso(at),
    outcome: 'nothing',
    why: null,
    seen_again: dice.chance(0.06) ? 1 + dice.below(2) : 0,
    cascade: null,
  };
  if (row.road === 'log') row.hook = null;

  if (scene.three && seq % 5 === 1) return floorRow(row, dice, at);
  if (scene.three && seq % 5 === 3) return asFtrack(versionMoved(row, dice, shot, step, at, scene.long));
  if (scene.noted && seq % 7 === 3) return noted(row, dice, shot, step, at, scene);
  const kindOfRow = dice.below(100);
  if (kindOfRow < 52) return versionMoved(row, dice, shot, step, at, scene.long);
  if (kindOfRow < 66) return taskMoved(row, dice, shot, step);
  if (kindOfRow < 72) return shotOmitted(row, dice, shot, at);
  if (kindOfRow < 78) return versionMade(row, dice, shot, step, at, scene.long);
  if (kindOfRow < 86) return fieldChanged(row, dice, shot, step, scene.long);
  if (kindOfRow < 90) return ourEcho(row, shot, step);
  if (kindOfRow < 93) return lifeOrDeath(row, dice, shot);
  if (kindOfRow < 96) return hookSpoke(row, dice);
  if (kindOfRow < 98) return notUnderstood(row);
  return custom(row);
}

function versionMoved(row: FeedRow, dice: Dice, shot: EntityRef, step: string, at: number, long: boolean): FeedRow {
  const [old, now, from, to] = dice.pick(VERSION_TO_TASK);
  const fate = dice.below(100);
  const task = {
    type: 'Task',
    id: 4_000 + dice.below(500),
    name: long ? `${step} with an uncommonly long task name that nobody has shortened yet` : step,
  };
  Object.assign(row, { entity: version(dice, shot, step), parent: shot, old, new: now });
  const first = change(
    row.seq * 10,
    task,
    from,
    to,
    null,
    at,
    140 + dice.below(160),
    'confirmed',
    'Review drives the Task',
  );
  const changes = [first];
  const toShot = TASK_TO_SHOT[to];
  if (fate < 62 && toShot) {
    const already = dice.chance(0.35);
    const before = already ? toShot : toShot === 'actv' ? 'awa' : 'actv';
    changes.push(
      change(
        first.id + 1,
        shot,
        before,
        toShot,
        first.id,
        at,
        210 + dice.below(200),
        already ? 'skipped' : 'confirmed',
        'The Shot follows the Task',
        already ? 'it has that status already' : null,
      ),
    );
  } else if (fate < 74) {
    settle(first, 'skipped', 'A person put it On Hold 9 s before.', 'hld');
  } else if (fate < 80) {
    settle(
      first,
      'failed',
      'The site refused it: the status is not valid for this Task’s step. Allow it in the site, or change the rule.',
    );
  } else if (fate < 84) {
    settle(first, 'planned', 'The site does not answer, trying again in 8 s');
    first.attempts = 3;
  }
  return withCascade(row, changes, at);
}

const SAID = [
  'Looks good, final!',
  'Please lift the shadows a little, the harbour wall reads as a hole. Also the gull in frame 1043 pops.',
  'OK for DI',
  'Not there yet:\n- edge on the mast\n- grain does not match\nLet us talk tomorrow.',
];

function noted(row: FeedRow, dice: Dice, shot: EntityRef, step: string, at: number, scene: Scene): FeedRow {
  const byHand = dice.chance(0.7);
  const text = dice.pick(SAID);
  const its = version(dice, shot, step);
  Object.assign(row, {
    event_type: byHand ? 'Callboard_Note' : 'Shotgun_Note_New',
    operation: 'note',
    road: byHand ? 'hand' : 'hook',
    hook: byHand ? null : 'notes',
    event_log_entry_id: byHand ? null : row.event_log_entry_id,
    entity: its,
    parent: shot,
    field: null,
    is_status: false,
    note: text,
    by_hand: byHand
      ? {
          entered_by: scene.long ? LONG_PERSON : 'Mara Lindqvist',
          source: scene.long
            ? 'client notes of the international version, third round, final FINAL (2).xlsx'
            : dice.pick(['pasted', 'notes round 3.xlsx']),
          row: 2 + dice.below(40),
        }
      : null,
  });
  if (!/final|good|OK/.test(text)) return Object.assign(row, { why: 'No rule knows these words' });
  const first = change(row.seq * 10, its, 'rev', 'apv', null, at, 160, 'confirmed', 'A client’s “final” approves');
  const task = { type: 'Task', id: 4_300, name: step };
  const next = change(first.id + 1, task, 'rev', 'apv', first.id, at, 240, 'confirmed', 'Review drives the Task');
  return withCascade(row, [first, next], at);
}

function taskMoved(row: FeedRow, dice: Dice, shot: EntityRef, step: string): FeedRow {
  const [old, now] = dice.pick([
    ['rdy', 'ip'],
    ['wtg', 'rdy'],
    ['ip', 'ncl'],
    ['bfr', 'ip'],
  ] as const);
  return Object.assign(row, {
    event_type: 'Shotgun_Task_Change',
    hook: row.hook && 'tasks',
    entity: { type: 'Task', id: 4_100, name: step },
    parent: shot,
    old,
    new: now,
    why: step === 'Composite' ? null : 'no rule speaks of this step',
  });
}

function shotOmitted(row: FeedRow, dice: Dice, shot: EntityRef, at: number): FeedRow {
  const n = 4 + dice.below(4);
  Object.assign(row, {
    event_type: 'Shotgun_Shot_Change',
    hook: row.hook && 'shots',
    entity: shot,
    parent: null,
    old: 'actv',
    new: 'omt',
  });
  const changes = Array.from({ length: n }, (_, i) =>
    change(
      row.seq * 10 + i,
      { type: 'Task', id: 4_200 + i, name: STEPS[i % STEPS.length]! },
      dice.pick(['wtg', 'ip', 'rdy']),
      'omt',
      null,
      at,
      180 + i * 20,
      'confirmed',
      'An omitted Shot omits its Tasks',
    ),
  );
  if (dice.chance(0.4)) settle(changes[1]!, 'skipped', 'Jonas Okafor set it to Delivered to DI 4 s before', 'di');
  return withCascade(row, changes, at);
}

function versionMade(row: FeedRow, dice: Dice, shot: EntityRef, step: string, at: number, long: boolean): FeedRow {
  Object.assign(row, {
    event_type: 'Shotgun_Version_New',
    operation: 'create',
    entity: version(dice, shot, step),
    parent: shot,
    field: null,
    is_status: false,
  });
  const self = change(
    row.seq * 10,
    row.entity!,
    'na',
    'cnv',
    null,
    at,
    120,
    'confirmed',
    'A new Version of a step in review is checked',
  );
  const task = change(
    self.id + 1,
    { type: 'Task', id: 4_300, name: long ? `${step} ${LONG_SHOT}` : step },
    'ip',
    'cnv',
    self.id,
    at,
    190,
    'confirmed',
    'New versions are checked',
  );
  const up = change(self.id + 2, shot, 'awa', 'actv', task.id, at, 260, 'confirmed', 'Work makes the Shot active');
  return withCascade(row, [self, task, up], at);
}

function fieldChanged(row: FeedRow, dice: Dice, shot: EntityRef, step: string, long: boolean): FeedRow {
  const [field, old, now] = dice.pick([
    [
      'description',
      null,
      'Client asks for a softer edge on the flare, see the note of Tuesday, and for the matte to be extended past frame 1042 on both sides',
    ],
    ['sg_priority', 'Medium', 'High'],
    ['due_date', '2026-11-24', '2026-11-27'],
    ['sg_cut_in', 1001, 1009],
    ['task_assignees', null, [{ type: 'HumanUser', id: 12 }]],
  ] as const);
  return Object.assign(row, {
    event_type: 'Shotgun_Task_Change',
    entity: { type: 'Task', id: 4_400, name: long ? `${step} pass` : step },
    parent: shot,
    field,
    is_status: false,
    old,
    new: now,
  });
}

function ourEcho(row: FeedRow, shot: EntityRef, step: string): FeedRow {
  return Object.assign(row, {
    event_type: 'Shotgun_Task_Change',
    hook: row.hook && 'tasks',
    entity: { type: 'Task', id: 4_500, name: step },
    parent: shot,
    old: 'rev',
    new: 'apv',
    outcome: 'echo' satisfies Outcome,
    actor: { kind: 'script', type: 'ApiUser', id: 99, name: 'Callboard' },
  });
}

function lifeOrDeath(row: FeedRow, dice: Dice, shot: EntityRef): FeedRow {
  const gone = dice.chance(0.5);
  return Object.assign(row, {
    event_type: gone ? 'Shotgun_Shot_Retirement' : 'Shotgun_Shot_Revival',
    operation: gone ? 'delete' : 'revive',
    entity: shot,
    field: null,
    is_status: false,
  });
}

function hookSpoke(row: FeedRow, dice: Dice): FeedRow {
  const test = dice.chance(0.4);
  return Object.assign(row, {
    event_type: test ? 'Test_Connection' : 'Webhook_Status_Change',
    operation: test ? 'test' : 'hook_status',
    hook: 'tasks',
    road: 'hook',
    field: null,
    is_status: false,
    project: null,
    actor: null,
    hook_word: test ? null : { status: 'active', previous: 'unstable' },
  });
}

function notUnderstood(row: FeedRow): FeedRow {
  return Object.assign(row, {
    event_type: 'CustomThreadedEntity02_Moved',
    operation: 'not_understood',
    outcome: 'not_understood' satisfies Outcome,
    field: null,
    is_status: false,
    actor: null,
    project: null,
  });
}

function custom(row: FeedRow): FeedRow {
  return Object.assign(row, {
    event_type: 'Shotgun_User_Login',
    operation: 'custom',
    field: null,
    is_status: false,
    project: null,
  });
}

function version(dice: Dice, shot: EntityRef, step: string): EntityRef {
  return { type: 'Version', id: 6_000 + dice.below(900), name: `${shot.name}_${SHORT[step]}_v0${10 + dice.below(60)}` };
}

function change(
  id: number,
  entity: EntityRef,
  from: string,
  to: string,
  parent: number | null,
  at: number,
  after: number,
  state: ChangeState,
  rule: string,
  reason: string | null = null,
): Change {
  return {
    id,
    entity,
    from,
    to,
    rule: rule.toLowerCase().replace(/\W+/g, '-'),
    rule_name: rule,
    parent,
    state,
    skip: state !== 'skipped' ? undefined : from === to ? 'already_there' : 'overruled',
    reason,
    attempts: 1,
    planned_at: iso(at + 3),
    settled_at: iso(at + after),
  };
}

function settle(change: Change, state: ChangeState, reason: string, from?: string): void {
  change.state = state;
  change.reason = reason;
  if (from) change.from = from;
  if (state === 'skipped') change.skip = change.from === change.to ? 'already_there' : 'overruled';
}

function withCascade(row: FeedRow, changes: Change[], at: number): FeedRow {
  const states = changes.map((c) => c.state);
  row.outcome = states.includes('failed')
    ? 'failed'
    : states.some((s) => s === 'planned' || s === 'applied')
      ? 'waiting'
      : changes.some((c) => c.state === 'skipped' && c.from !== c.to)
        ? 'skipped'
        : 'changed';
  row.cascade = { seq: row.seq, revision: 41, rule_set: 'Status overhaul', decided_at: iso(at + 3), changes };
  return row;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
