import { AskError } from '../api';
import type { Difference } from '../api/types/Difference';
import type { EntityRef } from '../api/types/EntityRef';
import type { FailedCondition } from '../api/types/FailedCondition';
import type { FeedRow } from '../api/types/FeedRow';
import type { Moment } from '../api/types/Moment';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { RuleVerdict } from '../api/types/RuleVerdict';
import type { SetAsideRule } from '../api/types/SetAsideRule';
import type { Trial } from '../api/types/Trial';
import type { TriedEvent } from '../api/types/TriedEvent';
import type { WhatIfProgress } from '../api/types/WhatIfProgress';
import { targetType, typeOf } from '../rules/picture';
import { Dice } from './seed';

const NAMES: Record<string, string> = { Task: 'Composite', Shot: 'SQ010_0040', Version: 'SQ010_0040_comp_v012' };

/** About how an event would fare: rules that name a status, one change for each, no conditions but steps. */
export function trialOf(
  set: RuleSet,
  event: TriedEvent,
  at: (seq: number) => FeedRow,
  long: boolean,
  aside: readonly SetAsideRule[] = [],
): Trial {
  const begun = beginning(event, at);
  const trial: Trial = {
    entity: begun.entity,
    changes: [],
    skipped: [],
    stops: [],
    unknown: long ? ['Task 4711'] : [],
  };
  const seen = new Set([placeOf(begun.entity.type, begun.field)]);
  const rules = set.rules.filter((rule) => rule.enabled !== false);
  const off = set.rules.filter((rule) => rule.enabled === false);
  const rests = (rule: Rule, failed: FailedCondition, sentence: string): RuleVerdict => ({
    rule: rule.id,
    name: rule.name,
    fired: false,
    cause: 'event',
    failed: [failed],
    sentence,
  });
  const go = (
    cause: Trial['stops'][0]['cause'],
    moment: Moment,
    entity: EntityRef,
    field: string | undefined,
    from: string | null,
    to: string | null,
  ) => {
    const verdicts = rules.map((rule) => {
      const why = aside.find((one) => one.rule === rule.id)?.why;
      return why === undefined
        ? verdictOf(rule, cause, moment, entity, field, to)
        : rests(rule, { condition: 'set_aside', why }, `It is set aside: ${why}.`);
    });
    if (cause === 'event')
      verdicts.push(...off.map((rule) => rests(rule, { condition: 'switched_off' }, 'It is switched off.')));
    trial.stops.push({ cause, moment, entity, field, from, to, verdicts });
    for (const { rule: id } of verdicts.filter((verdict) => verdict.fired)) {
      const rule = rules.find((one) => one.id === id)!;
      const type = targetType(rule);
      const { field: sets } = rule.then;
      const wanted = Array.isArray(rule.then.to) ? (rule.then.to[0] ?? null) : rule.then.to === 'cleared' ? null : to;
      const target = {
        type,
        id: 4711,
        name: long ? `${NAMES[type] ?? type} with an uncommonly long name` : (NAMES[type] ?? null),
      };
      const before = sets === undefined ? (set.statuses[type.toLowerCase()]?.[1]?.code ?? null) : null;
      const told = { rule: id, rule_name: rule.name, cause, reason: null };
      const change = { entity: target, field: sets, from: before, to: wanted, ...told };
      const place = placeOf(type, sets);
      if (seen.has(place) || before === wanted) {
        trial.skipped.push({ ...change, reason: seen.has(place) ? 'another rule set it before' : 'already there' });
        continue;
      }
      seen.add(place);
      trial.changes.push(change);
      go({ change: trial.changes.length - 1 }, 'updated', target, sets, before, wanted);
    }
  };
  go('event', begun.moment, begun.entity, begun.field, begun.from, begun.to);
  return trial;
}

function placeOf(type: string, field: string | undefined): string {
  return `${type} ${field ?? ''}`;
}

function beginning(event: TriedEvent, at: (seq: number) => FeedRow) {
  if ('recorded' in event) {
    const row = at(event.recorded.seq);
    if (!row.entity) throw new AskError('not_found', 'There is no such event in the journal');
    const code = (value: unknown) => (typeof value === 'string' ? value : null);
    const moment: Moment = row.operation === 'create' ? 'created' : row.operation === 'note' ? 'note_added' : 'updated';
    const field = moment === 'updated' && !row.is_status ? (row.field ?? undefined) : undefined;
    return { moment, entity: row.entity, field, from: code(row.old), to: code(row.new) };
  }
  const { entity, moment, field, to, site } = event.made_up;
  if (entity.id === 99) throw new AskError('not_found', `${entity.type} 99 is not on ${site}`);
  return { moment, entity: { ...entity, name: NAMES[entity.type] ?? null }, field, from: null, to };
}

function verdictOf(
  rule: Rule,
  cause: RuleVerdict['cause'],
  moment: Moment,
  entity: EntityRef,
  field: string | undefined,
  to: string | null,
): RuleVerdict {
  const { becomes = [], on = ['updated'] } = rule.when;
  let failed: FailedCondition[] = [];
  let sentence = 'It applied.';
  const fail = (one: FailedCondition, words: string) => {
    failed = [one];
    sentence = words;
  };
  if (rule.when.entity !== entity.type) {
    fail(
      { condition: 'entity', wanted: rule.when.entity, seen: entity.type },
      `It is a ${entity.type}, not a ${rule.when.entity}.`,
    );
  } else if (!on.includes(moment)) {
    fail({ condition: 'moment', wanted: on, seen: moment }, 'The rule asks for another moment in its life.');
  } else if (moment === 'updated' && rule.when.field !== field) {
    fail(
      { condition: 'field', wanted: rule.when.field ?? null, seen: field ?? null },
      `It was ${field ?? 'the status'} that changed, not ${rule.when.field ?? 'the status'}.`,
    );
  } else if (becomes.length > 0 && !becomes.includes(to ?? '')) {
    fail({ condition: 'becomes', wanted: becomes, seen: to }, `It became ${to}, not ${becomes.join(' or ')}.`);
  } else if (rule.if !== undefined) {
    fail({ condition: 'step', wanted: ['Roto'], seen: 'Composite' }, 'The step is Composite, not Roto.');
  }
  return { rule: rule.id, name: rule.name, fired: failed.length === 0, cause, failed, sentence };
}

/** `differs=N`: a run that finds N differences; `differs=broken`: one that breaks off. Returns how to end it. */
export function runWhatIf(
  run: number,
  set: RuleSet,
  how: string | null,
  long: boolean,
  tell: (progress: WhatIfProgress) => void,
): () => void {
  const all = how === 'broken' ? 60 : Number(how ?? 64);
  const of = Math.max(4_000, all * 4);
  const steps = 20;
  let step = 0;
  let told = 0;
  const timer = setInterval(() => {
    step += 1;
    const until = Math.floor((all * step) / steps);
    const differences = Array.from({ length: until - told }, (_, i) => differenceAt(told + i, set, long));
    told = until;
    const progress = { run, events: Math.floor((of * step) / steps), of, differences, summary: null, error: null };
    if (how === 'broken' && step === 9) {
      clearInterval(timer);
      tell({ ...progress, error: 'The journal could not be read: disk I/O error (callboard.db)' });
    } else if (step === steps) {
      clearInterval(timer);
      const none = all === 0;
      const people = { people_agree: Math.floor(all / 8), people_disagree: Math.floor(all / 20) };
      const both = { taken_back: none ? 0 : 3, done_by_hand: none ? 0 : 1, unknown: none ? 0 : 7 };
      tell({ ...progress, summary: { events: of, would_change: 812, same: 790, differ: all, ...people, ...both } });
    } else tell(progress);
  }, 110);
  return () => clearInterval(timer);
}

function differenceAt(i: number, set: RuleSet, long: boolean): Difference {
  const dice = new Dice(i + 1);
  const rules = set.rules.filter(
    ({ then, enabled }) => Array.isArray(then.to) && !then.to[0]?.startsWith('@') && enabled !== false,
  );
  const rule = dice.pick(rules);
  const type = targetType(rule);
  const [column] = Object.entries(set.statuses).find(([name]) => typeOf(name) === type) ?? [];
  const codes = (column ? (set.statuses[column] ?? []) : []).map((status) => status.code);
  const to = (rule.then.to as string[])[0] ?? null;
  const { field } = rule.then;
  const other = dice.pick(rules.filter((one) => targetType(one) === type && one.then.field === field));
  const shot = dice.below(Math.max(6, 400));
  const group: EntityRef = {
    type: 'Shot',
    id: 800 + shot,
    name: `SQ0${1 + (shot % 4)}0_${String(10 * shot).padStart(4, '0')}${long ? '_aerial_harbour_establishing_extended_edit' : ''}`,
  };
  const from = field === undefined ? (dice.pick(codes) ?? null) : null;
  const fate = dice.below(4);
  const stays = fate === 0 || other.id === rule.id;
  const live = stays ? null : { to: (other.then.to as string[])[0] ?? null, rule: other.id };
  const draft = fate === 1 && !stays ? null : { to, rule: rule.id };
  const agrees = field === undefined && dice.chance(0.3) ? dice.pick(['draft', 'live', 'neither'] as const) : null;
  const hand = agrees === 'draft' ? (draft?.to ?? from) : agrees === 'live' ? (live?.to ?? from) : from;
  const at = new Date(Date.now() - (400 - i) * 260_000).toISOString();
  return {
    seq: 1 + (i % 230),
    event_log_entry_id: 545_000 + i,
    at,
    field,
    entity: type === 'Shot' ? group : { type, id: 5_000 + i, name: NAMES[type] ?? type },
    group: dice.chance(0.03) ? null : group,
    from,
    live,
    draft,
    by_hand: agrees && { seq: i, who: { type: 'HumanUser', id: 3, name: 'Mara Lindqvist' }, to: hand, at },
    people_agree_with: agrees,
    guess: dice.chance(0.08),
  };
}
