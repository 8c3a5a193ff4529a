import type { FeedRow } from '../api/types/FeedRow';
import type { SiteView } from '../api/types/SiteView';

/** The page of what an event is about on its site; none where there is no such page. */
export function pageOf(row: FeedRow, sites: readonly SiteView[] | undefined): string | null {
  const site = sites?.find(({ name }) => name === row.site);
  if (!site || site.kind !== 'shotgrid' || !row.entity) return null;
  // The address is what somebody typed: only one that a browser opens as a page becomes a link.
  const base = URL.canParse(site.url) ? new URL(site.url) : null;
  if (base?.protocol !== 'https:' && base?.protocol !== 'http:') return null;
  const place = [row.entity.type, String(row.entity.id)].map(encodeURIComponent).join('/');
  return `${base.origin}/detail/${place}`;
}
