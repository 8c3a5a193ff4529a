import type { RuleSet } from '../../api/types/RuleSet';
import { columnOf, typeOf, type Site } from '../picture';

const TYPES: readonly string[] = ['Version', 'Task', 'Shot'];

/** The columns to begin with: the usual ones, except where the site has told of others alone, as a photo studio has. */
function typesOf(site: Site): readonly string[] {
  const told = Object.keys(site).filter((type) => (site[type]?.length ?? 0) > 0);
  const isUsual = told.every((type) => TYPES.includes(type)) || told.includes('Version') || told.includes('Shot');
  return isUsual ? TYPES : told;
}

/**
 * A set to begin with from nothing. Where the site has told its statuses, the columns stand empty and those wait beneath
 * them; where it has not, a column keeps the statuses that the set came with.
 */
export function withSiteStatuses(set: RuleSet, site: Site): RuleSet {
  const statuses = { ...set.statuses };
  for (const type of typesOf(site)) {
    const column = Object.keys(statuses).find((name) => typeOf(name) === type) ?? columnOf(type);
    statuses[column] = site[type]?.length ? [] : (statuses[column] ?? []);
  }
  return { ...set, statuses };
}

/** How many statuses the site has for the columns that every set begins with. */
export function siteCount(site: Site): number {
  return typesOf(site).reduce((n, type) => n + (site[type]?.length ?? 0), 0);
}
