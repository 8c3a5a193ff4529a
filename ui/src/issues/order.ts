import type { AlertKind } from '../api/types/AlertKind';
import type { IssueView } from '../api/types/IssueView';

/**
 * Open issues as they are shown while somebody looks: those that stood there keep their places, so that nothing moves under the
 * cursor, and new ones come on top.
 */
export function inOrder(open: readonly IssueView[], before: readonly string[]): IssueView[] {
  const place = new Map(before.map((key, at) => [key, at]));
  const fresh = open.filter(({ key }) => !place.has(key));
  const known = open.filter(({ key }) => place.has(key)).sort((a, b) => place.get(a.key)! - place.get(b.key)!);
  return [...fresh, ...known];
}

/** What has the focus once an issue is gone: the one after it, or else the one before. */
export function neighbour(keys: readonly string[], gone: string): string | null {
  const at = keys.indexOf(gone);
  return keys[at + 1] ?? keys[at - 1] ?? null;
}

const GRAVE: readonly AlertKind[] = ['hook_failed', 'hook_deaf', 'write_given_up'];

/** How grave an issue is: something stands still, or is only to be looked at. */
export function gravityOf(kind: AlertKind): 'bad' | 'warn' {
  return GRAVE.includes(kind) ? 'bad' : 'warn';
}
