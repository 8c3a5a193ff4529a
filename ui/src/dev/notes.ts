import { AskError } from '../api';
import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import type { NotePreview } from '../api/types/NotePreview';
import type { NotesIn } from '../api/types/NotesIn';
import type { NotesPreview } from '../api/types/NotesPreview';
import type { TriedChange } from '../api/types/TriedChange';
import { rowAt, type Scene } from './rows';
import { Dice } from './seed';

const SAID = [
  'Looks good, final!',
  'Please lift the shadows a little.',
  'Love the water now',
  'not there yet, edge on the mast',
  'OK for DI',
];
const STEPS = ['Composite', 'Rotoscoping', 'Paint'];
const LONG =
  'Everybody here agreed that this is very nearly what we want, but please look at the horizon again: it tilts, it breathes, and in the last forty frames the light on the far shore does something that nobody could explain to the director.';

/** A made-up preview of 40 rows, whatever table is given. `kind`: which look is wanted. */
export function previewOf(notes: NotesIn, kind: string | null, long: boolean): NotesPreview {
  if (kind === 'site') throw new AskError('site', 'studio has not answered for 4 min (connection refused).');
  if (kind === 'trouble') {
    return {
      table: null,
      trouble:
        'this is a PDF, which is not read as a table; save it as .xlsx or .csv and try again, or copy its rows and paste them here',
      rows: [],
    };
  }
  if (kind === 'columns' && notes.choice?.name === undefined) {
    return {
      table: null,
      trouble:
        'it cannot be told which column holds the notes; choose one (there are "Plate", "Shot", "Notes", "Comments")',
      rows: [],
    };
  }
  const dice = new Dice(12);
  const rows = Array.from({ length: kind === 'empty' ? 0 : 40 }, (_, i) => rowOf(i + 2, dice, long, kind === 'none'));
  return {
    trouble: null,
    rows: rows.map(({ preview }) => preview),
    table: {
      sheet: notes.file ? 'Round 3' : null,
      sheets: notes.file ? ['Round 3', 'Round 2', 'Contacts'] : [],
      headers: ['Shot', 'Length', 'Notes', 'By', ''],
      columns: {
        header_row: notes.choice?.header_row ?? 1,
        name: Number(notes.choice?.name ?? 1) - 1,
        note: Number(notes.choice?.note ?? 3) - 1,
        kind: null,
        author: 3,
      },
      rows: rows.map(({ preview, name }) => ({
        row: preview.row,
        name,
        kind: null,
        note: preview.note,
        author: preview.row % 3 === 0 ? 'Harbour Pictures' : null,
      })),
      left_out:
        kind === 'empty'
          ? []
          : [
              { row: 42, why: 'there is a name in it and no note' },
              { row: 43, why: 'there is a note in it and no name: “Thank you all!”' },
            ],
    },
  };
}

function rowOf(row: number, dice: Dice, long: boolean, unread: boolean): { preview: NotePreview; name: string } {
  const shot = long
    ? 'SQ0200_0040_aerial_harbour_establishing_extended_edit_for_international_version'
    : `SQ0${1 + dice.below(4)}0_00${1 + dice.below(9)}0`;
  const step = dice.pick(STEPS);
  const note = long && row % 2 === 0 ? LONG : dice.pick(SAID);
  const fate = dice.below(10);
  const name =
    fate === 0 ? `${shot.slice(0, 5)}X_0990` : `${shot}_${step.slice(0, 4).toLowerCase()}_v0${10 + dice.below(30)}`;
  const preview: NotePreview = { row, entity: null, status: null, note, changes: [], skipped: [], why: null };
  if (fate === 0) return { name, preview: { ...preview, why: `Nothing on the site is called ${name}` } };
  if (fate === 1) {
    return {
      name: shot,
      preview: { ...preview, why: `Several Versions are called ${shot}: choose the project, or name it otherwise` },
    };
  }
  const entity: EntityRef = { type: 'Version', id: 6_000 + row, name };
  const status = dice.pick(['rev', 'sndcli']);
  const known = { ...preview, entity, status };
  if (unread || /Love/.test(note)) return { name, preview: { ...known, why: 'No rule knows these words' } };
  const good = /final|OK/.test(note);
  const to = good ? 'apv' : 'note';
  const change = (
    whose: EntityRef,
    from: string,
    code: string,
    rule: string,
    cause: TriedChange['cause'],
    reason: string | null = null,
  ): TriedChange => ({
    entity: whose,
    from,
    to: code,
    rule: rule.toLowerCase().replace(/\W+/g, '-'),
    rule_name: rule,
    cause,
    reason,
  });
  const task: EntityRef = { type: 'Task', id: 4_000 + row, name: step };
  const its: EntityRef = { type: 'Shot', id: 800 + row, name: shot };
  if (fate === 2) {
    const already = change(entity, to, to, 'A client’s “final” approves', 'event', 'it has that status already');
    return { name, preview: { ...known, status: to, skipped: [already] } };
  }
  const held = fate === 3;
  const changes = [
    change(entity, status, to, good ? 'A client’s “final” approves' : 'A client’s wish is a note', 'event'),
    ...(held ? [] : [change(task, status, good ? 'apv' : 'adn', 'Review drives the Task', { change: 0 })]),
  ];
  const skipped = held
    ? [change(task, 'hld', good ? 'apv' : 'adn', 'Review drives the Task', { change: 0 }, 'the Task is On Hold')]
    : [];
  if (!held && step === 'Composite') {
    changes.push(change(its, 'actv', good ? 'apv' : 'actv', 'The Shot follows the Task', { change: 1 }));
    if (!good) skipped.push({ ...changes.pop()!, reason: 'it has that status already' });
  }
  return { name, preview: { ...known, changes, skipped } };
}

/** The event that a note becomes. */
export function enteredRow(seq: number, notes: NotesIn, one: NotePreview, scene: Scene): FeedRow {
  const now = Date.now();
  const at = new Date(now).toISOString();
  const row = rowAt(seq, { ...scene, newest: seq, now, paused: undefined });
  return {
    ...row,
    road: 'hand',
    hook: null,
    event_log_entry_id: null,
    event_type: 'Callboard_Note',
    operation: 'note',
    entity: one.entity,
    parent: null,
    field: null,
    is_status: false,
    old: null,
    new: null,
    hook_word: null,
    note: one.note,
    by_hand: { entered_by: 'Mara Lindqvist', source: notes.source, row: one.row },
    actor: { kind: 'person', type: 'HumanUser', id: 0, name: 'Mara Lindqvist' },
    occurred_at: at,
    received_at: at,
    seen_again: 0,
    why: one.changes.length === 0 ? one.why : null,
    outcome: one.changes.length === 0 ? 'nothing' : scene.paused ? 'skipped' : 'changed',
    cascade: {
      seq,
      revision: 41,
      rule_set: 'Status overhaul',
      decided_at: at,
      changes: one.changes.map((change, i) => ({
        id: seq * 10 + i,
        entity: change.entity,
        from: change.from,
        to: change.to,
        rule: change.rule,
        rule_name: change.rule_name,
        parent: change.cause === 'event' ? null : seq * 10 + change.cause.change,
        state: scene.paused ? ('skipped' as const) : ('confirmed' as const),
        ...(scene.paused ? { skip: 'paused' as const } : {}),
        reason: scene.paused ? `Writing is paused by ${scene.paused.by}` : null,
        attempts: 1,
        planned_at: at,
        settled_at: new Date(now + 180).toISOString(),
      })),
    },
  };
}
