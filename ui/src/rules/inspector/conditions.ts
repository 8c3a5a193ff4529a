import type { Condition } from '../../api/types/Condition';
import type { Relatives } from '../../api/types/Relatives';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import type { Siblings } from '../../api/types/Siblings';
import { fieldName } from '../../feed/wording';
import { S } from '../../strings';
import { targetType } from '../picture';
import { list } from '../words';
import { tags, type Said } from './sentence';
import type { ConditionKey } from './write';

/** What can be asked, by what it is about. */
export const ASKED: readonly { group: keyof typeof S.inspector.groups; keys: readonly ConditionKey[] }[] = [
  { group: 'where', keys: ['step', 'step_not', 'project', 'belongs_to'] },
  { group: 'who', keys: ['changed_by'] },
  {
    group: 'stands',
    keys: ['status_is', 'status_is_not', 'target_is', 'target_is_not', 'never_backwards', 'siblings', 'first_version'],
  },
  { group: 'words', keys: ['text', 'text_not'] },
  { group: 'fields', keys: ['field_is', 'field_is_not', 'target_field_is', 'target_field_is_not'] },
  { group: 'event', keys: ['filter'] },
];

/** Words with something at their place `…`: `its step is …`. */
function around(words: string, said: readonly Said[]): Said[] {
  const [before = '', after = ''] = words.split('…');
  return [before, ...said, after].filter((one) => one !== '');
}

/** What a part of a condition says in the sentence. */
export function saidOfCondition(set: RuleSet, rule: Rule, condition: Condition, key: ConditionKey): Said[] {
  const { entity } = rule.when;
  const target = targetType(rule);
  const w = S.inspector.asks;
  const its = S.inspector.its(rule.then.set === 'itself', target);
  const texts = (words: string, values: readonly string[] | undefined) => [
    ...around(words, [values && values.length > 0 ? list(values) : S.inspector.blank]),
  ];
  const statuses = (words: string, type: string, codes: readonly string[] | undefined) =>
    around(words, codes && codes.length > 0 ? tags(set, type, codes) : [S.inspector.blank]);
  switch (key) {
    case 'step':
      return texts(w.step(entity), condition.step);
    case 'step_not':
      return texts(w.stepNot(entity), condition.step_not);
    case 'project':
      return texts(w.project, condition.project?.map(String));
    case 'belongs_to':
      return texts(w.belongsTo, condition.belongs_to?.map(w.aType));
    case 'changed_by':
      return [condition.changed_by ? S.inspector.movers[condition.changed_by] : w.changedBy];
    case 'status_is':
      return statuses(w.statusIs, entity, condition.status_is);
    case 'status_is_not':
      return statuses(w.statusIsNot, entity, condition.status_is_not);
    case 'target_is':
      return statuses(w.targetIs(its), target, condition.target_is);
    case 'target_is_not':
      return statuses(w.targetIsNot(its), target, condition.target_is_not);
    case 'never_backwards':
      return [w.neverBackwards(its)];
    case 'siblings':
      return saidOfSiblings(set, entity, condition.siblings ?? {});
    case 'first_version':
      return [w.firstVersion];
    case 'text':
      return texts(w.text, condition.text?.map(S.inspector.quoted));
    case 'text_not':
      return texts(w.textNot, condition.text_not?.map(S.inspector.quoted));
    case 'field_is':
      return [fieldWords(w.fieldIs, w.its, condition.field_is)];
    case 'field_is_not':
      return [fieldWords(w.fieldIsNot, w.its, condition.field_is_not)];
    case 'target_field_is':
      return [fieldWords(w.fieldIs, w.whose(its), condition.target_field_is)];
    case 'target_field_is_not':
      return [fieldWords(w.fieldIsNot, w.whose(its), condition.target_field_is_not)];
    case 'filter':
      return [w.filter(condition.filter || S.inspector.blank)];
  }
}

function fieldWords(
  say: (whose: string, field: string, values: string) => string,
  whose: string,
  fields: Condition['field_is'] = {},
): string {
  const said = Object.entries(fields).map(([field, values]) =>
    say(whose, fieldName(field), list(values ?? []) || S.inspector.blank),
  );
  return said.length > 0 ? list(said, 'and') : say(whose, S.inspector.blank, S.inspector.blank);
}

/** The type of the set that a siblings condition looks at. */
export function relativesType(of: Relatives, mover: string): string {
  if (typeof of !== 'string') return of.below;
  return of === 'versions' ? 'Version' : of === 'same_kind' ? mover : 'Task';
}

function saidOfSiblings(set: RuleSet, mover: string, siblings: Siblings): Said[] {
  const w = S.inspector.around;
  const of = siblings.of ?? 'tasks';
  const type = relativesType(of, mover);
  const whole = typeof of === 'string' ? w.relatives[of](mover) : w.below(of.below);
  const those = siblings.steps?.length ? w.ofSteps(whole, list(siblings.steps)) : whole;
  const parts = (['all', 'any', 'none'] as const).flatMap((how, i): Said[] => {
    const codes = siblings[how] ?? [];
    return codes.length === 0 ? [] : [i === 0 ? '' : ', ', w[how](those), ' ', ...tags(set, type, codes)];
  });
  const said = parts[0] === ', ' || parts[0] === '' ? parts.slice(1) : parts;
  const left = siblings.ignoring ?? [];
  const ignoring = left.length > 0 ? [` ${w.ignoring} `, ...tags(set, type, left)] : [];
  return said.length > 0 ? [...said, ...ignoring] : [w.blank(those)];
}
