import { describe, expect, it } from 'vitest';
import { AskError, type Backend } from '../api';
import { shellOf } from '../api/shell';
import type { Ask } from '../api/types/Ask';
import type { AlertKind } from '../api/types/AlertKind';
import type { Place } from '../api/types/Place';
import type { Preferences as Kept } from '../api/types/Preferences';
import { preferencesOf } from '../dev/preferences';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { KINDS, keepsLess, numberOf, quietTrouble, quietWords, timeOf, withKind } from './choices';
import { Preferences } from './preferences.svelte';

const quiet = { from: '19:00', until: '08:00', weekends: false };

describe('the choices', () => {
  it('name every kind once', () => {
    const shown = Object.values(KINDS).flat();
    const all = Object.keys(S.preferences.kinds) as AlertKind[];
    expect(shown.toSorted()).toEqual(all.toSorted());
  });

  it('switch a kind off and on', () => {
    const off = withKind({ off: ['mail'], quiet: null }, 'digest', false);
    expect(off.off).toEqual(['mail', 'digest']);
    expect(withKind(off, 'digest', true).off).toEqual(['mail']);
    expect(withKind(off, 'digest', false).off).toEqual(['mail', 'digest']);
  });

  it('say what quiet hours come to, and that no digest comes where it is off', () => {
    expect(quietWords({ off: [], quiet })).toBe(
      'Quiet from 19:00 until 08:00 of the next day. A digest comes when they end.',
    );
    expect(quietWords({ off: ['digest'], quiet: { from: '09:00', until: '12:00', weekends: true } })).toBe(
      'Quiet from 09:00 until 12:00, and on weekends. No digest comes: it is switched off above.',
    );
    expect(quietWords({ off: [], quiet: null })).toBe('');
  });

  it('refuse quiet hours that are none', () => {
    expect(quietTrouble(quiet)).toBeNull();
    expect(quietTrouble({ ...quiet, until: '19:00' })).not.toBeNull();
    expect(quietTrouble({ ...quiet, from: '' })).not.toBeNull();
    expect(quietTrouble({ ...quiet, from: '24:00' })).not.toBeNull();
    expect(quietTrouble({ ...quiet, from: '7', until: '07:00' })).not.toBeNull();
  });

  it.each([
    ['19:00', '19:00'],
    [' 7 ', '07:00'],
    ['7.30', '07:30'],
    ['0730', '07:30'],
    ['24:00', null],
    ['7:60', null],
    ['7pm', null],
    ['', null],
  ])('take “%s” as the time %s', (text, time) => expect(timeOf(text)).toBe(time));

  it.each([
    ['365', 365],
    [' 7 ', 7],
    ['6', null],
    ['', null],
    ['7.5', null],
    ['-30', null],
    ['many', null],
  ])('take “%s” days as %s', (text, days) => expect(numberOf(text, 7)).toBe(days));

  it('tell when something goes for good that was kept before', () => {
    const forever = { days: null, megabytes: null };
    expect(keepsLess(forever, { days: 365, megabytes: null })).toBe(true);
    expect(keepsLess({ days: 365, megabytes: null }, { days: 90, megabytes: null })).toBe(true);
    expect(keepsLess({ days: 365, megabytes: 500 }, { days: 400, megabytes: 400 })).toBe(true);
    expect(keepsLess({ days: 365, megabytes: 500 }, { days: 400, megabytes: null })).toBe(false);
    expect(keepsLess({ days: 365, megabytes: null }, forever)).toBe(false);
  });
});

/** An engine that answers when it is let. */
function stage() {
  const asked: Kept[] = [];
  const waiting: { resolve: (kept: Kept) => void; reject: (thrown: unknown) => void }[] = [];
  let kept = preferencesOf(new URLSearchParams());
  const backend = {
    ask: (ask: Ask) => {
      if (ask.ask !== 'set_preferences') return Promise.resolve(kept);
      asked.push(ask.preferences);
      return new Promise<Kept>((resolve, reject) => waiting.push({ resolve, reject }));
    },
  } as unknown as Backend;
  const session = { backend, sentence: (thrown: AskError) => `${thrown.message}.` } as unknown as Session;
  const settle = async (wrong?: AskError) => {
    const one = waiting.shift()!;
    if (wrong) one.reject(wrong);
    else one.resolve((kept = asked.at(-1)!));
    await new Promise(setImmediate);
  };
  return { preferences: new Preferences(session), asked, settle };
}

async function loaded() {
  const on = stage();
  await on.preferences.load();
  return on;
}

describe('the preferences', () => {
  it('are saved at once, and say so', async () => {
    const { preferences, asked, settle } = await loaded();
    void preferences.notify({ off: [], quiet });
    expect(preferences).toMatchObject({ saving: true, saved: false });
    expect(preferences.shown?.notify.quiet).toEqual(quiet);
    await settle();
    expect(asked).toHaveLength(1);
    expect(preferences).toMatchObject({ saving: false, saved: true, wrong: null });
  });

  it('changed faster than they are saved, end as they were changed last', async () => {
    const { preferences, asked, settle } = await loaded();
    void preferences.notify({ off: ['mail'], quiet: null });
    void preferences.notify({ off: ['mail', 'site'], quiet: null });
    void preferences.keep({ days: 30, megabytes: null });
    await settle();
    expect(preferences.saving).toBe(true);
    await settle();
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual({ notify: { off: ['mail', 'site'], quiet: null }, keep: { days: 30, megabytes: null } });
    expect(preferences.shown).toEqual(asked[1]);
  });

  it('that were not saved are as they were, and say why', async () => {
    const { preferences, settle } = await loaded();
    const before = preferences.shown;
    void preferences.keep({ days: 30, megabytes: null });
    await settle(new AskError('journal', 'The settings cannot be written'));
    expect(preferences.shown).toEqual(before);
    expect(preferences).toMatchObject({
      saving: false,
      saved: false,
      wrong: 'This was not saved: The settings cannot be written.',
    });
  });
});

it('the shell leads the window to a place until nobody listens any more', async () => {
  let tell: ((place: Place) => void) | undefined;
  let stopped = false;
  const shell = shellOf(async () => ({
    startAtLogin: async () => false,
    setStartAtLogin: async (on: boolean) => on,
    speak: async () => {},
    openPage: async () => {},
    quit: async () => {},
    onGo: async (listener: (place: Place) => void) => {
      tell = listener;
      return () => (stopped = true);
    },
  }));
  const heard: Place[] = [];
  const stop = shell.onGo((place) => heard.push(place));
  await new Promise(setImmediate);
  tell?.({ place: 'inbox' });
  stop();
  tell?.({ place: 'issues' });
  await new Promise(setImmediate);
  expect(heard).toEqual([{ place: 'inbox' }]);
  expect(stopped).toBe(true);
  expect(await shell.setStartAtLogin(true)).toBe(true);
});
