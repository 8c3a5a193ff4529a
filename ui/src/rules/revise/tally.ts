import type { RuleSetDiff } from '../../api/types/RuleSetDiff';
import type { StatusChange } from '../../api/types/StatusChange';
import type { Became } from '../stage.svelte';

/** How much is new, changed and gone. */
export type Tally = Record<Became, number>;

/** What a change is at a glance: whatever is neither new nor gone is changed. */
export function becameOf(kind: string): Became {
  return kind === 'added' || kind === 'removed' ? kind : 'changed';
}

/** Counts rules and statuses, and everything else as changed. */
export function tally(diff: RuleSetDiff): Tally {
  const counted: Tally = { added: 0, changed: 0, removed: 0 };
  for (const { kind } of [...diff.rules, ...diff.statuses]) counted[becameOf(kind)] += 1;
  counted.changed += diff.other.length + [diff.name, diff.description, diff.steps].filter(Boolean).length;
  return counted;
}

export function isSame(diff: RuleSetDiff): boolean {
  const { added, changed, removed } = tally(diff);
  return added + changed + removed === 0;
}

/** Status changes of one column that are alike. */
export interface StatusGroup {
  column: string;
  became: Became;
  changes: StatusChange[];
}

/** In the order in which they come, those that are alike together. */
export function statusGroups(changes: readonly StatusChange[]): StatusGroup[] {
  const groups: StatusGroup[] = [];
  for (const change of changes) {
    const became = becameOf(change.kind);
    const group = groups.find((one) => one.column === change.column && one.became === became);
    if (group) group.changes.push(change);
    else groups.push({ column: change.column, became, changes: [change] });
  }
  return groups;
}

/** The same with nothing before it: what it is called and which columns it has is no change then. */
export function fromNothing(diff: RuleSetDiff): RuleSetDiff {
  return { ...diff, name: null, description: null, steps: null, other: [] };
}
