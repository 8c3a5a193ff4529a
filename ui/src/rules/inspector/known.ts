import type { Overview } from '../../api/types/Overview';
import type { RuleSet } from '../../api/types/RuleSet';
import { targetType, typeOf } from '../picture';
import { alternatives } from '../words';

/** What editors offer: whatever the document, the site or the usual chain has a name for. */
export interface Known {
  types: string[];
  steps: string[];
  projects: string[];
  fields: string[];
  eventTypes: string[];
  /** Connected sites, and those that rules name. */
  sites: string[];
}

const USUAL = ['Version', 'Task', 'Shot', 'Asset', 'Sequence', 'Episode'];

export function knownIn(set: RuleSet, overview: Overview | null): Known {
  const conditions = set.rules.flatMap((rule) => alternatives(rule));
  const steps = set.rules.flatMap(({ then }) => {
    const { set: target, to } = then;
    const rolled = typeof to === 'object' && 'roll_up' in to ? (to.roll_up.steps ?? []) : [];
    if (typeof target === 'string') return rolled;
    if ('tasks_of_shot' in target) return [...(target.tasks_of_shot.steps ?? []), ...rolled];
    if ('children' in target) return [...(target.children.steps ?? []), ...rolled];
    return 'next_tasks' in target ? [...(target.next_tasks.steps ?? []), ...rolled] : rolled;
  });
  const named = conditions.flatMap((one) => [
    ...(one.step ?? []),
    ...(one.step_not ?? []),
    ...(one.siblings?.steps ?? []),
  ]);
  const fields = conditions.flatMap((one) => [
    ...Object.keys(one.field_is ?? {}),
    ...Object.keys(one.field_is_not ?? {}),
    ...Object.keys(one.target_field_is ?? {}),
    ...Object.keys(one.target_field_is_not ?? {}),
  ]);
  return {
    types: once([
      ...USUAL,
      ...Object.keys(set.statuses).map(typeOf),
      ...set.rules.flatMap((rule) => [rule.when.entity, targetType(rule)]),
      ...Object.keys(overview?.statuses ?? {}),
      ...(overview?.entity_types ?? []),
    ]).filter((type) => type !== 'Note' && type !== 'Project'),
    steps: once([...(set.steps ?? []), ...named, ...steps]),
    projects: once([...(overview?.projects ?? []), ...conditions.flatMap((one) => (one.project ?? []).map(String))]),
    fields: once([
      ...fields,
      ...set.rules.flatMap((rule) => [rule.when.field ?? '', rule.then.field ?? '']),
      'description',
    ]).filter(Boolean),
    sites: once([
      ...(overview?.sites ?? []).map((site) => site.name),
      ...set.rules.flatMap(({ when, then }) => [
        when.site ?? '',
        typeof then.set === 'object' && 'elsewhere' in then.set ? then.set.elsewhere.site : '',
      ]),
    ]).filter(Boolean),
    eventTypes: once(set.rules.flatMap((rule) => rule.when.event_type ?? [])),
  };
}

function once(names: readonly string[]): string[] {
  return [...new Set(names)];
}
