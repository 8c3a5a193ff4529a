import type { FeedFilter } from '../api/types/FeedFilter';
import type { Outcome } from '../api/types/Outcome';
import { S } from '../strings';
import { ANY, isAny, OUTCOMES } from './filter';
import { rangeOf, rangeWords, type Range } from './range';

const PLACE = 'callboard.filters';
export const MOST_KEPT = 12;

/** Filters as somebody set them: the time by its name, so that it goes with the calendar. */
export interface Sought extends FeedFilter {
  range?: Range;
}

export function isAnything({ range = 'any', ...filter }: Sought): boolean {
  return range === 'any' && isAny(filter);
}

/** What the filters of a feed come down to, so that two of them can be told apart. */
export function keyOf({ entity_types, projects, outcomes, sites, people, range = 'any', text }: Sought): string {
  const lists = [entity_types, projects, outcomes, sites, people].map((list) => [...list].sort());
  return JSON.stringify([...lists, range, text.trim()]);
}

/** A filter in a few words. */
export function wordsOf({ entity_types, projects, outcomes, sites, people, range = 'any', text }: Sought): string {
  const time = range === 'any' ? [] : [rangeWords(range)];
  const words = text.trim() === '' ? [] : [S.event.kept.text(text.trim())];
  const came = outcomes.map((outcome) => S.outcomes[outcome]);
  return [...sites, ...entity_types, ...projects, ...came, ...people, ...time, ...words].join(' · ');
}

/** The filters with one more, or without it where it was among them. The newest stand first. */
export function turned(kept: readonly Sought[], filter: Sought): readonly Sought[] {
  const key = keyOf(filter);
  const others = kept.filter((one) => keyOf(one) !== key);
  if (others.length < kept.length) return others;
  return isAnything(filter) || kept.length >= MOST_KEPT ? kept : [filter, ...kept];
}

/** What was kept on this machine. Whatever else stands there is left out. */
export function readKept(storage: Pick<Storage, 'getItem'>): Sought[] {
  try {
    const found: unknown = JSON.parse(storage.getItem(PLACE) ?? '[]');
    if (!Array.isArray(found)) return [];
    return found
      .map(filterOf)
      .filter((filter) => !isAnything(filter))
      .slice(0, MOST_KEPT);
  } catch {
    return [];
  }
}

export function writeKept(storage: Pick<Storage, 'setItem'>, kept: readonly Sought[]): void {
  try {
    storage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // A browser may keep nothing: then they last as long as the window.
  }
}

function filterOf(found: unknown): Sought {
  if (typeof found !== 'object' || found === null) return ANY;
  const words = (key: string) => {
    const list: unknown = (found as Record<string, unknown>)[key];
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  };
  const text = 'text' in found && typeof found.text === 'string' ? found.text : '';
  const isOutcome = (word: string): word is Outcome => (OUTCOMES as readonly string[]).includes(word);
  return {
    ...ANY,
    entity_types: words('entity_types'),
    projects: words('projects'),
    outcomes: words('outcomes').filter(isOutcome),
    sites: words('sites'),
    people: words('people'),
    ...('range' in found && { range: rangeOf(found.range) }),
    text,
  };
}
