import type { Ask } from '../api/types/Ask';
import type { OutgoingSet } from '../api/types/OutgoingSet';
import type { OutgoingTest } from '../api/types/OutgoingTest';
import type { OutgoingView } from '../api/types/OutgoingView';

type OutgoingAsk = Extract<Ask, { ask: 'outgoing' | 'set_outgoing' | 'remove_outgoing' | 'test_outgoing' }>;

/** Who is told by outgoing webhooks, without an engine: one that is well, one that is away. */
export class PracticeOutgoing {
  #list: OutgoingView[];

  constructor(now: number) {
    this.#list = [
      this.#one('tools', 'https://tools.studio.example/callboard', ['would_set', 'confirmed']),
      {
        ...this.#one('chat', 'https://chat.studio.example/in', ['hook_failed', 'hook_deaf', 'failed']),
        waiting: 3,
        waiting_since: new Date(now - 40 * 60_000).toISOString(),
        trouble: 'chat.studio.example answers 503 Service Unavailable',
      },
    ];
  }

  answer(ask: OutgoingAsk): OutgoingView[] | OutgoingSet | OutgoingTest {
    switch (ask.ask) {
      case 'outgoing':
        return this.#list;
      case 'set_outgoing': {
        const { name, url, on, secret } = ask.outgoing;
        const known = this.#list.find((one) => one.name === name);
        this.#list = [
          ...this.#list.filter((one) => one !== known),
          { ...(known ?? this.#one(name, url, on)), url, on },
        ];
        const made = secret || known ? null : 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
        return { outgoing: this.#list, secret: made };
      }
      case 'remove_outgoing':
        this.#list = this.#list.filter((one) => one.name !== ask.name);
        return this.#list;
      case 'test_outgoing': {
        const trouble = this.#list.find((one) => one.name === ask.name)?.trouble ?? null;
        return { delivered: trouble === null, status: trouble === null ? 204 : 503, trouble };
      }
    }
  }

  #one(name: string, url: string, on: string[]): OutgoingView {
    return {
      name,
      url,
      on,
      secret_kept: "It is in the system's keychain",
      waiting: 0,
      waiting_since: null,
      trouble: null,
    };
  }
}
