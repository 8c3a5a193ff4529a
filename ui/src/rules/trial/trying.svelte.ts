import type { ActorKind } from '../../api/types/ActorKind';
import type { FeedRow } from '../../api/types/FeedRow';
import type { Moment } from '../../api/types/Moment';
import type { Outcome } from '../../api/types/Outcome';
import type { RuleSet } from '../../api/types/RuleSet';
import type { Trial } from '../../api/types/Trial';
import type { TriedEvent } from '../../api/types/TriedEvent';
import { ANY } from '../../feed/filter';
import type { Session } from '../../frame/session.svelte';
import type { Desk } from '../desk.svelte';
import type { Seen } from './seen';
import type { Begun } from './way';

/** What happens in a made-up event. `field`: a field that is not the status. */
export type Happening = 'status' | 'created' | 'note_added' | 'field' | 'deleted' | 'revived';

export const HAPPENINGS: readonly Happening[] = ['status', 'created', 'note_added', 'field', 'deleted', 'revived'];

export interface MadeUp {
  whose: Seen | null;
  happening: Happening;
  field: string;
  /** The status that it comes to; none: no status. Undefined: not said yet. */
  to: string | null | undefined;
  value: string;
  text: string;
  by: ActorKind;
}

/** Events that may be tried: an echo is our own doing, and what was not understood says nothing. */
const OUTCOMES: Outcome[] = ['changed', 'skipped', 'failed', 'waiting', 'nothing'];
const PAGE = 40;
const TYPING = 150;
/** Long enough that a word typed into a rule is one try. */
const REST = 120;

/** Which event is tried and how it fares. Lives as long as the desk, so that one may edit a rule and come back to it. */
export class Trying {
  mode = $state<'recorded' | 'made_up'>('recorded');
  row = $state.raw<FeedRow | null>(null);
  /** Whether another event is being chosen, with one chosen already. */
  choosing = $state(true);
  made = $state.raw<MadeUp>({
    whose: null,
    happening: 'status',
    field: '',
    to: undefined,
    value: '',
    text: '',
    by: 'person',
  });
  trial = $state.raw<Trial | null>(null);
  /** What the trial that stands was of. */
  begun = $state.raw<Begun>({ moment: 'updated', field: null, parent: null });
  trouble = $state<string | null>(null);
  busy = $state(false);
  #session: Session;
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What is to be tried; none: not enough is said yet. No $derived, which would end with the panel that first read it. */
  get event(): TriedEvent | null {
    if (this.mode === 'made_up') return madeUp(this.made);
    return this.row && { recorded: { seq: this.row.seq } };
  }

  turn(mode: Trying['mode']): void {
    this.mode = mode;
    this.trouble = null;
  }

  make(change: Partial<MadeUp>): void {
    this.trouble = null;
    this.made = { ...this.made, ...change };
  }

  choose(row: FeedRow): void {
    this.turn('recorded');
    this.row = row;
    this.choosing = false;
  }

  /** An event by its number, from wherever it was seen. */
  async chooseSeq(seq: number): Promise<void> {
    if (this.row?.seq === seq) return this.choose(this.row);
    try {
      this.choose((await this.#session.backend.ask({ ask: 'event', seq })).row);
    } catch (thrown) {
      this.mode = 'recorded';
      this.row = null;
      this.trouble = this.#session.sentence(thrown);
    }
  }

  /** Tries the event when nothing has changed for a moment. */
  soon(document: RuleSet | null): void {
    clearTimeout(this.#timer);
    const turn = (this.#turn += 1);
    const event = this.event;
    if (!document || !event) {
      this.trial = null;
      this.busy = false;
      return;
    }
    this.busy = true;
    const begun = begunBy(this.mode, this.row, this.made);
    this.#timer = setTimeout(() => void this.#try(document, event, begun, turn), REST);
  }

  async #try(document: RuleSet, event: TriedEvent, begun: Begun, turn: number): Promise<void> {
    try {
      const trial = await this.#session.backend.ask({ ask: 'try', which: { document }, event });
      if (turn !== this.#turn) return;
      this.begun = begun;
      this.trial = trial;
      this.trouble = null;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.trial = null;
      this.trouble = this.#session.sentence(thrown);
    }
    this.busy = false;
  }
}

function madeUp({ whose, happening, field, to, value, text, by }: MadeUp): TriedEvent | null {
  if (!whose) return null;
  const entity = { type: whose.entity.type, id: whose.entity.id };
  const about = { site: whose.site, entity, by };
  switch (happening) {
    case 'status':
      return to === undefined ? null : { made_up: { ...about, moment: 'updated', to } };
    case 'field':
      return field.trim() === ''
        ? null
        : { made_up: { ...about, moment: 'updated', field: field.trim(), to: value.trim() || null } };
    case 'note_added':
      return { made_up: { ...about, moment: 'note_added', to: null, text } };
    case 'created':
      return { made_up: { ...about, moment: 'created', to: to ?? null } };
    default:
      return { made_up: { ...about, moment: happening, to: null } };
  }
}

function begunBy(mode: Trying['mode'], row: FeedRow | null, made: MadeUp): Begun {
  if (mode === 'recorded') {
    const moment = (row && MOMENTS[row.operation]) ?? 'updated';
    const field = row && moment === 'updated' && !row.is_status ? row.field : null;
    return { moment, field, parent: beside(row?.parent?.name, row?.entity?.name) };
  }
  const parent = beside(made.whose?.parent, made.whose?.entity.name);
  if (made.happening === 'status') return { moment: 'updated', field: null, parent };
  if (made.happening === 'field') return { moment: 'updated', field: made.field.trim(), parent };
  return { moment: made.happening, field: null, parent };
}

const MOMENTS: Partial<Record<FeedRow['operation'], Moment>> = {
  create: 'created',
  delete: 'deleted',
  revive: 'revived',
  note: 'note_added',
  custom: 'custom',
};

/** A parent's name, where the child's own does not begin with it. */
function beside(parent: string | null | undefined, name: string | null | undefined): string | null {
  return parent && !name?.startsWith(parent) ? parent : null;
}

/** Recent events in which some text occurs, read page by page. */
export class Recent {
  rows = $state.raw<readonly FeedRow[]>([]);
  text = $state('');
  more = $state(false);
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  trouble = $state<string | null>(null);
  /** Events that came in since. */
  fresh = $state(false);
  #session: Session;
  #turn = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  start(): () => void {
    void this.load();
    const silence = this.#session.read({
      rows: (rows) => {
        const newest = this.rows[0]?.seq ?? 0;
        if (this.text === '' && rows.some((row) => row.seq > newest && isTriable(row))) this.fresh = true;
      },
      refresh: () => (this.fresh = true),
    });
    return () => {
      silence();
      clearTimeout(this.#typing);
      this.#turn += 1;
    };
  }

  type(text: string): void {
    this.text = text;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.load(), TYPING);
  }

  async load(): Promise<void> {
    await this.#read(null);
  }

  async older(): Promise<void> {
    const last = this.rows.at(-1);
    if (last && this.more) await this.#read(last.seq);
  }

  async #read(before: number | null): Promise<void> {
    const turn = (this.#turn += 1);
    const filter = { ...ANY, outcomes: OUTCOMES, text: this.text.trim() };
    try {
      const page = await this.#session.backend.ask({ ask: 'feed', before, limit: PAGE, filter });
      if (turn !== this.#turn) return;
      const rows = page.rows.filter(isTriable);
      this.rows = before === null ? rows : [...this.rows, ...rows];
      this.more = page.more;
      this.phase = 'ready';
      if (before === null) this.fresh = false;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.phase = 'broken';
      this.trouble = this.#session.sentence(thrown);
    }
  }
}

function isTriable(row: FeedRow): boolean {
  return row.operation !== 'test' && row.operation !== 'hook_status' && row.operation !== 'not_understood';
}

const tryings = new WeakMap<Desk, Trying>();

/** The trying of a desk: one for as long as it stands. */
export function tryingOf(desk: Desk): Trying {
  let trying = tryings.get(desk);
  if (!trying) tryings.set(desk, (trying = new Trying(desk.session)));
  return trying;
}
