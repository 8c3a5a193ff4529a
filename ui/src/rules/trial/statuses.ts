import type { RuleSet } from '../../api/types/RuleSet';
import type { Statuses } from '../../status/lookup';
import { typeOf } from '../picture';

/** How statuses are shown here: as the rules name them, and as the site does where they do not. */
export function statusesOf(set: RuleSet | null, site: Statuses | undefined): Statuses {
  const all: Statuses = { ...site };
  for (const [column, statuses] of Object.entries(set?.statuses ?? {})) {
    const type = typeOf(column);
    const named = statuses.map(({ code, name, color }) => ({ code, name: name || code, color: color || null }));
    const codes = new Set(named.map((status) => status.code));
    all[type] = [...named, ...(site?.[type] ?? []).filter((status) => !codes.has(status.code))];
  }
  return all;
}
