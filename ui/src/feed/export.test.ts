import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError } from '../api';
import type { Ask } from '../api/types/Ask';
import type { FeedPage } from '../api/types/FeedPage';
import type { FeedRow } from '../api/types/FeedRow';
import { Session } from '../frame/session.svelte';
import { Export } from './export.svelte';
import { ANY } from './filter';

vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));

const FILTER = { ...ANY, text: 'comp' };

const row = (seq: number): FeedRow => ({
  seq,
  site: 'studio',
  road: 'hook',
  hook: 'versions',
  event_log_entry_id: seq,
  event_type: 'Shotgun_Version_Change',
  operation: 'update',
  entity: { type: 'Version', id: seq, name: `comp_v${seq}` },
  parent: null,
  field: 'sg_status_list',
  is_status: true,
  old: 'rev',
  new: 'apv',
  hook_word: null,
  note: null,
  by_hand: null,
  actor: null,
  project: null,
  occurred_at: '2026-11-20T14:00:00.000Z',
  received_at: '2026-11-20T14:00:00.200Z',
  outcome: 'nothing',
  why: null,
  seen_again: 0,
  cascade: null,
});

type Reply = (ask: Extract<Ask, { ask: 'feed' }>) => FeedPage | Promise<FeedPage>;

/** A journal of so many rows that fit; `reply` answers in its place. */
function stage(rows: number, { full, reply }: { full?: number; reply?: Reply } = {}) {
  const asked: (number | null)[] = [];
  const kept: { name: string; text: string }[] = [];
  const page: Reply = ({ before, limit }) => {
    const newest = Math.min(rows, (before ?? rows + 1) - 1);
    const some = Array.from({ length: Math.min(limit, newest) }, (_, i) => row(newest - i));
    const last = newest - some.length;
    return last > 0 ? { rows: some, more: true, before: last + 1 } : { rows: some, more: false };
  };
  const ask = async (one: Ask) => {
    if (one.ask === 'feed_counts') return { total: rows, capped: false };
    if (one.ask !== 'feed') throw new Error(one.ask);
    expect(one.filter).toEqual(FILTER);
    expect(one.limit).toBeLessThanOrEqual(500);
    asked.push(one.before);
    return (reply ?? page)(one);
  };
  const session = new Session({ ask: ask as never, listen: () => () => {} });
  const keep = async (name: string, file: Blob) => {
    // As it is written: `text()` leaves out the mark at the beginning.
    kept.push({ name, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(await file.arrayBuffer()) });
    return `/home/mara/Downloads/${name}`;
  };
  return { session, exporting: new Export(session, keep, full), asked, kept, page };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((turn) => setImmediate(turn));
}

/** The numbers of the events in a table, and whether it begins as one. */
function numbersIn(text: string | undefined): number[] {
  const [head, ...lines] = (text ?? '').trimEnd().split('\r\n');
  expect(head).toMatch(/^\uFEFFEvent,Time,/);
  return lines.map((line) => Number(line.split(',')[0]));
}

const down = (from: number, to = 1) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

describe('an export', () => {
  it('has every row that fits, not only those that were read, in the order of the feed', async () => {
    const { session, exporting, asked, kept } = stage(3_000);
    await exporting.press(FILTER);
    expect(asked).toEqual([null, 2_501, 2_001, 1_501, 1_001, 501]);
    expect(kept.map(({ name }) => name)).toEqual([expect.stringMatching(/^callboard-feed-[\d-]+\.csv$/)]);
    expect(numbersIn(kept[0]?.text)).toEqual(down(3_000));
    expect(session.said).toContain('3,000 rows are kept in /home/mara/Downloads/callboard-feed-');
  });

  it('goes on from an answer without rows, and has none twice', async () => {
    const pages: FeedPage[] = [
      { rows: [row(9), row(8)], more: true, before: 8 },
      { rows: [], more: true, before: 4 },
      { rows: [row(2)], more: false },
    ];
    const { exporting, asked, kept } = stage(9, { reply: () => pages.shift()! });
    await exporting.press(FILTER);
    expect(asked).toEqual([null, 8, 4]);
    expect(numbersIn(kept[0]?.text)).toEqual([9, 8, 2]);
  });

  it('becomes several tables before one is too large to be kept', async () => {
    const { session, exporting, kept } = stage(1_200, { full: 60_000 });
    await exporting.press(FILTER);
    expect(kept.map(({ name }) => name.replace(/.*\d\d-\d\d/, ''))).toEqual(['.csv', '-part-2.csv', '-part-3.csv']);
    expect(kept.flatMap(({ text }) => numbersIn(text))).toEqual(down(1_200));
    expect(session.said).toMatch(/1,200 rows are kept in .*, .* and .*part-3\.csv\./);
  });

  it('keeps nothing of nothing', async () => {
    const { session, exporting, kept } = stage(0);
    await exporting.press(FILTER);
    expect(kept).toEqual([]);
    expect(session.said).toContain('no rows');
  });

  it('says what it could not do, and keeps no half of it', async () => {
    const { session, exporting, kept, page } = stage(3_000, {
      reply: (one) => {
        if (one.before !== null) throw new AskError('journal', 'The disk is full');
        return page(one);
      },
    });
    await exporting.press(FILTER);
    expect(kept).toEqual([]);
    expect(session.trouble).toBe('The rows could not be kept: The disk is full.');
  });
});

describe('an export that takes a while', () => {
  function slow() {
    const waiting: (() => void)[] = [];
    const all = stage(3_000, {
      reply: (one) => new Promise((answer) => waiting.push(() => answer(all.page(one)))),
    });
    const next = async () => {
      await until(() => waiting.length > 0);
      waiting.shift()!();
    };
    return { ...all, next };
  }

  it('says how far it is after a second, and not before', async () => {
    const { exporting, asked, kept, next } = slow();
    const done = exporting.press(FILTER);
    await next();
    await until(() => asked.length === 2);
    await vi.advanceTimersByTimeAsync(999);
    expect(exporting.words).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    expect(exporting.words).toBe('500 of 3,000 rows');
    await next();
    await until(() => exporting.words === '1,000 of 3,000 rows');
    for (let page = 3; page <= 6; page += 1) await next();
    await done;
    expect(exporting.words).toBeNull();
    expect(numbersIn(kept[0]?.text)).toHaveLength(3_000);
  });

  it('is broken off by a second press, and keeps nothing', async () => {
    const { session, exporting, asked, kept, next } = slow();
    const done = exporting.press(FILTER);
    await vi.advanceTimersByTimeAsync(1_000);
    await exporting.press(FILTER);
    expect(exporting.words).toBeNull();
    await next();
    await done;
    expect([asked.length, kept.length]).toEqual([1, 0]);
    expect(session.said).toContain('broken off');
  });

  it('is not broken off, nor begun twice, by a key that is pressed twice', async () => {
    const { exporting, asked, kept, next } = slow();
    const done = exporting.press(FILTER);
    await exporting.press(FILTER);
    for (let page = 1; page <= 6; page += 1) await next();
    await done;
    expect([asked.length, kept.length]).toEqual([6, 1]);
  });
});
