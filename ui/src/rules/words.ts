import type { Condition } from '../api/types/Condition';
import type { Rule } from '../api/types/Rule';

/** `a, b or c`. */
export function list(words: readonly string[], last = 'or'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

const MOVERS = {
  person: 'moved by a person',
  client: 'moved by a client',
  script: 'moved by a script',
  callboard: 'moved by a rule',
  anyone: '',
} as const;

export function alternatives(rule: Rule): readonly Condition[] {
  if (rule.if === undefined) return [];
  return Array.isArray(rule.if) ? rule.if : [rule.if];
}

/** What must hold, short enough to stand on a link; empty where nothing is asked. */
export function conditionWords(rule: Rule, nameOf: (code: string) => string): string {
  const said = alternatives(rule).map((condition) => oneCondition(condition, nameOf));
  if (said.some((words) => words === '')) return '';
  return list(said);
}

function oneCondition(condition: Condition, nameOf: (code: string) => string): string {
  const names = (codes: readonly string[]) => list(codes.map(nameOf));
  const parts: string[] = [];
  if (condition.step?.length) parts.push(`step: ${list(condition.step)}`);
  if (condition.step_not?.length) parts.push(`step is not ${list(condition.step_not)}`);
  if (condition.project?.length) parts.push(`project: ${list(condition.project.map(String))}`);
  if (condition.changed_by) parts.push(MOVERS[condition.changed_by]);
  if (condition.target_is?.length) parts.push(`only from ${names(condition.target_is)}`);
  if (condition.target_is_not?.length) parts.push(`unless ${names(condition.target_is_not)}`);
  return list(
    parts.filter((part) => part !== ''),
    'and',
  );
}
