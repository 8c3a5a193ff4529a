import { getContext, setContext } from 'svelte';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';

/** What the practice production's site is called. */
export const PRACTICE = 'practice';

/** Milliseconds after which the next thing is said while it starts. */
const NEXT = [1_200, 6_000] as const;

/** A production in which nothing is real: started and ended with a press. */
export class Practice {
  state = $state<'none' | 'starting' | 'ending'>('none');
  /** How far a start is, as a place in what is said of it. */
  said = $state(0);
  /** Why it was not started, as a sentence. */
  wrong = $state<string | null>(null);

  #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether one can be started. */
  get isOffered(): boolean {
    return this.#session.overview?.can_practice === true;
  }

  /** Whether it can be ended from here: it is a site like any other, by its name. */
  get canEnd(): boolean {
    return this.#session.overview?.sites.some(({ name }) => name === PRACTICE) === true;
  }

  async start(): Promise<void> {
    if (this.state !== 'none') return;
    this.state = 'starting';
    this.said = 0;
    this.wrong = null;
    const saying = NEXT.map((ms, i) => setTimeout(() => (this.said = i + 1), ms));
    try {
      this.#session.overview = await this.#session.backend.ask({ ask: 'start_practice' });
      this.#session.trouble = null;
      this.#session.connecting = false;
      this.#session.go('feed');
      this.#session.say(S.sites.practice.started);
    } catch (thrown) {
      this.wrong = S.sites.practice.notStarted(this.#session.sentence(thrown));
    } finally {
      saying.forEach(clearTimeout);
      this.state = 'none';
    }
  }

  async end(): Promise<void> {
    if (this.state !== 'none') return;
    this.state = 'ending';
    try {
      this.#session.overview = await this.#session.backend.ask({ ask: 'remove_site', site: PRACTICE });
      this.#session.trouble = null;
      this.#session.say(S.sites.practice.ended);
    } catch (thrown) {
      this.#session.trouble = S.sites.practice.notEnded(this.#session.sentence(thrown));
    } finally {
      this.state = 'none';
    }
  }
}

const KEY = Symbol('practice');

export function providePractice(practice: Practice): Practice {
  return setContext(KEY, practice);
}

export function usePractice(): Practice {
  return getContext<Practice>(KEY);
}
