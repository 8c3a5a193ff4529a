import type { Badge } from '../api/types/Badge';
import type { HookHealth } from '../api/types/HookHealth';
import type { HookState } from '../api/types/HookState';
import type { HookView } from '../api/types/HookView';
import { isChanged, isExamined, offersOf } from './offers';

export type Level = 'good' | 'warn' | 'bad' | 'off';

const RANK: Record<Level, number> = { bad: 0, warn: 1, off: 2, good: 3 };

export function levelOfState(state: HookState): Level {
  if (state === 'active') return 'good';
  if (state === 'unstable') return 'warn';
  return state === 'disabled' ? 'off' : 'bad';
}

export function levelOf(hook: HookHealth): Level {
  return levelOfState(hook.state);
}

export function sortedByNeed(hooks: readonly HookHealth[]): HookHealth[] {
  return [...hooks].sort((a, b) => needOf(a) - needOf(b));
}

/** Marks by their weight, the lightest first. */
const WEIGHTS: readonly Badge[] = ['unsigned', 'slow_response', 'heavy_load', 'very_heavy_load', 'throttled'];

/** Where a hook stands among others: below is needier. Marks count within a state, and lift one that is active above the well. */
function needOf(hook: HookHealth): number {
  const heaviest = Math.max(-1, ...hook.badges.map((badge) => WEIGHTS.indexOf(badge)));
  return RANK[levelOf(hook)] - (heaviest + 1) / 10;
}

/**
 * The order in which hooks are listed: by need, then by name. `hold`: somebody points at the list, so those that stand there
 * keep their places, and new ones come last.
 */
export function orderOf(hooks: readonly HookView[], before: readonly string[], hold: boolean): string[] {
  const names = new Set(hooks.map((hook) => hook.health.name));
  const wanted = [...hooks]
    .sort((a, b) => a.health.name.localeCompare(b.health.name))
    .sort((a, b) => needOf(a.health) - needOf(b.health))
    .map((hook) => hook.health.name);
  if (!hold) return wanted;
  const kept = before.filter((name) => names.has(name));
  return [...kept, ...wanted.filter((name) => !kept.includes(name))];
}

/** What can be done about a hook's trouble, the likeliest remedy first. */
export type Remedy = 'switch_on' | 'test' | 'change' | 'new_secret' | 'show_failed' | 'show_missing';

export function remediesOf(hook: HookView): Remedy[] {
  const { health, webhook } = hook;
  const offers = offersOf(hook);
  const remedies: Remedy[] = [];
  if (health.state === 'failed' || health.state === 'disabled') remedies.push('switch_on');
  if (health.state === 'unstable' || health.state === 'failed') remedies.push('show_failed');
  if (health.state !== 'disabled') remedies.push('test');
  if (health.state === 'deaf') remedies.push('show_missing');
  if (health.state === 'deaf' || health.badges.some((badge) => badge !== 'unsigned')) remedies.push('change');
  if (health.badges.includes('unsigned')) remedies.push('new_secret');
  return remedies.filter((remedy) => {
    if (remedy === 'switch_on') return webhook !== null;
    if (remedy === 'change' || remedy === 'new_secret') return isChanged(hook);
    if (remedy === 'show_failed' || remedy === 'show_missing') return offers.record;
    return isExamined(hook);
  });
}

export function isWell({ health }: HookView): boolean {
  return health.state === 'active' && health.badges.length === 0 && health.why === null;
}
