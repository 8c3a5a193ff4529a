import type { Place } from '../api/types/Place';
import type { Feed } from '../feed/feed.svelte';
import type { Session } from './session.svelte';

/** Takes the window to where something can be seen, from wherever it is: what lies over the views is closed. */
export function go(place: Place, session: Session, feed: Pick<Feed, 'show'>): void {
  session.closeSheets();
  switch (place.place) {
    case 'event':
      session.go('feed');
      void feed.show(place.seq);
      return;
    case 'hook':
      return session.showHook(place.hook);
    case 'rule':
      return session.showRule(place.rule);
    case 'inbox':
      return session.openInbox();
    case 'site':
      return session.showSite(place.site);
    case 'issues':
      return session.openIssues();
  }
}
