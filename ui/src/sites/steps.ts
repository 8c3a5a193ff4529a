import type { Examined } from '../api/types/Examined';
import type { FeedRow } from '../api/types/FeedRow';
import type { SiteIn } from '../api/types/SiteIn';
import { asSent, isHeardOnly, nameTrouble, urlTrouble } from './siteIn';

export type Step = 'address' | 'key' | 'examine' | 'write' | 'reach' | 'hook' | 'first';

const ALL: readonly Step[] = ['address', 'key', 'examine', 'write', 'reach', 'hook', 'first'];
/** A site that only sends: there is nothing to sign in to, and nothing to examine. */
const HEARD_ONLY: readonly Step[] = ['address', 'write', 'reach', 'hook', 'first'];

/** The steps of connecting a site, by its kind. */
export function stepsOf(site: SiteIn): readonly Step[] {
  return isHeardOnly(site.kind) ? HEARD_ONLY : ALL;
}

/** How far a connecting has come. */
export interface Progress {
  site: SiteIn;
  taken: readonly string[];
  examined: Examined | null;
  /** What was examined: address, script and key in one. */
  examinedAs: string | null;
  connected: boolean;
}

/** What an examination depends on. Anything else may change without one. */
export function examinedAs(site: SiteIn): string {
  const { kind, url, script_name, script_key, ca_file, proxy } = asSent(site);
  return JSON.stringify([kind, url, script_name, script_key ?? '', ca_file ?? '', proxy ?? '']);
}

export function isReady(progress: Progress): boolean {
  if (isHeardOnly(progress.site.kind)) return isDone('address', progress);
  return progress.examined?.ready === true && progress.examinedAs === examinedAs(progress.site);
}

/** Whether a step has what the next one needs. */
export function isDone(step: Step, progress: Progress): boolean {
  const { site, taken, connected } = progress;
  switch (step) {
    case 'address': {
      const named = site.name !== '' && nameTrouble(site.name, connected ? [] : taken) === null;
      const there = isHeardOnly(site.kind) || site.url.trim() !== '';
      return there && urlTrouble(site.url) === null && named;
    }
    case 'key':
      return site.script_name.trim() !== '' && (connected || (site.script_key ?? '').trim() !== '');
    case 'examine':
      return isReady(progress);
    case 'write':
      return connected;
    case 'reach':
    case 'hook':
    case 'first':
      return true;
  }
}

/** Whether a step may be opened: all before it have what it needs. What is connected is connected: its steps lie behind. */
export function isOpen(step: Step, progress: Progress): boolean {
  const steps = stepsOf(progress.site);
  const at = steps.indexOf(step);
  if (progress.connected) return at >= steps.indexOf('write');
  return steps.slice(0, at).every((before) => isDone(before, progress));
}

/** The first event of a site that came after its connecting, by the road it came. Tests and words about hooks do not count. */
export function firstOf(rows: readonly FeedRow[], site: string, since: number): FeedRow | null {
  return (
    rows.find(
      (row) =>
        row.site === site &&
        !['test', 'hook_status', 'not_understood'].includes(row.operation) &&
        Date.parse(row.received_at) >= since,
    ) ?? null
  );
}
