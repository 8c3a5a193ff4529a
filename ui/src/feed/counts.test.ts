import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedCounts } from '../api/types/FeedCounts';
import type { Session } from '../frame/session.svelte';
import { Counts } from './counts.svelte';
import { ANY } from './filter';

function counted(total: number): FeedCounts {
  return { total, capped: false, entity_types: [], projects: [], outcomes: [], people: [], sites: [] };
}

/** Each ask is answered when the test says so. */
function counting() {
  const asks: ((answer: FeedCounts) => void)[] = [];
  const backend = { ask: () => new Promise((answer) => asks.push(answer)) };
  const counts = new Counts({ backend } as unknown as Session, () => ANY);
  return { counts, asks };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the counts', () => {
  it('are not asked for while keys bring rows, and once when they rest', async () => {
    const { counts, asks } = counting();
    for (let key = 0; key < 20; key += 1) {
      counts.afterRows();
      await vi.advanceTimersByTimeAsync(150);
    }
    expect(asks).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asks).toHaveLength(1);
  });

  it('are asked for every few seconds while events go on arriving', async () => {
    const { counts, asks } = counting();
    for (let message = 0; message < 100; message += 1) {
      counts.afterNews();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asks).toHaveLength(2);
  });

  it('of a filter that has changed since are not shown', async () => {
    const { counts, asks } = counting();
    counts.afterRows();
    await vi.advanceTimersByTimeAsync(1_000);
    counts.afterRows();
    asks[0]!(counted(7));
    await vi.advanceTimersByTimeAsync(0);
    expect(counts.known).toBeNull();
    await vi.advanceTimersByTimeAsync(1_000);
    asks[1]!(counted(3));
    await vi.advanceTimersByTimeAsync(0);
    expect(counts.known?.total).toBe(3);
  });
});
