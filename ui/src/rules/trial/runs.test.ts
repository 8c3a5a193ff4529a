import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ask } from '../../api/types/Ask';
import type { Difference } from '../../api/types/Difference';
import type { RuleSet } from '../../api/types/RuleSet';
import type { WhatIfProgress } from '../../api/types/WhatIfProgress';
import { OVERHAUL } from '../../dev/overhaul';
import type { Session } from '../../frame/session.svelte';
import { Trying } from './trying.svelte';
import { WhatIf } from './whatIf.svelte';

interface Reader {
  refresh(): void;
  whatIf?(progress: WhatIfProgress): void;
}

/** A session whose answers are given by hand. */
function stage() {
  const asked: { ask: Ask; answer: (value: unknown) => Promise<void>; fail: (why: string) => Promise<void> }[] = [];
  const readers = new Set<Reader>();
  const settled = async () => {
    for (let i = 0; i < 5; i += 1) await Promise.resolve();
  };
  const session = {
    backend: {
      ask: (ask: Ask) =>
        new Promise((resolve, reject) =>
          asked.push({
            ask,
            answer: (value) => (resolve(value), settled()),
            fail: (why) => (reject(new Error(why)), settled()),
          }),
        ),
    },
    read: (reader: Reader) => (readers.add(reader), () => readers.delete(reader)),
    sentence: (thrown: unknown) => (thrown as Error).message,
  };
  const hear = (progress: Partial<WhatIfProgress>) =>
    readers.forEach((reader) =>
      reader.whatIf?.({ run: 1, events: 0, of: 10, differences: [], summary: null, error: null, ...progress }),
    );
  return { asked, readers, hear, session: session as unknown as Session };
}

const one = { seq: 1, entity: { type: 'Task', id: 1, name: null }, group: null, live: null, draft: null } as Difference;
const summary = {
  events: 10,
  would_change: 1,
  same: 0,
  differ: 1,
  people_agree: 0,
  people_disagree: 0,
  taken_back: 0,
  done_by_hand: 0,
  unknown: 0,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a what-if run', () => {
  it('takes the news that came before its number, and those of no other run', async () => {
    const { asked, hear, session, readers } = stage();
    const run = new WhatIf(session);
    void run.run(OVERHAUL);
    hear({ events: 4, differences: [one] });
    hear({ run: 7, events: 9, differences: [one, one] });
    expect([run.events, run.found.counts.all]).toEqual([0, 0]);
    await asked[0]!.answer(1);
    expect([run.phase, run.events, run.of, run.found.counts.all]).toEqual(['running', 4, 10, 1]);
    hear({ events: 10, summary });
    expect([run.phase, run.summary?.differ, readers.size]).toEqual(['done', 1, 0]);
    expect(asked).toHaveLength(1);
  });

  it('leaves the causes of the run before in sight until it has ended', async () => {
    const { asked, hear, session } = stage();
    const run = new WhatIf(session);
    const by = (rule: string) => ({ ...one, draft: { rule, to: 'ip' } });
    const found = () => run.causes().map((cause) => cause.split(' ')[0]);
    void run.run(OVERHAUL);
    await asked[0]!.answer(1);
    hear({ events: 4, differences: [by('begin'), by('end')] });
    expect(found()).toEqual(['begin', 'end']);
    hear({ events: 10, summary });
    void run.run(OVERHAUL);
    expect(found()).toEqual(['begin', 'end']);
    await asked[1]!.answer(1);
    hear({ events: 4, differences: [by('hold'), by('end')] });
    expect(found()).toEqual(['begin', 'end', 'hold']);
    hear({ events: 10, summary });
    expect(found()).toEqual(['end', 'hold']);
  });

  it('is ended on cancelling, and keeps what was found', async () => {
    const { asked, hear, session } = stage();
    const run = new WhatIf(session);
    void run.run(OVERHAUL);
    await asked[0]!.answer(1);
    hear({ events: 4, differences: [one] });
    run.cancel();
    expect(asked[1]!.ask).toEqual({ ask: 'end_what_if', run: 1 });
    hear({ events: 5, error: 'It was ended' });
    expect([run.phase, run.events, run.found.counts.all]).toEqual(['cancelled', 4, 1]);
  });

  it('is ended too where it was cancelled before it had a number', async () => {
    const { asked, session } = stage();
    const run = new WhatIf(session);
    void run.run(OVERHAUL);
    run.cancel();
    await asked[0]!.answer(3);
    expect(asked[1]!.ask).toEqual({ ask: 'end_what_if', run: 3 });
    expect(run.phase).toBe('cancelled');
  });

  it('says why it failed, at the door and on the way', async () => {
    const { asked, hear, session } = stage();
    const run = new WhatIf(session);
    void run.run(OVERHAUL);
    await asked[0]!.fail('4 runs are under way already');
    expect([run.phase, run.trouble]).toEqual(['failed', '4 runs are under way already.']);
    void run.run(OVERHAUL);
    await asked[1]!.answer(1);
    hear({ error: 'The disk is full' });
    expect([run.phase, run.trouble]).toEqual(['failed', 'The disk is full.']);
  });

  it('does not wait for ever for an end that was missed', async () => {
    const { asked, hear, session, readers } = stage();
    const run = new WhatIf(session);
    void run.run(OVERHAUL);
    await asked[0]!.answer(1);
    readers.forEach((reader) => reader.refresh());
    vi.advanceTimersByTime(3_000);
    hear({ events: 5 });
    vi.advanceTimersByTime(3_000);
    expect(run.phase).toBe('running');
    vi.advanceTimersByTime(2_000);
    expect(run.phase).toBe('failed');
    expect(asked[1]!.ask).toEqual({ ask: 'end_what_if', run: 1 });
  });

  it('knows the rules that it was of', async () => {
    const { session } = stage();
    const run = new WhatIf(session);
    void run.run(OVERHAUL);
    expect(run.tried).toBe(OVERHAUL);
  });
});

describe('trying an event', () => {
  const trial = { entity: one.entity, changes: [], skipped: [], stops: [], unknown: [] };
  const other: RuleSet = { ...OVERHAUL, name: 'other' };
  const whose = { site: 'a', entity: { type: 'Shot', id: 5, name: 'sh' }, parent: null };

  function made(session: Session): Trying {
    const trying = new Trying(session);
    trying.turn('made_up');
    trying.make({ whose, to: 'omt' });
    return trying;
  }

  it('asks when the writing rests, for the rules as they then stand', () => {
    const { asked, session } = stage();
    const trying = made(session);
    trying.soon(OVERHAUL);
    vi.advanceTimersByTime(60);
    trying.soon(other);
    vi.advanceTimersByTime(200);
    expect(asked.map(({ ask }) => ask)).toEqual([
      {
        ask: 'try',
        which: { document: other },
        event: {
          made_up: { site: 'a', entity: { type: 'Shot', id: 5 }, by: 'person', moment: 'updated', to: 'omt' },
        },
      },
    ]);
  });

  it('drops an answer that is of the rules before', async () => {
    const { asked, session } = stage();
    const trying = made(session);
    trying.soon(OVERHAUL);
    vi.advanceTimersByTime(200);
    trying.soon(other);
    vi.advanceTimersByTime(200);
    await asked[0]!.answer({ ...trial, unknown: ['old'] });
    expect([trying.trial, trying.busy]).toEqual([null, true]);
    await asked[1]!.answer(trial);
    expect([trying.trial, trying.busy]).toEqual([trial, false]);
  });

  it('asks nothing until enough is said', () => {
    const { asked, session } = stage();
    const trying = made(session);
    trying.make({ to: undefined });
    trying.soon(OVERHAUL);
    vi.advanceTimersByTime(500);
    expect(asked).toEqual([]);
    const event = (change: Parameters<Trying['make']>[0]) => (trying.make(change), trying.event);
    expect(event({ happening: 'created' })).toMatchObject({ made_up: { moment: 'created', to: null } });
    expect(event({ happening: 'field' })).toBeNull();
    expect(event({ field: ' sg_type ', value: '' })).toMatchObject({ made_up: { field: 'sg_type', to: null } });
    expect(event({ happening: 'note_added', text: 'final' })).toMatchObject({ made_up: { text: 'final' } });
    expect(event({ whose: null })).toBeNull();
  });

  it('says why it could not be tried, until something else is tried', async () => {
    const { asked, session } = stage();
    const trying = made(session);
    trying.soon(OVERHAUL);
    vi.advanceTimersByTime(200);
    await asked[0]!.fail('Shot 5 is not on a');
    expect(trying.trouble).toBe('Shot 5 is not on a');
    trying.make({ to: 'apv' });
    expect(trying.trouble).toBeNull();
  });
});
