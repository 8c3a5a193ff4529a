import { describe, expect, it } from 'vitest';
import type { FeedCounts } from '../api/types/FeedCounts';
import { siftingCommands, type Sifted } from './commands';
import { ANY } from './filter';

const COUNTS: FeedCounts = {
  total: 12,
  capped: false,
  entity_types: [{ value: 'Task', count: 12 }],
  projects: [],
  outcomes: [],
  people: [{ value: 'Mara', count: 12 }],
  sites: [],
};

function sifted(change: Partial<Sifted> = {}) {
  const done: unknown[] = [];
  const note = (what: unknown) => void done.push(what);
  const feed: Sifted = {
    filter: ANY,
    range: 'any',
    kept: [],
    filtered: false,
    grouped: false,
    counts: { known: COUNTS } as Sifted['counts'],
    siteNames: ['studio'],
    entityTypes: ['Task', 'Shot'],
    projects: [],
    setFilter: note,
    setRange: note,
    apply: note,
    clear: () => note('clear'),
    turnGrouped: () => note('group'),
    showPast: null,
    chooseTime: () => note('time'),
    ...change,
  };
  return {
    done,
    commands: siftingCommands(feed),
    named: (id: string) => siftingCommands(feed).find((c) => c.id === id),
  };
}

describe('commands of the feed', () => {
  it('ask for one person of those who were counted', () => {
    const { named, done } = sifted();
    const step = named('only people')!.into!();
    expect(step.commands.map(({ title, detail }) => [title, detail])).toEqual([['Mara', '12 events']]);
    step.commands[0]!.run!();
    expect(done).toEqual([{ people: ['Mara'] }]);
  });

  it('ask for a site only where there are several', () => {
    expect(sifted().named('only sites')).toBeUndefined();
    expect(sifted({ siteNames: ['a', 'b'] }).named('only sites')).toBeDefined();
  });

  it('set a time, say which is set, and let days be chosen', () => {
    const { named, done } = sifted({ range: 'today' });
    expect(named('time today')!.detail).toBe('set now');
    named('time week')!.run!();
    named('time own')!.run!();
    expect(done).toEqual(['week', 'time']);
  });

  it('show a past only where something is chosen that has one', () => {
    expect(sifted().named('history')!.shut).toBeDefined();
    expect(sifted({ showPast: () => {} }).named('history')!.shut).toBeUndefined();
  });

  it('apply what is kept, and drop filters only where some are set', () => {
    const kept = { ...ANY, people: ['Mara'], range: 'today' as const };
    const { commands, done } = sifted({ kept: [kept] });
    const one = commands.find(({ title }) => title === 'Kept filters: Mara · Today');
    one!.run!();
    expect(done).toEqual([kept]);
    expect(sifted().named('drop filters')).toBeUndefined();
    expect(sifted({ filtered: true }).named('drop filters')).toBeDefined();
  });
});
