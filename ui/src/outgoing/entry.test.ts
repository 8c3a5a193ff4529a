import { describe, expect, it } from 'vitest';
import { S } from '../strings';
import {
  entryOf,
  entryTrouble,
  freshEntry,
  isPlain,
  makesSecret,
  secretTrouble,
  sentOf,
  toldOf,
  urlTrouble,
  WORDS,
  withWord,
  type Entry,
} from './entry';

const view = {
  name: 'tools',
  url: 'https://tools.example/in',
  on: ['would_set', 'hook_failed'],
  secret_kept: '',
  waiting: 0,
  waiting_since: null,
  trouble: null,
};
const good: Entry = { ...freshEntry(), name: 'tools', url: 'https://tools.example/in' };
const whsec = (bytes: number) => `whsec_${btoa('k'.repeat(bytes))}`;

describe('somebody to tell', () => {
  it('begins with what rules would set', () => {
    expect(sentOf(good)).toEqual({ name: 'tools', url: 'https://tools.example/in', on: ['would_set'] });
  });

  it('needs a name of its own, an address, and something to be told of', () => {
    expect(entryTrouble(good, [])).toBeNull();
    expect(entryTrouble({ ...good, name: 'night shift' }, [])).toBe(S.outgoing.sheet.nameBad);
    expect(entryTrouble(good, ['tools'])).toBe(S.outgoing.sheet.nameTaken);
    expect(entryTrouble({ ...good, url: 'tools.example' }, [])).toBe(S.outgoing.sheet.urlBad);
    expect(entryTrouble({ ...good, on: [] }, [])).toBe(S.outgoing.sheet.onNone);
    expect(entryTrouble({ ...good, on: [], all: true }, [])).toBeNull();
  });

  it('is told of everything by an empty list, and keeps what was chosen before meanwhile', () => {
    const all = { ...entryOf(view), all: true };
    expect(sentOf(all).on).toEqual([]);
    expect(sentOf({ ...all, all: false }).on).toEqual(['would_set', 'hook_failed']);
    expect(entryOf({ ...view, on: [] }).all).toBe(true);
  });

  it('is told in one order, however it was chosen', () => {
    const chosen = withWord(withWord(withWord(good, 'journal', true), 'failed', true), 'would_set', false);
    expect(sentOf(chosen).on).toEqual(['failed', 'journal']);
    expect(new Set(WORDS).size).toBe(WORDS.length);
  });

  it('has an address without name and password', () => {
    for (const bad of ['', 'ftp://a.example', 'https://', 'https://me:pass@a.example/', 'https://a.example/#x'])
      expect(urlTrouble(bad), bad).toBe(S.outgoing.sheet.urlBad);
    expect(urlTrouble('http://127.0.0.1:9000/in')).toBeNull();
    expect(isPlain('http://127.0.0.1:9000/in')).toBe(true);
    expect(isPlain('https://a.example')).toBe(false);
  });
});

describe('the secret', () => {
  it('has 24 to 64 bytes in Base64 after whsec_', () => {
    for (const bytes of [24, 25, 32, 64]) expect(secretTrouble(whsec(bytes)), String(bytes)).toBeNull();
    for (const bytes of [23, 65]) expect(secretTrouble(whsec(bytes)), String(bytes)).toBe(S.outgoing.sheet.secretBad);
    for (const bad of ['', 'whsec_', whsec(32).slice(6), `${whsec(32)}x`, 'whsec_no base64 at all, but long enough'])
      expect(secretTrouble(bad), bad).toBe(S.outgoing.sheet.secretBad);
  });

  it('is sent only where it was entered', () => {
    expect(sentOf({ ...good, secret: whsec(32) })).not.toHaveProperty('secret');
    expect(sentOf({ ...good, secret: ` ${whsec(32)} `, ownSecret: true }).secret).toBe(whsec(32));
    expect(entryTrouble({ ...good, ownSecret: true }, [])).toBe(S.outgoing.sheet.secretBad);
  });

  it('that is kept goes to no other host: another one is made', () => {
    const kept = entryOf(view);
    expect(makesSecret(freshEntry())).toBe(true);
    expect(makesSecret(kept)).toBe(false);
    expect(makesSecret({ ...kept, url: 'https://tools.example/other' })).toBe(false);
    expect(makesSecret({ ...kept, url: 'https://elsewhere.example/in' })).toBe(true);
    expect(makesSecret({ ...kept, url: 'https://elsewhere.example/in', ownSecret: true })).toBe(false);
  });
});

describe('what somebody is told of', () => {
  it('is said in a sentence', () => {
    expect(toldOf([])).toBe('Told of everything.');
    expect(toldOf(['hook_failed', 'would_set'])).toBe('Told of what rules would set and failed hooks.');
  });

  it('names what only a newer engine knows', () => {
    expect(toldOf(['would_set', 'moon'])).toBe('Told of what rules would set and moon.');
  });
});
