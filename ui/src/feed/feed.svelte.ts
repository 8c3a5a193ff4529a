import type { AskError } from '../api';
import type { FeedFilter } from '../api/types/FeedFilter';
import type { FeedPage } from '../api/types/FeedPage';
import type { FeedRow } from '../api/types/FeedRow';
import type { Session } from '../frame/session.svelte';
import { Past, whoseOf, type Whose } from '../history/past.svelte';
import { S } from '../strings';
import { Counts } from './counts.svelte';
import { Export } from './export.svelte';
import { ANY, matches } from './filter';
import { Groups, readGrouped, writeGrouped } from './groups.svelte';
import { Heard } from './heard';
import { neighbour } from './items';
import { isAnything, readKept, turned, writeKept, type Sought } from './kept';
import { boundsOf, type Range } from './range';
import {
  EMPTY,
  fromPage,
  hear,
  letGoAbove,
  letGoBelow,
  newer,
  older,
  refreshed,
  release,
  settle,
  type FeedRows,
  type Hearing,
} from './rows';

const PAGE = 100;
/** More rows at once than this do not slide in one by one: a rush stays calm. */
const SLIDING = 6;
/** So often an answer without rows is followed further down. */
const STOPS = 400;
const SETTLED = 400;
/** Nor do rows that come sooner than this after others: a page that always moves keeps a processor busy all day. */
const CALM = 1_000;
const REGROUP = 700;
/** How long new rows are gathered before the journal is asked which of them a search finds. */
const LISTEN = 400;
const WIDEST = 65_536;

/** The feed as the window shows it: the pure rows, and when they may move. */
export class Feed {
  rows = $state.raw<FeedRows>(EMPTY);
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  error = $state.raw<AskError | null>(null);
  /** What is asked for, except for the time. */
  filter = $state.raw<FeedFilter>(ANY);
  range = $state.raw<Range>('any');
  /** Whether the time is being chosen. */
  choosingTime = $state(false);
  /** What stands in the search box; it becomes part of the filter as soon as the search before it is answered. */
  text = $state('');
  paused = $state(false);
  atTop = $state(true);
  pointer = $state<number | null>(null);
  hovered = $state(false);
  selected = $state<number | null>(null);
  open = $state(false);
  fetching = $state(false);
  /** Counts the lists that were begun anew, each from its newest row. */
  begun = $state(0);
  /** The row that the list should bring into sight next. */
  wanted = $state<number | null>(null);
  /** The filters that somebody keeps on this machine. */
  kept = $state.raw<readonly Sought[]>(readKept(localStorage));
  /** Rows that came in while somebody looked, so that only they slide in. */
  arrived = $state.raw<ReadonlySet<number>>(new Set());

  /** Whether the events stand by Shots. */
  grouped = $state(readGrouped(localStorage));
  readonly groups: Groups;
  /** The past of one Shot, where it lies over the list. */
  readonly past: Past;
  readonly exporting: Export;
  /** A row that is looked at though it stands in no list. */
  peeked = $state.raw<FeedRow | null>(null);

  readonly hold: boolean = $derived.by(() => {
    const chosen = this.selected !== null || (this.grouped && this.groups.cursor !== null);
    return this.paused || !this.atTop || this.hovered || chosen;
  });
  /** The filters as somebody would keep them. */
  readonly sought: Sought = $derived({ ...this.filter, range: this.range });
  readonly filtered = $derived(!isAnything(this.sought));
  readonly counts: Counts;
  readonly selectedRow: FeedRow | null = $derived.by(() => {
    const seq = this.selected;
    if (seq === null) return null;
    if (this.peeked?.seq === seq) return this.peeked;
    if (this.grouped) return this.groups.row(seq);
    return this.rows.shown.find((row) => row.seq === seq) ?? null;
  });
  /** How many new events wait to be shown. */
  readonly fresh: number = $derived.by(() => (this.grouped ? this.groups.all.fresh.size : this.rows.heldCount));
  readonly isEmpty: boolean = $derived.by(() => (this.grouped ? this.groups.all.shown : this.rows.shown).length === 0);

  #session: Session;
  #heard = new Heard();
  #turn = 0;
  #searching = false;
  #calm = true;
  #calming: ReturnType<typeof setTimeout> | undefined;
  /** Whether the journal is asked which new rows a search finds, or soon will be; and whether more came meanwhile. */
  #listening = false;
  #unlistened = false;
  #regrouping: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.counts = new Counts(session, () => this.asked());
    this.past = new Past(session);
    this.exporting = new Export(session);
    this.groups = new Groups(session, () => this.asked());
  }

  start(): () => void {
    void this.load();
    const silence = this.#session.read({ rows: (rows) => this.#told(rows), refresh: () => void this.#refresh() });
    return () => {
      silence();
      this.counts.stop();
      clearTimeout(this.#regrouping);
    };
  }

  /** The filter as the journal is asked with it now. */
  asked(): FeedFilter {
    return { ...this.filter, ...boundsOf(this.range, new Date()) };
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.fetching = true;
    try {
      const begin = (heard: readonly FeedRow[]) => {
        this.atTop = true;
        this.begun += 1;
        this.phase = 'ready';
        this.error = null;
        this.counts.afterRows();
        this.#hear(heard);
      };
      if (this.grouped) {
        await this.#heard.during(this.groups.ask(), (page, heard) => {
          if (turn !== this.#turn) return;
          this.groups.take(page);
          begin(heard);
        });
      } else {
        await this.#heard.during(this.#ask(null, PAGE), (page, heard) => {
          if (turn !== this.#turn) return;
          this.rows = fromPage(page);
          this.arrived = new Set();
          begin(heard);
        });
      }
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.error = this.#session.failed(thrown);
      this.phase = 'broken';
    } finally {
      if (turn === this.#turn) this.fetching = false;
    }
  }

  async loadOlder(): Promise<void> {
    const last = this.rows.shown.at(-1);
    if (!last || !this.rows.more || this.fetching) return;
    this.rows = letGoAbove(this.rows);
    await this.#fetch(async () => {
      const page = await this.#ask(last.seq, PAGE);
      return older(this.rows, page);
    });
  }

  /** Rows above were let go. Numbers are dense, so a window of them above the first one holds what comes next. */
  async loadNewer(): Promise<void> {
    const first = this.rows.shown[0];
    if (!first || !this.rows.cutAbove || this.fetching) return;
    this.rows = letGoBelow(this.rows);
    await this.#fetch(async () => {
      for (let width = PAGE; width <= WIDEST; width *= 4) {
        const page = await this.#ask(first.seq + width, PAGE);
        const reachedNow = (await this.#ask(null, 1)).rows[0]?.seq === page.rows[0]?.seq;
        if (reachedNow || page.rows.some((row) => row.seq > first.seq)) {
          const gap = !page.rows.some((row) => row.seq <= first.seq) && page.rows.length >= PAGE;
          return gap ? fromPage(page) : newer(this.rows, page, reachedNow);
        }
      }
      return this.rows;
    });
  }

  setFilter(change: Partial<FeedFilter>): void {
    void this.#narrow(change);
  }

  #narrow(change: Partial<FeedFilter>): Promise<void> {
    this.filter = { ...this.filter, ...change };
    this.selected = null;
    this.open = false;
    this.groups.lateNow();
    return this.load();
  }

  /** Events by Shots, or one after the other. */
  turnGrouped(): void {
    this.grouped = !this.grouped;
    writeGrouped(localStorage, this.grouped);
    this.select(null);
    this.atTop = true;
    this.groups.reset();
    this.rows = EMPTY;
    this.phase = 'loading';
    void this.load();
  }

  setRange(range: Range): void {
    this.range = range;
    this.setFilter({});
  }

  /** Filters as they were kept. */
  apply({ range = 'any', ...filter }: Sought): void {
    this.text = filter.text;
    this.range = range;
    this.setFilter(filter);
  }

  /** Keeps the filters that are set, or forgets them where they are kept. */
  turnKept(): void {
    const before = this.kept.length;
    this.kept = turned(this.kept, this.sought);
    writeKept(localStorage, this.kept);
    const w = S.event.kept;
    const more = this.kept.length - before;
    if (more === 0) this.#session.say(this.filtered ? w.full : w.nothing);
    else this.#session.say(more > 0 ? w.nowKept : w.forgotten);
  }

  /** Shows one event, whatever was shown before, with what came before it beneath. */
  async show(seq: number): Promise<void> {
    if (this.grouped) return this.peek(seq);
    this.text = '';
    this.filter = ANY;
    this.range = 'any';
    const turn = ++this.#turn;
    try {
      await this.#heard.during(this.#ask(seq + 1, PAGE), (page, heard) => {
        if (turn !== this.#turn) return;
        this.rows = { ...fromPage(page), cutAbove: true };
        this.phase = 'ready';
        this.error = null;
        this.select(seq);
        this.open = this.selectedRow !== null;
        this.wanted = seq;
        this.counts.afterRows();
        this.#hear(heard);
      });
    } catch (thrown) {
      this.#session.trouble = this.#session.sentence(thrown);
    }
  }

  /** Whose past can be looked at: of what is selected. */
  whoseSelected(): Whose | null {
    const row = this.selectedRow;
    if (row) return whoseOf(row);
    const item = this.grouped ? this.groups.items.find(({ key }) => key === this.groups.cursor) : undefined;
    return item ? whoseOf({ site: item.group.site, entity: item.group.entity, parent: null }) : null;
  }

  showPast(whose: Whose | null): void {
    if (whose === null) this.#session.say(S.history.none);
    else this.past.open(whose);
  }

  /** Opens one event in the drawer and leaves the list as it is. */
  async peek(seq: number): Promise<void> {
    try {
      await this.#heard.during(this.#session.backend.ask({ ask: 'event', seq }), ({ row }, heard) => {
        this.peeked = heard.findLast((one) => one.seq === seq) ?? row;
        this.selected = seq;
        this.open = true;
      });
    } catch (thrown) {
      this.#session.trouble = this.#session.sentence(thrown);
    }
  }

  /** Keeps all that fits as a table among the downloads, or breaks that off. */
  export(): Promise<void> {
    return this.exporting.press(this.asked());
  }

  type(text: string): void {
    this.text = text;
    if (!this.#searching) void this.#search();
  }

  /** Asks for what is typed, and once it has come for what has been typed meanwhile: as quick as the journal, and never behind. */
  async #search(): Promise<void> {
    this.#searching = true;
    while (this.text.trim() !== this.filter.text) await this.#narrow({ text: this.text.trim() });
    this.#searching = false;
  }

  clear(): void {
    this.text = '';
    this.range = 'any';
    this.setFilter(ANY);
  }

  select(seq: number | null): void {
    this.selected = seq;
    if (seq === null) this.open = false;
    if (this.peeked?.seq !== seq) this.peeked = null;
    this.relax();
  }

  step(by: number): number | null {
    this.select(neighbour(this.rows.shown, this.selected, by));
    return this.selected;
  }

  togglePause(): void {
    this.paused = !this.paused;
    this.relax();
  }

  /** What was held may come in, if nothing holds it any more. */
  relax(): void {
    if (this.grouped) this.#soon();
    else if (!this.hold && !this.rows.cutAbove) this.#show(release(this.rows));
    else this.rows = settle(this.rows, this.hovered ? this.pointer : null);
  }

  /** Shows what is new, whatever holds it. Answers once it stands there. */
  async toNow(): Promise<void> {
    this.select(null);
    this.paused = false;
    if (this.grouped || this.rows.cutAbove) await this.load();
    else this.#show(release(this.rows));
  }

  #told(news: readonly FeedRow[]): void {
    this.#heard.hear(news);
    this.#hear(news);
  }

  #hear(news: readonly FeedRow[]): void {
    if (this.phase !== 'ready' || news.length === 0) return;
    this.counts.afterNews();
    this.peeked = news.find((row) => row.seq === this.peeked?.seq) ?? this.peeked;
    if (this.grouped) {
      const filter = this.asked();
      this.groups.hear(news, (row) => matches(filter, row));
      this.#soon();
      return;
    }
    const known = new Set([...this.rows.shown, ...this.rows.held].map((row) => row.seq));
    if (this.filter.text !== '' && news.some((row) => !known.has(row.seq))) {
      // Only the journal can search payloads, so it is asked which of the new rows belong here.
      this.#show(
        hear(
          this.rows,
          news.filter((row) => known.has(row.seq)),
          this.#hearing(),
        ),
      );
      this.#listen();
      return;
    }
    this.#show(hear(this.rows, news, this.#hearing()));
  }

  /** However steadily rows come, what is found among them is shown soon, and never asked for twice at once. */
  #listen(): void {
    this.#unlistened = this.#listening;
    if (this.#listening) return;
    this.#listening = true;
    const look = async () => {
      this.#unlistened = false;
      await this.#refresh();
      this.#listening = false;
      if (this.#unlistened) this.#listen();
    };
    setTimeout(() => void look(), LISTEN);
  }

  /** New events change the order of groups and their counts, so they are asked for anew, not with each of them. */
  #soon(): void {
    if (this.hold || this.groups.all.fresh.size === 0 || this.#regrouping !== undefined) return;
    this.#regrouping = setTimeout(() => {
      this.#regrouping = undefined;
      if (!this.hold && this.grouped) void this.load();
    }, REGROUP);
  }

  async #refresh(): Promise<void> {
    if (this.grouped) return this.hold && this.phase === 'ready' ? undefined : this.load();
    if (this.phase !== 'ready') return this.load();
    const turn = this.#turn;
    try {
      await this.#heard.during(this.#ask(null, PAGE), (page, heard) => {
        if (turn !== this.#turn) return;
        this.#show(refreshed(this.rows, page, this.#hearing()));
        this.#hear(heard);
      });
    } catch (thrown) {
      this.#session.failed(thrown);
    }
  }

  #show(rows: FeedRows): void {
    if (rows.shown[0]?.seq !== this.rows.shown[0]?.seq && this.rows.shown.length > 0) {
      const before = new Set(this.rows.shown.map((row) => row.seq));
      const fresh = rows.shown.slice(0, 30).filter((row) => !before.has(row.seq));
      if (this.#calm && fresh.length <= SLIDING) {
        this.arrived = new Set(fresh.map((row) => row.seq));
        // A row that is scrolled away and back has not arrived a second time.
        setTimeout(() => (this.arrived = new Set()), SETTLED);
      }
      this.#calm = false;
      clearTimeout(this.#calming);
      this.#calming = setTimeout(() => (this.#calm = true), CALM);
    }
    this.rows = rows;
  }

  #hearing(): Hearing {
    const filter = this.asked();
    return {
      hold: this.hold,
      pointer: this.hovered ? this.pointer : null,
      matches: (row) => matches(filter, row),
    };
  }

  /** An answer stops where looking on would keep people waiting; one without rows goes on from there. */
  async #ask(before: number | null, limit: number): Promise<FeedPage> {
    const turn = this.#turn;
    const filter = this.asked();
    const ask = (from: number | null) => this.#session.backend.ask({ ask: 'feed', before: from, limit, filter });
    let page = await ask(before);
    for (let stops = 0; stops < STOPS && turn === this.#turn; stops += 1) {
      if (page.rows.length > 0 || !page.more || page.before == null) break;
      page = await ask(page.before);
    }
    return page;
  }

  async #fetch(work: () => Promise<FeedRows>): Promise<void> {
    const turn = this.#turn;
    this.fetching = true;
    try {
      await this.#heard.during(work(), (rows, heard) => {
        if (turn !== this.#turn) return;
        this.rows = rows;
        this.#hear(heard);
      });
    } catch (thrown) {
      this.#session.failed(thrown);
    } finally {
      if (turn === this.#turn) this.fetching = false;
    }
  }
}
