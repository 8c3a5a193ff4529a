import type { Actor } from '../api/types/Actor';
import type { Change } from '../api/types/Change';
import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import { entityName } from '../frame/entity';
import { between, duration, time } from '../frame/format';
import { isUuid } from '../status/lookup';
import { S } from '../strings';
import { asks, isAlreadyThere } from './cascade';
import { handedOverBy, inShort } from './elsewhere';

export interface Name {
  /** What it belongs to, or the part of its name that its parent has too. */
  quiet: string;
  /** What tells it from its siblings. */
  bold: string;
}

export function nameOf(entity: EntityRef | null, parent: EntityRef | null): Name {
  if (!entity) return { quiet: '', bold: '' };
  const name = entityName(entity);
  const above = parent?.name;
  if (!above || above === name) return { quiet: '', bold: name };
  if (name.startsWith(above)) return { quiet: above, bold: name.slice(above.length) };
  return { quiet: `${above} `, bold: name };
}

export function fullName(entity: EntityRef | null, parent: EntityRef | null): string {
  const { quiet, bold } = nameOf(entity, parent);
  return quiet + bold;
}

export function actorName(actor: Actor | null): string | null {
  return actor ? (actor.name ?? S.words.nobody[actor.kind]) : null;
}

/** ftrack's columns that name something else by its id. */
const TO_ONE = /^(status|type|priority|parent|object_type|thumbnail|project)_id$/;

/** `sg_cut_in` as a coordinator would say it. */
export function fieldName(field: string | null): string {
  return (field ?? '').replace(/^sg_/, '').replace(TO_ONE, '$1').replace(/_/g, ' ').trim() || S.words.aField;
}

const TELLABLE = 48;

/** A value that fits into a row as words; null where it does not. */
export function inWords(value: unknown): string | null {
  // An id says nothing to anybody.
  if (typeof value === 'string' && isUuid(value)) return null;
  if (typeof value === 'string')
    return value.length > 0 && value.length <= TELLABLE && !value.includes('\n') ? value : null;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? S.words.yes : S.words.no;
  if (typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string') {
    return value.name.length <= TELLABLE ? value.name : null;
  }
  return null;
}

function asCode(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export type Happened =
  /** `unsaid`: the tracker never says what it was before. */
  | { kind: 'status'; from: string | null; to: string | null; unsaid?: true }
  | { kind: 'born'; to: string }
  | { kind: 'field'; field: string; from: string | null; to: string | null }
  | { kind: 'note'; text: string }
  | { kind: 'hook'; from: string | null; to: string | null }
  | { kind: 'words'; text: string };

export function happened(row: FeedRow): Happened {
  switch (row.operation) {
    case 'create': {
      const to = row.is_status ? asCode(row.new) : null;
      return to ? { kind: 'born', to } : { kind: 'words', text: S.words.created };
    }
    case 'delete':
      return { kind: 'words', text: S.words.deleted };
    case 'revive':
      return { kind: 'words', text: S.words.revived };
    case 'note':
      return row.note?.trim() ? { kind: 'note', text: oneLine(row.note) } : { kind: 'words', text: S.words.noted };
    case 'test':
      return { kind: 'words', text: S.words.testWhy };
    case 'hook_status':
      return { kind: 'hook', from: row.hook_word?.previous ?? null, to: row.hook_word?.status ?? null };
    case 'not_understood':
      return { kind: 'words', text: S.words.kept };
    case 'custom': {
      const over = handedOverBy(row);
      return { kind: 'words', text: over ? S.words.handedOver(over.site) : eventWords(row.event_type) };
    }
    case 'update':
      if (row.field === 'Action' && typeof row.new === 'string') return { kind: 'words', text: spaced(row.new) };
      return row.is_status
        ? { kind: 'status', from: asCode(row.old), to: asCode(row.new), ...unsaid(row) }
        : { kind: 'field', field: fieldName(row.field), from: inWords(row.old), to: inWords(row.new) };
  }
}

/** What was said, without its line breaks. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** `Shotgun_User_Login` as words. */
export function eventWords(type: string): string {
  return type.replace(/^(Shotgun|SG|FTrack)_/i, '').replace(/_/g, ' ');
}

/** Creative Force says what a status is, and not what it was. */
function unsaid({ field, old }: FeedRow): { unsaid?: true } {
  return field === 'status' && old === null ? { unsaid: true } : {};
}

/** What was done, where a tracker says nothing else of it: `LocationChanged` as words. */
function spaced(action: string): string {
  return action.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

/** What stands where an entity's type does. */
export function kindOf(row: FeedRow): string {
  if (row.operation === 'hook_status' || row.operation === 'test') return S.words.hook;
  return row.entity?.type ?? (row.operation === 'not_understood' ? '?' : S.words.siteKind);
}

export function subject(row: FeedRow): Name {
  if (row.operation === 'hook_status') return { quiet: '', bold: row.hook ?? row.event_type };
  if (row.operation === 'test') return { quiet: `${S.words.test} `, bold: row.hook ?? '' };
  if (row.entity) return nameOf(row.entity, row.parent);
  if (row.operation === 'not_understood') return { quiet: `${S.words.notUnderstood}: `, bold: row.event_type };
  return { quiet: '', bold: eventWords(row.event_type) };
}

export type Mark = 'good' | 'already' | 'skipped' | 'held' | 'asks' | 'failed' | 'waiting' | 'undone' | 'quiet';

export interface Verdict {
  mark: Mark;
  words: string;
  time: string;
}

/** What came of one change, or of several told as one. */
export function verdictOf(changes: readonly [Change, ...Change[]], receivedAt: string): Verdict {
  const [first] = changes;
  const slowest = Math.max(...changes.map((c) => between(receivedAt, c.settled_at)));
  const settled = changes.filter((c) => c.state === 'confirmed').length;
  if (settled === changes.length) {
    const words = changes.length > 1 ? `${changes.length} ${S.change.confirmed}` : S.change.confirmed;
    return { mark: 'good', words, time: duration(slowest) };
  }
  if (changes.length > 1 && settled > 0) {
    return { mark: 'waiting', words: S.change.some(settled, changes.length), time: '' };
  }
  switch (first.state) {
    case 'skipped':
      if (isAlreadyThere(first)) return { mark: 'already', words: S.change.already, time: '' };
      if (asks(first)) {
        return { mark: 'asks', words: changes.length > 1 ? S.change.someAsk(changes.length) : S.change.asks, time: '' };
      }
      if (first.skip === 'declined') {
        return { mark: 'skipped', words: because(S.change.declined, first.reason), time: '' };
      }
      if (first.skip === 'replaced') {
        return { mark: 'skipped', words: because(S.change.passedOver, first.reason), time: '' };
      }
      if (first.skip === 'paused') return { mark: 'held', words: because(S.change.held, first.reason), time: '' };
      return { mark: 'skipped', words: because(S.change.skipped, first.reason), time: '' };
    case 'failed':
      return { mark: 'failed', words: because(S.change.failed, first.reason), time: '' };
    case 'undone':
      return undone(first);
    case 'applied':
      return { mark: 'waiting', words: first.reason ?? S.change.applied, time: '' };
    default:
      return { mark: 'waiting', words: because(S.change.planned, first.reason), time: tries(first.attempts) };
  }
}

const UNDID = /^(.+) undid it at \d{4}-\d\d-\d\d \d\d:\d\d UTC$/s;

/** Who and when: the journal says it in UTC, a person reads the time of the place. */
function undone({ reason, settled_at }: Change): Verdict {
  const who = UNDID.exec(reason ?? '')?.[1];
  if (who === undefined) return { mark: 'undone', words: because(S.change.undone, reason), time: '' };
  return { mark: 'undone', words: S.change.undoneBy(who), time: time(new Date(settled_at)) };
}

function tries(attempts: number): string {
  return attempts > 1 ? S.change.tries(attempts) : '';
}

function because(word: string, reason: string | null): string {
  return reason ? `${word}: ${inSentence(reason)}` : word;
}

/** Words a sentence may begin with that are not names: only these lose their capital. */
const OPENING = /^(A|An|The|It|Its|No|Not|None|Another|Somebody|Someone|This|That|There|Trying|Waiting|Writing)\b/;

/** A sentence as the second half of another one. */
export function inSentence(sentence: string): string {
  const text = sentence.trim().replace(/\.$/, '');
  return text.replace(OPENING, (word) => word.toLowerCase());
}

/** What came of an event that has nothing beneath it. */
export function quietOutcome(row: FeedRow): Verdict | null {
  if (row.cascade && row.cascade.changes.length > 0) return null;
  const carried = row.cascade?.carried ?? [];
  if (carried.length > 0) return inShort(carried);
  switch (row.outcome) {
    case 'waiting':
      return { mark: 'waiting', words: because(S.outcome.waiting, row.why), time: '' };
    case 'echo':
      return { mark: 'quiet', words: S.outcome.echo, time: '' };
    case 'not_understood':
      return { mark: 'skipped', words: S.outcome.not_understood, time: '' };
    case 'failed':
      return { mark: 'failed', words: because(S.change.failed, row.why), time: '' };
    case 'skipped':
      return { mark: 'skipped', words: because(S.change.skipped, row.why), time: '' };
    case 'nothing':
    case 'changed':
      return (row.operation === 'update' && row.is_status) || row.operation === 'note'
        ? { mark: 'quiet', words: row.why ? inSentence(row.why) : S.outcome.nothing, time: '' }
        : null;
  }
}
