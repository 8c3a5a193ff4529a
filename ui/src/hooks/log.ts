import type { LogView } from '../api/types/LogView';

/** How much of what is to be caught up is read, from 0 to 1; none unless a log is catching up. */
export function caughtShare(log: LogView): number | null {
  if (log.state !== 'catching_up') return null;
  const all = log.caught_up + log.behind;
  return all === 0 ? 0 : log.caught_up / all;
}
