import { describe, expect, it, vi } from 'vitest';
import type { Ask } from '../api/types/Ask';
import type { FeedPage } from '../api/types/FeedPage';
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
  const session = new Session({ ask: ask as never, listen: () => () => {} });
  const answer = async () => {
    answers.shift()?.({ rows: [], more: false });
    await new Promise((done) => setTimeout(done));
  };
  return { feed: new Feed(session), asked, answer };
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
});
