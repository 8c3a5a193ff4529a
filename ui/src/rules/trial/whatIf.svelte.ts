import type { RuleSet } from '../../api/types/RuleSet';
import type { WhatIfProgress } from '../../api/types/WhatIfProgress';
import type { WhatIfSummary } from '../../api/types/WhatIfSummary';
import { asSentence } from '../../frame/format';
import { S } from '../../strings';
import type { Session } from '../../frame/session.svelte';
import type { Desk } from '../desk.svelte';
import { between, Differences, type Span } from './differences';

/** A run tells how it is many times a second. After a gap in the news, this long a silence means that its end was missed. */
const SILENCE = 4_000;

/** A what-if run: begun, heard, ended. Lives as long as the desk, so that one may look elsewhere meanwhile. */
export class WhatIf {
  span = $state.raw<Span>({ kind: 'days', days: 7 });
  phase = $state<'idle' | 'running' | 'done' | 'cancelled' | 'failed'>('idle');
  events = $state(0);
  of = $state(0);
  /** Grows in place; `grown` says when. */
  found = new Differences();
  grown = $state(0);
  summary = $state.raw<WhatIfSummary | null>(null);
  trouble = $state<string | null>(null);
  /** Some news of the run were lost on the way, so the list has holes; the summary counts everything. */
  holes = $state(false);
  /** The rules that were tried. */
  tried = $state.raw<RuleSet | null>(null);
  #before: ReadonlySet<string> = new Set();
  #session: Session;
  #turn = 0;
  #run: number | null = null;
  #early: WhatIfProgress[] = [];
  #silence: (() => void) | undefined;
  #gap: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async run(document: RuleSet): Promise<void> {
    const span = between(this.span, new Date());
    if (!span) return;
    this.#leave();
    const turn = (this.#turn += 1);
    this.tried = document;
    this.phase = 'running';
    this.#before = this.found.causes;
    this.found = new Differences();
    this.summary = null;
    this.trouble = null;
    this.holes = false;
    this.events = this.of = 0;
    this.grown += 1;
    this.#silence = this.#session.read({
      rows: () => {},
      refresh: () => this.#missed(),
      whatIf: (progress) => this.#hear(progress),
    });
    try {
      const run = await this.#session.backend.ask({ ask: 'what_if', which: { document }, ...span });
      if (turn !== this.#turn) return void this.#end(run);
      this.#run = run;
      // News may be faster than the answer.
      for (const progress of this.#early.splice(0)) this.#hear(progress);
    } catch (thrown) {
      if (turn === this.#turn) this.#fail(this.#session.sentence(thrown));
    }
  }

  /**
   * What causes the differences, sorted. While a run goes on, what did so in the run before stays among them: the picture would go dark
   * and light up again, for which WebKit keeps memory each time.
   */
  causes(): readonly string[] {
    void this.grown;
    const before = this.phase === 'running' ? this.#before : [];
    return [...new Set([...before, ...this.found.causes])].sort();
  }

  cancel(): void {
    if (this.phase !== 'running') return;
    this.phase = 'cancelled';
    this.#turn += 1;
    this.#leave();
  }

  #hear(progress: WhatIfProgress): void {
    if (this.#run === null) {
      this.#early.push(progress);
      return;
    }
    if (progress.run !== this.#run) return;
    clearTimeout(this.#gap);
    this.events = progress.events;
    this.of = progress.of;
    if (progress.differences.length > 0) {
      this.found.add(progress.differences);
      this.grown += 1;
    }
    if (progress.summary === null && progress.error === null) {
      if (this.holes) this.#waitAgain();
      return;
    }
    this.#run = null;
    this.#leave();
    if (progress.summary) {
      this.summary = progress.summary;
      this.phase = 'done';
    } else this.#fail(progress.error);
  }

  #missed(): void {
    this.holes = true;
    this.#waitAgain();
  }

  #waitAgain(): void {
    clearTimeout(this.#gap);
    this.#gap = setTimeout(() => this.#fail(S.trial.whatIf.lost), SILENCE);
  }

  #fail(why: string | null): void {
    this.phase = 'failed';
    this.trouble = why === null ? null : asSentence(why);
    this.#leave();
  }

  /** Hears no more of the run, and ends it where it goes on. */
  #leave(): void {
    clearTimeout(this.#gap);
    this.#silence?.();
    this.#silence = undefined;
    this.#early = [];
    if (this.#run !== null) this.#end(this.#run);
    this.#run = null;
  }

  #end(run: number): void {
    // A run that cannot be told to end ends by itself, and nobody listens.
    this.#session.backend.ask({ ask: 'end_what_if', run }).catch(() => {});
  }
}

const runs = new WeakMap<Desk, WhatIf>();

/** The what-if of a desk: one for as long as it stands. */
export function whatIfOf(desk: Desk): WhatIf {
  let one = runs.get(desk);
  if (!one) runs.set(desk, (one = new WhatIf(desk.session)));
  return one;
}
