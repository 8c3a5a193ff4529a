import type { Condition } from '../../api/types/Condition';
import type { Moment } from '../../api/types/Moment';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import type { StateClass } from '../../api/types/StateClass';
import { fieldName } from '../../feed/wording';
import { lastWord } from '../../frame/format';
import { S } from '../../strings';
import { statusesOf } from '../edit';
import { targetType } from '../picture';
import { alternatives, list, momentsOf } from '../words';
import { saidOfCondition } from './conditions';
import { saidOfTarget, saidOfWanted } from './target';
import type { ConditionKey } from './write';

/** A status on a part of the sentence. */
export interface Tag {
  type: string;
  code: string;
  name: string;
  /** None for a class of statuses, and for no status. */
  color: string | null;
  /** Its column does not list it. */
  unknown: boolean;
}

/** What stands on a part: words and statuses. */
export type Said = string | Tag;

/** The parts that every rule has. */
type Fixed = 'entity' | 'moment' | 'field' | 'becomes' | 'from' | 'event_type' | 'target' | 'set_field' | 'to';

/** What a part of the sentence changes. `add`: a condition more; at the end of the alternatives it begins another. */
export type Changes = { of: Fixed } | { of: 'condition'; at: number; key: ConditionKey } | { of: 'add'; at: number };

/** A part of the sentence: a button that opens what changes it. */
export interface Part {
  id: string;
  testid: string;
  /** What it is, for its editor's heading. */
  label: string;
  says: readonly Said[];
  changes: Changes;
  /** It asks for nothing: it stands back. */
  open: boolean;
}

export type Piece = string | Part;

const MOST_TAGS = 6;

/** A rule as a sentence. `held`: a condition whose editor is open, which stays in the sentence though it asks nothing. */
export function sentenceOf(set: RuleSet, rule: Rule, held: { at: number; key: ConditionKey } | null = null): Piece[] {
  return [...whenPieces(set, rule), ...ifPieces(set, rule, held), ...thenPieces(set, rule)];
}

/** Statuses as they stand on a part: `A, B or C`, or the first of many. */
export function tags(set: RuleSet, type: string, codes: readonly string[]): Said[] {
  const shown = codes.length > MOST_TAGS ? codes.slice(0, MOST_TAGS - 1) : codes;
  const more = codes.length - shown.length;
  const said = shown.flatMap((code, i): Said[] => {
    const between = i === 0 ? '' : more === 0 && i === shown.length - 1 ? ` ${lastWord('or')} ` : ', ';
    return between ? [between, tagOf(set, type, code)] : [tagOf(set, type, code)];
  });
  return more > 0 ? [...said, S.inspector.more(more)] : said;
}

export function tagOf(set: RuleSet, type: string, code: string): Tag {
  if (code === '@none') return { type, code, name: S.rules.noStatus, color: null, unknown: false };
  if (code.startsWith('@')) {
    const name = S.rules.classes[code.slice(1) as StateClass];
    return { type, code, name: name ?? code, color: null, unknown: name === undefined };
  }
  const status = statusesOf(set, type).find((one) => one.code === code);
  return { type, code, name: status?.name || code, color: status?.color ?? null, unknown: status === undefined };
}

/** Everything that stands on a part, as text. */
export function plain(said: readonly Said[]): string {
  return said.map((one) => (typeof one === 'string' ? one : one.name)).join('');
}

function part(of: Fixed, says: readonly Said[], open = false): Part {
  const testid = of === 'entity' ? 'part-when-entity' : `part-${of.replace('_', '-')}`;
  return { id: of, testid, label: S.inspector.parts[of], says, changes: { of }, open };
}

function whenPieces(set: RuleSet, rule: Rule): Piece[] {
  const w = S.inspector.said;
  const { site, entity, field, becomes = [], from = [], event_type: types = [] } = rule.when;
  const on = momentsOf(rule);
  const changes = on.includes('updated');
  const values = (codes: readonly string[]): Said[] => (field === undefined ? tags(set, entity, codes) : [list(codes)]);
  const its = part('field', [field === undefined ? w.status : fieldName(field)]);
  const moment = part('moment', [momentWords(on, becomes.length > 0)]);
  const become = part(
    'becomes',
    becomes.length > 0 ? values(becomes) : [changes ? (field === undefined ? w.anyStatus : w.anything) : w.anyStatus],
    becomes.length === 0,
  );
  const pieces: Piece[] = [w.when(entity), part('entity', [site === undefined ? entity : w.onSite(entity, site)])];
  const before =
    changes || from.length > 0
      ? [
          part(
            'from',
            from.length > 0 ? [`${w.from} `, ...values(from)] : [field === undefined ? w.fromAny : w.fromAnything],
            from.length === 0,
          ),
        ]
      : [];
  if (w.verbLast) pieces.push(...(changes ? [w.s, its, ...before, w.to] : [...before, w.as]), become, moment);
  else if (!changes) pieces.push(moment, w.as, become, ...before);
  else if (on.length === 1) pieces.push(w.s, its, moment, ...(become.open ? [w.to] : []), become, ...before);
  else pieces.push(moment, its, w.to, become, ...before);
  if (types.length > 0 || on.includes('custom')) {
    pieces.push(part('event_type', [types.length > 0 ? w.named(list(types)) : w.anyName], types.length === 0));
  }
  return pieces;
}

function momentWords(on: readonly Moment[], named: boolean): string {
  if (on.length === 1 && on[0] === 'updated') return named ? S.inspector.said.becomes : S.inspector.moments.updated;
  const others = on.filter((moment) => moment !== 'updated').map((moment) => S.inspector.moments[moment]);
  return list(on.includes('updated') ? [...others, S.inspector.said.changesIts] : others);
}

function ifPieces(set: RuleSet, rule: Rule, held: { at: number; key: ConditionKey } | null): Piece[] {
  const w = S.inspector.said;
  const asked = alternatives(rule);
  const all = asked.length === 0 ? [{}] : asked;
  const pieces: Piece[] = [];
  const several = all.length > 1;
  all.forEach((condition, at) => {
    if (several) pieces.push(at === 0 ? w.either : w.or);
    const keys = keysOf(condition, held?.at === at ? held.key : null);
    keys.forEach((key, i) => {
      if (i > 0 || !several) pieces.push(i > 0 ? w.and : w.andFirst);
      pieces.push(conditionPart(set, rule, condition, at, key));
    });
    if (several && keys.length === 0) pieces.push(w.always);
    pieces.push(addPart(at, S.inspector.addCondition));
  });
  if (asked.length > 0) pieces.push(addPart(asked.length, S.inspector.addAlternative));
  return pieces;
}

/** The parts of a condition that ask something, in the order of the sentence. */
function keysOf(condition: Condition, held: ConditionKey | null): ConditionKey[] {
  return (Object.keys(S.inspector.conditions) as ConditionKey[]).filter((key) => {
    const value = condition[key];
    if (key === held) return true;
    if (value === undefined || value === false || value === '') return false;
    if (Array.isArray(value)) return value.length > 0;
    return typeof value !== 'object' || key === 'siblings' || Object.keys(value).length > 0;
  });
}

function conditionPart(set: RuleSet, rule: Rule, condition: Condition, at: number, key: ConditionKey): Part {
  return {
    id: `if ${at} ${key}`,
    testid: `part-condition-${key}`,
    label: S.inspector.conditions[key].name,
    says: saidOfCondition(set, rule, condition, key),
    changes: { of: 'condition', at, key },
    open: false,
  };
}

function addPart(at: number, says: string): Part {
  const testid = says === S.inspector.addAlternative ? 'add-alternative' : 'add-condition';
  return {
    id: testid === 'add-condition' ? `add ${at}` : testid,
    testid,
    label: says,
    says: [says],
    changes: { of: 'add', at },
    open: true,
  };
}

function thenPieces(set: RuleSet, rule: Rule): Piece[] {
  const w = S.inspector.said;
  const { field, to } = rule.then;
  const nothing = Array.isArray(to) && to.length === 0;
  const wanted = part('to', saidOfWanted(set, rule, targetType(rule)), nothing);
  const its = field === undefined ? [] : [w.setField, part('set_field', [fieldName(field)])];
  return [w.set, part('target', saidOfTarget(set, rule)), ...its, w.to, wanted, '.'];
}
