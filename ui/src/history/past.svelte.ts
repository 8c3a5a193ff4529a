import type { AskError } from '../api';
import type { EntityKey } from '../api/types/EntityKey';
import type { EntityRef } from '../api/types/EntityRef';
import type { FeedRow } from '../api/types/FeedRow';
import type { History } from '../api/types/History';
import type { Session } from '../frame/session.svelte';
import { across, besides, firstSpot, spanAt, type Spot } from './lanes';
import { extentOf, moved, showing, shownOf, ZOOMS, type Stretch, type Zoom } from './scale';

/** Whose past is looked at. */
export interface Whose {
  site: string;
  entity: EntityRef;
}

/** News come in bursts; a past is read again once they rest. */
const AFTER_NEWS = 600;

/** What the past of an event can be asked of; none where it is of nothing in particular. */
export function whoseOf({ site, entity, parent }: Pick<FeedRow, 'site' | 'entity' | 'parent'>): Whose | null {
  const whose = parent ?? entity;
  return whose === null ? null : { site, entity: whose };
}

/** The past of one Shot as the window shows it. */
export class Past {
  whose = $state.raw<Whose | null>(null);
  history = $state.raw<History | null>(null);
  error = $state.raw<AskError | null>(null);
  asTable = $state(false);
  zoom = $state<Zoom>('all');
  /** Where the keys are. */
  spot = $state.raw<Spot | null>(null);
  /** Where the pointer is. */
  hovered = $state.raw<Spot | null>(null);
  now = $state(Date.now());
  shown = $state.raw<Stretch>({ from: 0, to: 1 });

  readonly extent: Stretch = $derived.by(() => extentOf(this.history ?? { lanes: [] }, this.now));
  readonly span = $derived.by(() => (this.history ? spanAt(this.history, this.spot) : null));

  #session: Session;
  #turn = 0;
  #hearing: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  open(whose: Whose): void {
    this.whose = whose;
    this.history = null;
    this.zoom = 'all';
    this.spot = null;
    this.hovered = null;
    void this.load();
  }

  close(): void {
    this.#turn += 1;
    clearTimeout(this.#hearing);
    this.whose = null;
    this.history = null;
    this.error = null;
  }

  async load(): Promise<void> {
    if (!this.whose) return;
    const turn = ++this.#turn;
    const { site, entity } = this.whose;
    const key: EntityKey = { type: entity.type, id: entity.id };
    this.error = null;
    try {
      const history = await this.#session.backend.ask({ ask: 'history', site, entity: key });
      if (turn !== this.#turn) return;
      const again = this.history !== null;
      const atEnd = this.shown.to >= this.extent.to;
      this.history = history;
      this.now = Date.now();
      if (!again || this.zoom === 'all') this.shown = this.extent;
      else if (atEnd) this.shown = showing(this.shown, this.now, this.extent);
      this.spot = again && this.span ? this.spot : firstSpot(history);
    } catch (thrown) {
      if (turn === this.#turn) this.error = this.#session.failed(thrown);
    }
  }

  /** Something new about it: it is read again, and what is shown stays where it is. */
  hear(news: readonly FeedRow[]): void {
    const whose = this.history?.entity;
    const site = this.whose?.site;
    if (!whose) return;
    const is = (one: EntityRef | null) => one?.type === whose.type && one.id === whose.id;
    if (!news.some((row) => row.site === site && (is(row.entity) || is(row.parent)))) return;
    clearTimeout(this.#hearing);
    this.#hearing = setTimeout(() => void this.load(), AFTER_NEWS);
  }

  setZoom(zoom: Zoom): void {
    const span = this.span;
    const middle = (this.shown.from + this.shown.to) / 2;
    const around = span ? Date.parse(span.from) : middle;
    this.zoom = zoom;
    this.shown = shownOf(zoom, around, this.extent);
  }

  zoomBy(step: 1 | -1): void {
    const next = ZOOMS[ZOOMS.indexOf(this.zoom) - step];
    if (next) this.setZoom(next);
  }

  move(share: number): void {
    this.shown = moved(this.shown, share, this.extent);
  }

  along(by: number): void {
    if (this.history && this.spot) this.#to(besides(this.history, this.spot, by));
  }

  across(by: 1 | -1): void {
    if (this.history && this.spot) this.#to(across(this.history, this.spot, by));
  }

  point(spot: Spot): void {
    this.spot = spot;
  }

  #to(spot: Spot): void {
    this.spot = spot;
    const span = this.span;
    if (!span) return;
    // A span that began earlier and is still in sight needs no scrolling.
    const begins = Date.parse(span.from);
    const ends = span.until === null ? this.now : Date.parse(span.until);
    if (begins > this.shown.to || ends < this.shown.from) this.shown = showing(this.shown, begins, this.extent);
  }
}
