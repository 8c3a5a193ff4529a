import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedGroups } from '../api/types/FeedGroups';
import type { FeedRow } from '../api/types/FeedRow';
import type { Session } from '../frame/session.svelte';
import {
  firstGroups,
  groupItems,
  hearGroups,
  keyOfGroup,
  NO_GROUPS,
  olderGroups,
  openGroup,
  readInto,
  rowIn,
  shutGroup,
  type Grouped,
} from './groups';
import { Heard } from './heard';

const PAGE = 100;
const ROWS = 50;
const MOST = 500;
const PLACE = 'callboard.grouped';

export function readGrouped(storage: Pick<Storage, 'getItem'>): boolean {
  try {
    return storage.getItem(PLACE) === 'shot';
  } catch {
    return false;
  }
}

export function writeGrouped(storage: Pick<Storage, 'setItem'>, grouped: boolean): void {
  try {
    storage.setItem(PLACE, grouped ? 'shot' : 'none');
  } catch {
    // A browser may keep nothing: then it lasts as long as the window.
  }
}

/** The feed by Shots: the pure groups, and when the journal is asked for more of them. */
export class Groups {
  all = $state.raw<Grouped>(NO_GROUPS);
  /** The line that is selected, by its key. */
  cursor = $state<string | null>(null);
  readonly items = $derived(groupItems(this.all));

  #session: Session;
  #filter: () => FeedFilter;
  #heard = new Heard();
  /** Answers to an earlier filter are too late. */
  #turn = 0;
  #reading = new Set<string>();
  #older = false;
  #stale = false;

  constructor(session: Session, filter: () => FeedFilter) {
    this.#session = session;
    this.#filter = filter;
  }

  /** The first page under the filter as it is, as long as the one that is shown. */
  ask(): Promise<FeedGroups> {
    const limit = this.#stale ? PAGE : Math.min(MOST, Math.max(PAGE, this.all.shown.length));
    return this.#session.backend.ask({ ask: 'feed_groups', before: null, limit, filter: this.#filter() });
  }

  take(page: FeedGroups): void {
    const latest = new Map(this.all.shown.map((group) => [keyOfGroup(group), group.latest]));
    this.all = firstGroups(this.#stale ? NO_GROUPS : this.all, page);
    this.#stale = false;
    for (const group of page.groups) {
      const key = keyOfGroup(group);
      if (this.all.opened.has(key) && latest.get(key) !== group.latest) void this.#read(key, null);
    }
  }

  /** Another filter is set: what is on its way is too late, and what stands there goes once its groups are there. */
  lateNow(): void {
    this.#turn += 1;
    this.#reading.clear();
    this.#stale = true;
    this.cursor = null;
  }

  reset(): void {
    this.lateNow();
    this.all = NO_GROUPS;
  }

  hear(news: readonly FeedRow[], matches: (row: FeedRow) => boolean): void {
    this.#heard.hear(news);
    this.all = hearGroups(this.all, news, matches);
  }

  row(seq: number): FeedRow | null {
    return rowIn(this.all, seq);
  }

  turn(key: string): void {
    if (this.all.opened.has(key)) {
      this.all = shutGroup(this.all, key);
      return;
    }
    this.all = openGroup(this.all, key);
    if (this.all.opened.get(key)?.read === false) void this.#read(key, null);
  }

  /** Older rows of an open group. */
  readOlder(key: string): void {
    const last = this.all.opened.get(key)?.rows.at(-1);
    if (last) void this.#read(key, last.seq);
  }

  async loadOlder(): Promise<void> {
    const { more, before } = this.all;
    if (!more || before === null || this.#older) return;
    const turn = this.#turn;
    this.#older = true;
    try {
      const page = await this.#session.backend.ask({
        ask: 'feed_groups',
        before,
        limit: PAGE,
        filter: this.#filter(),
      });
      if (turn === this.#turn && this.all.before === before) this.all = olderGroups(this.all, page);
    } catch (thrown) {
      this.#session.failed(thrown);
    } finally {
      this.#older = false;
    }
  }

  async #read(key: string, before: number | null): Promise<void> {
    const group = this.all.shown.find((one) => keyOfGroup(one) === key);
    if (!group?.entity || this.#reading.has(key)) return;
    const { type, id } = group.entity;
    const filter = { ...this.#filter(), about: { site: group.site, entity: { type, id } } };
    const turn = this.#turn;
    this.#reading.add(key);
    try {
      await this.#heard.during(
        this.#session.backend.ask({ ask: 'feed', before, limit: ROWS, filter }),
        (page, heard) => {
          if (turn !== this.#turn) return;
          const latest = new Map(heard.map((row) => [row.seq, row]));
          const rows = page.rows.map((row) => latest.get(row.seq) ?? row);
          this.all = readInto(this.all, key, rows, page.more);
        },
      );
    } catch (thrown) {
      this.#session.trouble = this.#session.sentence(thrown);
      if (this.all.opened.get(key)?.read === false) this.all = shutGroup(this.all, key);
    } finally {
      this.#reading.delete(key);
    }
  }
}
