import { describe, expect, it, vi } from 'vitest';
import type { Ask } from '../api/types/Ask';
import type { FeedRow } from '../api/types/FeedRow';
import { rowAt } from '../dev/rows';
import { Session } from '../frame/session.svelte';
import { Feed } from './feed.svelte';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} });
vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });

const scene = { long: false, now: Date.UTC(2026, 10, 20, 14), newest: 20_000, pace: 1_000 };
const row = (seq: number, change: Partial<FeedRow> = {}): FeedRow => ({ ...rowAt(seq, scene), ...change });

/** A feed that hears what it is told, and whose journal answers when it is told to. */
function stage() {
  const answers: ((answer: unknown) => void)[] = [];
  let tell: (rows: readonly FeedRow[]) => void = () => {};
  const ask = (one: Ask) =>
    new Promise((answer) => (one.ask === 'feed' || one.ask === 'event' ? answers.push(answer) : undefined));
  const session = new Session({ ask: ask as never, listen: () => () => {} });
  session.read = (reader) => {
    tell = reader.rows;
    return () => {};
  };
  const feed = new Feed(session);
  const answer = async (it: unknown) => {
    answers.shift()?.(it);
    await new Promise((done) => setTimeout(done));
  };
  const page = (...rows: FeedRow[]) => answer({ rows, more: false });
  return { feed, answer, page, tell: (...rows: FeedRow[]) => tell(rows), stop: feed.start() };
}

const seqs = (feed: Feed) => feed.rows.shown.map(({ seq }) => seq);

describe('what is heard while the journal is asked', () => {
  it('stands above an answer that was read before it', async () => {
    const { feed, page, tell, stop } = stage();
    tell(row(6));
    await page(row(5), row(4));
    expect(seqs(feed)).toEqual([6, 5, 4]);
    void feed.load();
    tell(row(7));
    await page(row(6), row(5), row(4));
    expect(seqs(feed)).toEqual([7, 6, 5, 4]);
    stop();
  });

  it('is not covered up by how a row stood before', async () => {
    const { feed, page, tell, stop } = stage();
    await page(row(5, { outcome: 'waiting' }));
    void feed.load();
    tell(row(5, { outcome: 'changed' }));
    await page(row(5, { outcome: 'waiting' }));
    expect(feed.rows.shown[0]?.outcome).toBe('changed');
    stop();
  });

  it('counts for a row that is opened from elsewhere', async () => {
    const { feed, answer, page, tell, stop } = stage();
    await page();
    void feed.peek(5);
    tell(row(5, { outcome: 'changed' }));
    await answer({ row: row(5, { outcome: 'waiting' }) });
    expect(feed.selectedRow?.outcome).toBe('changed');
    stop();
  });

  it('is left to the answer that comes last, where another filter was set meanwhile', async () => {
    const { feed, page, tell, stop } = stage();
    await page(row(5));
    feed.setFilter({ entity_types: ['Shot'] });
    tell(row(6, { entity: { type: 'Version', id: 1, name: 'v001' } }));
    await page();
    expect(seqs(feed)).toEqual([]);
    stop();
  });
});
