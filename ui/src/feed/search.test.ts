import { describe, expect, it, vi } from 'vitest';
import type { Listener } from '../api';
import type { Ask } from '../api/types/Ask';
import type { FeedPage } from '../api/types/FeedPage';
import type { FeedRow } from '../api/types/FeedRow';
import { Session } from '../frame/session.svelte';
import { Feed } from './feed.svelte';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} });
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });

/** A feed whose journal answers when it is told to. */
function stage() {
  const asked: string[] = [];
  const answers: ((page: FeedPage) => void)[] = [];
  const ask = (one: Ask) => {
    if (one.ask !== 'feed') return new Promise(() => {});
    asked.push(one.filter.text);
    return new Promise((answer) => answers.push(answer));
  };
  let tell: Listener | undefined;
  const listen = (listener: Listener) => {
    tell = listener;
    return () => {};
  };
  const session = new Session({ ask: ask as never, listen });
  const answer = async () => {
    answers.shift()?.({ rows: [], more: false });
    await new Promise((done) => setTimeout(done));
  };
  const hear = (seq: number) => tell?.news({ news: 'rows', rows: [{ seq } as FeedRow] });
  return { session, feed: new Feed(session), asked, answers, answer, hear };
}

describe('what is typed into the search', () => {
  it('is asked for at once, and while the journal looks, nothing else is', async () => {
    const { feed, asked, answer } = stage();
    for (const text of ['c', 'co', 'com', 'comp']) feed.type(text);
    expect(asked).toEqual(['c']);
    await answer();
    expect(asked).toEqual(['c', 'comp']);
    await answer();
    expect(asked).toEqual(['c', 'comp']);
  });

  it('shows the newest first, however far down somebody was', async () => {
    const { feed, answer } = stage();
    feed.atTop = false;
    feed.type('comp');
    expect(feed.atTop).toBe(false);
    await answer();
    expect([feed.atTop, feed.begun]).toEqual([true, 1]);
  });

  it('is asked for again after a pause', async () => {
    const { feed, asked, answer } = stage();
    feed.type('comp');
    await answer();
    feed.type('');
    expect(asked).toEqual(['comp', '']);
  });

  it('is looked for among what comes, however steadily it comes, and never twice at once', async () => {
    vi.useFakeTimers();
    const { session, feed, asked, answers, hear } = stage();
    const settled = () => vi.advanceTimersByTimeAsync(0);
    const answer = async () => {
      answers.shift()?.({ rows: [], more: false });
      await settled();
    };
    const stop = [session.start(), feed.start()];
    await answer();
    feed.type('comp');
    await answer();
    expect(asked).toEqual(['', 'comp']);
    const steadily = async (from: number) => {
      for (let seq = from; seq < from + 10; seq += 1) {
        hear(seq);
        await vi.advanceTimersByTimeAsync(100);
      }
    };
    await steadily(1);
    expect(asked.length).toBe(3);
    await steadily(11);
    expect(asked.length).toBe(3);
    await answer();
    await steadily(21);
    expect(asked.length).toBe(4);
    await answer();
    // What came while it looked is looked for too; after that there is nothing more to ask.
    await vi.advanceTimersByTimeAsync(1_000);
    await answer();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.length).toBe(5);
    for (const end of stop) end();
    vi.useRealTimers();
  });
});
