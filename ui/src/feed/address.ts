import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import type { SiteView } from '../api/types/SiteView';

/** What ftrack shows within something else. */
const NO_SIDEBAR = ['Note', 'User'];

/** The page of what an event is about on its site; none where there is no such page. */
export function pageOf(row: FeedRow, sites: readonly SiteView[] | undefined): string | null {
  const site = sites?.find(({ name }) => name === row.site);
  if (!site || !row.entity) return null;
  // The address is what somebody typed: only one that a browser opens as a page becomes a link.
  const base = URL.canParse(site.url) ? new URL(site.url) : null;
  if (base?.protocol !== 'https:' && base?.protocol !== 'http:') return null;
  if (site.kind === 'ftrack') {
    return NO_SIDEBAR.includes(row.entity.type) ? null : `${base.origin}/#${ftrackPlace(row.entity, row.project)}`;
  }
  if (site.kind !== 'shotgrid') return null;
  const place = [row.entity.type, String(row.entity.id)].map(encodeURIComponent).join('/');
  return `${base.origin}/detail/${place}`;
}

/** The sidebar of an entity over its project: as ftrack's own integrations for desktop programs open it. */
function ftrackPlace(entity: EntityRef, project: EntityRef | null): string {
  const isVersion = entity.type === 'Version';
  const type = isVersion ? 'assetversion' : entity.type === 'Project' ? 'show' : 'task';
  const over = project && {
    entityType: 'show',
    entityId: String(project.id),
    view: isVersion ? 'versions_v1' : 'tasks',
  };
  const place = {
    slideEntityId: String(entity.id),
    slideEntityType: type,
    itemId: over ? 'projects' : 'home',
    ...over,
  };
  return new URLSearchParams(place).toString();
}
