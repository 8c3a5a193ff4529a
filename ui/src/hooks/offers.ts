import type { HookOffers } from '../api/types/HookOffers';
import type { HookView } from '../api/types/HookView';
import type { SiteView } from '../api/types/SiteView';

const ALL: HookOffers = { tests: true, record: true, acknowledgements: true };
const NONE: HookOffers = { tests: false, record: false, acknowledgements: false };

/** What the tracker has for a hook: a site that is only heard has none of it. */
export function offersOf({ heard, offered }: Pick<HookView, 'heard' | 'offered'>): HookOffers {
  return heard === null ? (offered ?? ALL) : NONE;
}

/** The kind of a site by its name; of one that is not known, the usual one. */
export function kindOf(sites: readonly SiteView[] | undefined, name: string): string {
  return sites?.find((site) => site.name === name)?.kind ?? 'shotgrid';
}

/** Whether a hook can be changed from here: the site's record of it is known, or it is entered there by hand. */
export function isChanged({ heard, webhook }: Pick<HookView, 'heard' | 'webhook'>): boolean {
  return heard !== null || webhook !== null;
}

/** Whether a hook can be looked at from here, by a test or by the site's own record of it. */
export function isExamined({ heard }: Pick<HookView, 'heard'>): boolean {
  return heard === null;
}
