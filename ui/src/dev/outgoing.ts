import { AskError, type Answers } from '../api';
import type { Ask } from '../api/types/Ask';
import type { OutgoingView } from '../api/types/OutgoingView';

type OutgoingAsk = Extract<Ask, { ask: 'outgoing' | 'set_outgoing' | 'remove_outgoing' | 'test_outgoing' }>;

const KEPT = 'It is kept in this computer’s keychain';
const NO_ANSWER =
  'It answered 503 (Service Unavailable) four times. Check that it runs; the next try is at 14:52, and each later one waits longer';
const SECRET = 'whsec_bm90IGEgcmVhbCBzZWNyZXQsIG9ubHkgZm9yIHRoZSBsb29r';

/** Who is told in the made-up engine. `outgoing=`: `none`, `broken`; else two, one of whom does not answer. */
export class PracticeOutgoing {
  #list: OutgoingView[];
  #broken: boolean;

  constructor(scene: string, address: URLSearchParams, now: number) {
    const how = address.get('outgoing');
    this.#broken = how === 'broken';
    this.#list = how === 'none' ? [] : made(now, scene === 'long');
  }

  answer(ask: OutgoingAsk): Answers[OutgoingAsk['ask']] {
    switch (ask.ask) {
      case 'outgoing':
        if (this.#broken) throw new AskError('journal', 'The journal could not be read: disk I/O error (callboard.db)');
        return this.#list;
      case 'set_outgoing': {
        const { name, url, on, secret } = ask.outgoing;
        const known = this.#list.find((one) => one.name === name);
        const one = { ...(known ?? QUIET), name, url, on };
        this.#list = known ? this.#list.map((old) => (old === known ? one : old)) : [...this.#list, one];
        const kept = known && new URL(known.url).origin === new URL(url).origin;
        return { outgoing: this.#list, secret: secret === undefined && !kept ? SECRET : null };
      }
      case 'remove_outgoing':
        this.#list = this.#list.filter(({ name }) => name !== ask.name);
        return this.#list;
      case 'test_outgoing': {
        const trouble = this.#list.find(({ name }) => name === ask.name)?.trouble ?? null;
        return trouble === null
          ? { delivered: true, status: 204, trouble }
          : { delivered: false, status: 503, trouble: 'It answered 503 (Service Unavailable). Check that it runs' };
      }
    }
  }
}

const QUIET: OutgoingView = {
  name: '',
  url: '',
  on: [],
  secret_kept: KEPT,
  waiting: 0,
  waiting_since: null,
  trouble: null,
};

function made(now: number, long: boolean): OutgoingView[] {
  return [
    {
      ...QUIET,
      name: 'retouch-tools',
      url: 'https://tools.studio.example/callboard',
      on: ['would_set', 'confirmed'],
    },
    {
      ...QUIET,
      name: long ? 'the-chat-of-everybody-who-works-on-the-night-shift-in-vancouver' : 'night-shift-chat',
      url: long
        ? 'https://relay.vancouver.studio.example/hooks/incoming/callboard/night-shift/4f0e7a52-8d2e-11f0-9d6a-0242ac110002?room=everybody'
        : 'https://relay.studio.example/hooks/night-shift',
      on: long ? [] : ['failed', 'hook_failed', 'hook_deaf', 'approvals'],
      waiting: long ? 1_204 : 3,
      waiting_since: new Date(now - 42 * 60_000).toISOString(),
      trouble: NO_ANSWER,
    },
  ];
}
