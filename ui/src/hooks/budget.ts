import type { HookView } from '../api/types/HookView';
import { decimal } from '../frame/format';
import type { Level } from './health';

/** Above these shares of a site's response budget a hook is a heavy load, a very heavy one, and throttled. */
export const MARKS = { heavy: 0.1, very: 0.5, throttled: 1 } as const;

/** The bar shows a little more than the whole budget, so that its end is seen to be passed. */
export const SCALE = 1.15;

export function placeOf(share: number): number {
  return Math.min(1, Math.max(0, share / SCALE));
}

export function loadLevel(share: number): Level {
  if (share > MARKS.very) return 'bad';
  return share > MARKS.heavy ? 'warn' : 'good';
}

/** Seconds of the site's minute of response time a minute. */
export function secondsOf(share: number): string {
  const seconds = share * 60;
  return `${seconds < 9.95 ? decimal(seconds) : Math.round(seconds)} s`;
}

/** What all hooks of a site take together; none where no share is known. */
export function siteShare(hooks: readonly HookView[], site: string): number | null {
  const shares = hooks.filter((hook) => hook.health.site === site).map((hook) => hook.load.share);
  const known = shares.filter((share) => share !== null);
  return known.length === 0 ? null : known.reduce((sum, share) => sum + share, 0);
}
