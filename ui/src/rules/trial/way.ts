import type { Cause } from '../../api/types/Cause';
import type { EntityRef } from '../../api/types/EntityRef';
import type { FailedCondition } from '../../api/types/FailedCondition';
import type { Moment } from '../../api/types/Moment';
import type { RuleVerdict } from '../../api/types/RuleVerdict';
import type { TraceStop } from '../../api/types/TraceStop';
import type { Trial } from '../../api/types/Trial';
import type { TriedChange } from '../../api/types/TriedChange';
import { linksOf } from '../path';
import { pillId, type Picture } from '../picture';
import type { Trail } from '../stage.svelte';

/** What is known of a tried event before it is tried. */
export interface Begun {
  moment: Moment;
  /** The field that changes; none: the status, or no field at all. */
  field: string | null;
  /** What the entity belongs to, where its own name does not say so. */
  parent: string | null;
}

/** One rule that matched at a stop, and what came of it. */
export interface Matched {
  rule: string;
  name: string;
  /** The stops that it leads to. */
  leads: number[];
  /** What it would set and does not, with the reason. */
  left: TriedChange[];
}

/** One place on the way of an event through the rules. */
export interface Stop {
  /** Its place, from 1. */
  number: number;
  entity: EntityRef;
  /** What it belongs to, where that is known and not in its name. */
  parent: string | null;
  moment: Moment;
  field: string | null;
  from: string | null;
  to: string | null;
  /** The status in the picture that it comes to. */
  pill: string | null;
  /** The links that lead here. */
  links: readonly string[];
  /** The rule that led here; none: the event itself. */
  by: { rule: string; name: string } | null;
  matched: Matched[];
  /** Why the others did not, the nearest first. */
  against: RuleVerdict[];
}

/** The way of an event: the event itself, then each change after its cause. */
export function wayOf(trial: Trial, picture: Picture, begun: Begun): Stop[] {
  const events = trial.stops.filter((stop) => stop.cause === 'event');
  const places = events.length > 0 ? events : [bare(trial.entity, begun)];
  const changes = trial.changes.map((change, i) => {
    const told = trial.stops.find(
      (stop) => indexOf(stop.cause) === i && isSame(stop.entity, change.entity) && fieldOf(stop) === fieldOf(change),
    );
    return { change, stop: told ?? { ...bare(change.entity, begun), moment: 'updated' as const, ...ends(change) } };
  });
  const numberOf = (cause: Cause) => (cause === 'event' ? 1 : places.length + 1 + (indexOf(cause) ?? 0));
  const stops: Stop[] = [];

  const put = (stop: TraceStop, change: TriedChange | null, cause: Cause) => {
    const field = change === null ? (fieldOf(stop) ?? begun.field) : fieldOf(change);
    const isStatus = field === null && stop.moment !== 'note_added';
    const pill = isStatus && stop.to !== null ? pillOf(picture, stop.entity.type, stop.to) : null;
    const own = isSame(stop.entity, trial.entity);
    const before = change && stops[numberOf(change.cause) - 1]?.pill;
    stops.push({
      number: stops.length + 1,
      entity: own && stop.entity.name === null ? trial.entity : stop.entity,
      parent: own ? begun.parent : null,
      moment: stop.moment,
      field,
      from: stop.from,
      to: stop.to,
      pill,
      links: change && pill ? linksOn(picture, change.rule, before ?? null, pill) : [],
      by: change && { rule: change.rule, name: change.rule_name },
      matched: stop.verdicts
        .filter((verdict) => verdict.fired)
        .map(({ rule, name }) => ({
          rule,
          name,
          leads: trial.changes.flatMap((one, i) =>
            one.rule === rule && isSameCause(one.cause, cause) ? [numberOf({ change: i })] : [],
          ),
          left: trial.skipped.filter((one) => one.rule === rule && isSameCause(one.cause, cause)),
        })),
      against: byNearness(stop.verdicts.filter((verdict) => !verdict.fired)),
    });
  };
  for (const stop of places) put(stop, null, 'event');
  changes.forEach(({ change, stop }, i) => put(stop, change, { change: i }));
  return stops;
}

function bare(entity: EntityRef, begun: Begun): TraceStop {
  return { cause: 'event', moment: begun.moment, entity, from: null, to: null, verdicts: [] };
}

function ends({ from, to }: TriedChange): { from: string | null; to: string | null } {
  return { from, to };
}

/** The field that changed; none: the status. */
function fieldOf({ field }: TraceStop | TriedChange): string | null {
  return field ?? null;
}

function indexOf(cause: Cause): number | null {
  return cause === 'event' ? null : cause.change;
}

function isSameCause(one: Cause, other: Cause): boolean {
  return indexOf(one) === indexOf(other);
}

function isSame(one: EntityRef, other: EntityRef): boolean {
  return one.type === other.type && one.id === other.id;
}

function pillOf(picture: Picture, type: string, code: string): string | null {
  const id = pillId(type, code);
  return picture.pills.has(id) ? id : null;
}

function linksOn(picture: Picture, rule: string, from: string | null, to: string): string[] {
  return linksOf(picture, rule)
    .filter((link) => link.to.id === to && (link.from === null || link.from.id === from))
    .map((link) => link.id);
}

/** What the picture shows of a way that has come as far as that stop. Where a status is reached twice, the later counts. */
export function trailOf(stops: readonly Stop[], upTo: number): Trail {
  const travelled = stops.slice(0, upTo);
  const pills = travelled.flatMap((stop) => (stop.pill ? [stop.pill] : []));
  return {
    pills: new Set(pills),
    links: new Set(travelled.flatMap((stop) => stop.links)),
    stops: new Map(travelled.flatMap((stop) => (stop.pill ? [[stop.pill, stop.number] as const] : []))),
  };
}

/** In the order in which a rule is asked, so that what fails late came close. */
const NEAR: Record<FailedCondition['condition'], number> = {
  switched_off: 0,
  set_aside: 0,
  site: 0,
  entity: 1,
  moment: 2,
  field: 3,
  event_type: 3,
  no_status: 4,
  becomes: 4,
  from: 5,
  step: 6,
  step_not: 6,
  project: 6,
  changed_by: 6,
  status_is: 6,
  status_is_not: 6,
  belongs_to: 6,
  first_version: 6,
  field_is: 6,
  field_is_not: 6,
  text: 6,
  text_not: 6,
  filter: 6,
  siblings: 6,
  unknown: 7,
  no_target: 7,
  not_yet: 8,
  target_is: 8,
  target_is_not: 8,
  target_field_is: 8,
  target_field_is_not: 8,
  backwards: 8,
  leaves: 8,
};

/** How near a rule came to matching: more is nearer. */
export function nearness(verdict: RuleVerdict): number {
  return Math.max(0, ...verdict.failed.map((failed) => NEAR[failed.condition] ?? 0));
}

function byNearness(verdicts: readonly RuleVerdict[]): RuleVerdict[] {
  return [...verdicts].sort((one, other) => nearness(other) - nearness(one));
}

/** The rules that are on and came nearest at the event itself: those that at least speak of its kind, else any. */
export function nearest(stops: readonly Stop[], most: number): RuleVerdict[] {
  const against = stops.filter((stop) => stop.by === null).flatMap((stop) => stop.against);
  const isOn = ({ failed }: RuleVerdict) => failed.every(({ condition }) => condition !== 'switched_off');
  const all = byNearness(against.filter(isOn));
  const close = all.filter((verdict) => nearness(verdict) > NEAR.entity);
  return (close.length > 0 ? close : all).slice(0, most);
}

/** Verdicts in whose name or sentence the words occur. */
export function saying(verdicts: readonly RuleVerdict[], words: string): readonly RuleVerdict[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === '') return verdicts;
  return verdicts.filter((verdict) => `${verdict.name} ${verdict.sentence}`.toLowerCase().includes(wanted));
}
