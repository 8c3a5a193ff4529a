import type { FeedFilter } from '../api/types/FeedFilter';
import type { Outcome } from '../api/types/Outcome';
import { S } from '../strings';
import { ANY, isAny, OUTCOMES } from './filter';

const PLACE = 'callboard.filters';
export const MOST_KEPT = 12;

/** What the filters of a feed come down to, so that two of them can be told apart. */
export function keyOf(filter: FeedFilter): string {
  const { entity_types, projects, outcomes, text } = filter;
  return JSON.stringify([[...entity_types].sort(), [...projects].sort(), [...outcomes].sort(), text.trim()]);
}

/** A filter in a few words. */
export function wordsOf(filter: FeedFilter): string {
  const { entity_types, projects, outcomes, text } = filter;
  const words = text.trim() === '' ? [] : [S.event.kept.text(text.trim())];
  return [...entity_types, ...projects, ...outcomes.map((outcome) => S.outcomes[outcome]), ...words].join(' · ');
}

/** The filters with one more, or without it where it was among them. The newest stand first. */
export function turned(kept: readonly FeedFilter[], filter: FeedFilter): readonly FeedFilter[] {
  const key = keyOf(filter);
  const others = kept.filter((one) => keyOf(one) !== key);
  if (others.length < kept.length) return others;
  return isAny(filter) || kept.length >= MOST_KEPT ? kept : [filter, ...kept];
}

/** What was kept on this machine. Whatever else stands there is left out. */
export function readKept(storage: Pick<Storage, 'getItem'>): FeedFilter[] {
  try {
    const found: unknown = JSON.parse(storage.getItem(PLACE) ?? '[]');
    if (!Array.isArray(found)) return [];
    return found
      .map(filterOf)
      .filter((filter) => !isAny(filter))
      .slice(0, MOST_KEPT);
  } catch {
    return [];
  }
}

export function writeKept(storage: Pick<Storage, 'setItem'>, kept: readonly FeedFilter[]): void {
  try {
    storage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // A browser may keep nothing: then they last as long as the window.
  }
}

function filterOf(found: unknown): FeedFilter {
  if (typeof found !== 'object' || found === null) return ANY;
  const words = (key: string) => {
    const list: unknown = (found as Record<string, unknown>)[key];
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  };
  const text = 'text' in found && typeof found.text === 'string' ? found.text : '';
  const isOutcome = (word: string): word is Outcome => (OUTCOMES as readonly string[]).includes(word);
  return {
    entity_types: words('entity_types'),
    projects: words('projects'),
    outcomes: words('outcomes').filter(isOutcome),
    text,
  };
}
