import type { Rule } from '../../api/types/Rule';
import type { Link, Picture } from '../picture';
import type { Became } from '../stage.svelte';

/** What became of the links between two pictures. */
export interface Overlay {
  /** By link. Those that are as they were are not in it. */
  became: ReadonlyMap<string, Became>;
  /** Links that only the earlier picture has, as they were drawn there. */
  removed: readonly Link[];
}

export function becameOf(before: Picture, after: Picture): Overlay {
  const became = new Map<string, Became>();
  const then = new Map(before.links.map((link) => [link.id, link]));
  const now = new Set<string>();
  for (const link of after.links) {
    now.add(link.id);
    const was = then.get(link.id);
    if (!was) became.set(link.id, 'added');
    else if (saying(was) !== saying(link)) became.set(link.id, 'changed');
  }
  const removed = before.links.filter((link) => !now.has(link.id));
  for (const link of removed) became.set(link.id, 'removed');
  return { became, removed };
}

/** All that the rules of a link say of it. A status that joins a rule is no change of the links from its other statuses. */
function saying(link: Link): string {
  const rules = link.rules.map((rule) => JSON.stringify(ofLink(rule, link), ordered));
  return rules.sort().join('\n');
}

function ofLink(rule: Rule, link: Link): unknown {
  const { when } = rule;
  const code = link.from?.code;
  const becomes = code !== undefined && when.becomes?.includes(code) ? [code] : when.becomes;
  return { ...rule, name: undefined, note: undefined, when: { ...when, becomes } };
}

/** Fields come in any order. */
function ordered(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
