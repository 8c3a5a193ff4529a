import { AskError, isApiError, type Answers, type Backend, type Connection, type Listener } from './index';
import { EventStream } from './sse';
import { takeToken } from './token';
import type { Ask } from './types/Ask';
import type { News } from './types/News';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

export function httpBackend(): Backend {
  const { token, clean } = takeToken(new URL(location.href), sessionStorage);
  if (clean !== location.href) history.replaceState(null, '', clean);
  const authorization: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};

  return {
    async ask<A extends Ask>(ask: A) {
      let response: Response;
      try {
        response = await fetch('/api/ask', {
          method: 'POST',
          headers: { ...authorization, 'Content-Type': 'application/json' },
          body: JSON.stringify(ask),
        });
      } catch (thrown) {
        throw AskError.from(thrown);
      }
      const body: unknown = await response.json().catch(() => null);
      if (response.ok) return body as Answers[A['ask']];
      if (response.status === 401) throw new AskError('unauthorized', '');
      if (isApiError(body)) throw AskError.from(body);
      throw new AskError('unreachable', `${response.status} ${response.statusText}`);
    },

    listen(listener: Listener) {
      const stop = new AbortController();
      void hear(listener, authorization, stop.signal);
      return () => stop.abort();
    },
  };
}

async function hear(listener: Listener, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT;
  const say = (state: Connection) => {
    if (!signal.aborted) listener.connection(state);
  };
  while (!signal.aborted) {
    try {
      const response = await fetch('/api/news', { headers: { ...headers, Accept: 'text/event-stream' }, signal });
      if (response.status === 401) return say('unauthorized');
      if (response.ok && response.body) {
        wait = FIRST_WAIT;
        say('live');
        await read(response.body, listener);
      }
    } catch {
      // A broken line is the ordinary way for this to end; the state below says so.
    }
    say('reconnecting');
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function read(body: ReadableStream<Uint8Array>, listener: Listener): Promise<void> {
  const stream = new EventStream();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const data of stream.push(decoder.decode(value, { stream: true }))) listener.news(JSON.parse(data) as News);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
