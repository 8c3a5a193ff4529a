import type { FeedRow } from '../api/types/FeedRow';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { Desk } from '../rules/desk.svelte';
import { addRule, freshRule, likelyTarget, nameIn } from '../rules/edit';
import { S } from '../strings';
import { whenOf } from './when';
import { fieldName } from './wording';

/** A new rule that starts when this happens once more. What it sets is left to choose. */
export function ruleFrom(set: RuleSet, row: FeedRow): Rule | null {
  const when = whenOf(row);
  if (row.entity === null || when === null) return null;
  const { type } = row.entity;
  const above = aboveOf(row, type);
  const target = (above && likelyTarget(type, above)) || 'itself';
  return { ...freshRule(set, type, nameOf(set, row, type)), when, then: { set: target, to: [] } };
}

/** Whose status most likely follows: of a Version its Task's, of what is worked on that of what it belongs to. */
function aboveOf({ parent }: FeedRow, type: string): string | undefined {
  if (type === 'Version') return 'Task';
  if (type === 'Task') return parent?.type ?? 'Shot';
  return type === 'WorkUnit' || type === 'Product' ? parent?.type : undefined;
}

/** Puts it among the rules that are written, and shows it there. */
export async function beginRule(desk: Desk, row: FeedRow): Promise<void> {
  const { session } = desk;
  if (desk.phase === 'loading') await desk.load();
  const rule = desk.document && ruleFrom(desk.document, row);
  if (!rule) {
    session.trouble = S.event.noRules;
    return;
  }
  desk.edit(S.event.didRule, (set) => addRule(set, rule));
  session.go('rules');
  desk.wanted = { kind: 'rule', id: rule.id };
  session.say(S.event.ruleBegun(rule.name));
}

function nameOf(set: RuleSet, row: FeedRow, type: string): string {
  const e = S.event;
  switch (row.operation) {
    case 'create':
      return e.ruleNameMade(type);
    case 'note':
      return e.ruleNameNote(type);
    case 'update':
      if (!row.is_status) return e.ruleNameField(type, fieldName(row.field));
      return e.ruleName(
        type,
        typeof row.new === 'string' ? nameIn(set, { type, code: row.new }) : S.words.statusCleared,
      );
    default:
      return e.ruleNameOther(type);
  }
}
