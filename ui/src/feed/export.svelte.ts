import { keepFile } from '../api';
import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedPage } from '../api/types/FeedPage';
import { dayOf, list } from '../frame/format';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';

/** The largest page that the journal gives. */
const PAGE = 500;
/** What takes longer says how far it is. */
const AT_ONCE = 1_000;
/** The shell keeps no file over 64 MB, and a longer table is several. In bytes. */
const FULL = 32 * 1024 * 1024;

interface Table {
  name: string;
  /** Where it is; null where the browser does not say. */
  path: string | null;
}

/** The events that a filter lets through, all of them, as a table among the downloads. */
export class Export {
  /** How many rows are read, once it takes a while; null where nothing needs to be said. */
  read = $state<number | null>(null);
  /** How many there are, where that is known. */
  of = $state<number | null>(null);
  readonly words: string | null = $derived(this.read === null ? null : S.event.exporting(this.read, this.of));

  #session: Session;
  #keep: typeof keepFile;
  #full: number;
  /** The filter whose events are being read. */
  #running: FeedFilter | null = null;
  #broken = false;

  constructor(session: Session, keep = keepFile, full = FULL) {
    this.#session = session;
    this.#keep = keep;
    this.#full = full;
  }

  /** Begins, or breaks off what is seen to be on its way. */
  async press(filter: FeedFilter): Promise<void> {
    if (this.#running === null) return this.#run(filter);
    if (this.read === null) return;
    this.#broken = true;
    this.read = null;
  }

  async #run(filter: FeedFilter): Promise<void> {
    this.#running = filter;
    this.#broken = false;
    this.of = null;
    let read = 0;
    const slow = setTimeout(() => {
      this.read = read;
      void this.#count(filter);
    }, AT_ONCE);
    const kept: Table[] = [];
    try {
      const { headOf, linesOf } = await import('./csv');
      let lines: Blob[] = [];
      let size = 0;
      const close = async () => kept.push(await this.#keepTable([headOf(), ...lines], kept.length + 1));
      for await (const rows of this.#pages(filter)) {
        const more = new Blob([linesOf(rows, this.#session.overview?.statuses)]);
        if (size > 0 && size + more.size > this.#full) {
          await close();
          lines = [];
          size = 0;
        }
        lines.push(more);
        size += more.size;
        read += rows.length;
        if (this.read !== null) this.read = read;
      }
      if (this.#broken) return this.#session.say(S.event.exportBroken(kept.length === 0 ? null : where(kept)));
      if (read === 0) return this.#session.say(S.event.exportNone);
      await close();
      const said = kept.some(({ path }) => path === null) ? S.event.exportedAs : S.event.exported;
      this.#session.say(said(read, where(kept)));
    } catch (thrown) {
      this.#session.trouble = S.event.notExported(this.#session.sentence(thrown));
    } finally {
      clearTimeout(slow);
      this.#running = null;
      this.read = null;
    }
  }

  /** Page by page down from what is the newest now: what comes meanwhile is not among them, and none comes twice. */
  async *#pages(filter: FeedFilter) {
    let before: number | null = null;
    do {
      const page: FeedPage = await this.#session.backend.ask({ ask: 'feed', before, limit: PAGE, filter });
      if (this.#broken) return;
      // An answer stops where looking on would keep people waiting, and may have no rows then.
      if (page.rows.length > 0) yield page.rows;
      before = page.more ? (page.before ?? page.rows.at(-1)?.seq ?? null) : null;
    } while (before !== null);
  }

  async #keepTable(parts: BlobPart[], number: number): Promise<Table> {
    const name = `callboard-feed-${dayOf(new Date())}${number === 1 ? '' : `-part-${number}`}.csv`;
    return { name, path: await this.#keep(name, new Blob(parts, { type: 'text/csv' })) };
  }

  async #count(filter: FeedFilter): Promise<void> {
    try {
      const { total, capped } = await this.#session.backend.ask({ ask: 'feed_counts', filter });
      if (this.#running === filter && !capped) this.of = total;
    } catch (thrown) {
      // How many are read is said without it.
      this.#session.failed(thrown);
    }
  }
}

function where(kept: readonly Table[]): string {
  return list(
    kept.map(({ name, path }) => path ?? name),
    'and',
  );
}
