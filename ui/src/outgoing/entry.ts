import type { AlertKind } from '../api/types/AlertKind';
import type { OutgoingIn } from '../api/types/OutgoingIn';
import type { OutgoingView } from '../api/types/OutgoingView';
import { list } from '../frame/format';
import { KINDS } from '../preferences/choices';
import { S } from '../strings';

/** What may be told of changes. */
export const CHANGES = ['would_set', 'confirmed', 'failed'] as const;

export type ChangeWord = (typeof CHANGES)[number];

/** Everything that somebody may be told of, in the order in which it is shown. */
export const WORDS: readonly (ChangeWord | AlertKind)[] = [...CHANGES, ...Object.values(KINDS).flat()];

/** Somebody to tell, as it is being written. */
export interface Entry {
  name: string;
  url: string;
  /** Whether they are told of everything; `on` is then what was chosen before, and is not sent. */
  all: boolean;
  on: readonly string[];
  /** Whether the secret is entered; else one is made, or the kept one stays. */
  ownSecret: boolean;
  secret: string;
  /** The address that is kept; none of somebody new. */
  before: string | null;
}

export function freshEntry(): Entry {
  return { name: '', url: '', all: false, on: ['would_set'], ownSecret: false, secret: '', before: null };
}

export function entryOf({ name, url, on }: OutgoingView): Entry {
  return { name, url, all: on.length === 0, on, ownSecret: false, secret: '', before: url };
}

export function withWord(entry: Entry, word: string, on: boolean): Entry {
  const others = entry.on.filter((one) => one !== word);
  return { ...entry, on: on ? [...others, word] : others };
}

function parsed(text: string): URL | null {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const plain = url !== null && url.username === '' && url.password === '' && url.hash === '';
  return plain && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '' ? url : null;
}

export function nameTrouble(name: string, taken: readonly string[]): string | null {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return S.outgoing.sheet.nameBad;
  return taken.includes(name) ? S.outgoing.sheet.nameTaken : null;
}

export function urlTrouble(url: string): string | null {
  return parsed(url) === null ? S.outgoing.sheet.urlBad : null;
}

/** Whether what is sent can be read on the way. */
export function isPlain(url: string): boolean {
  return parsed(url)?.protocol === 'http:';
}

/** Standard Webhooks: `whsec_` and 24 to 64 bytes in Base64. */
export function secretTrouble(secret: string): string | null {
  const [, text] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret.trim()) ?? [];
  const bytes =
    text === undefined || text.length % 4 !== 0 ? 0 : (text.length / 4) * 3 - (/=*$/.exec(text)?.[0].length ?? 0);
  return bytes >= 24 && bytes <= 64 ? null : S.outgoing.sheet.secretBad;
}

/** Why an entry cannot be kept; none: it can. `taken`: the names of all others. */
export function entryTrouble(entry: Entry, taken: readonly string[]): string | null {
  return (
    nameTrouble(entry.name, taken) ??
    urlTrouble(entry.url) ??
    (entry.ownSecret ? secretTrouble(entry.secret) : null) ??
    (entry.all || entry.on.length > 0 ? null : S.outgoing.sheet.onNone)
  );
}

/** Whether a secret will be made: a kept one goes to no other host. */
export function makesSecret({ ownSecret, before, url }: Entry): boolean {
  if (ownSecret) return false;
  return before === null || parsed(before)?.origin !== parsed(url)?.origin;
}

export function sentOf(entry: Entry): OutgoingIn {
  return {
    name: entry.name.trim(),
    url: entry.url.trim(),
    on: entry.all ? [] : WORDS.filter((word) => entry.on.includes(word)),
    ...(entry.ownSecret ? { secret: entry.secret.trim() } : {}),
  };
}

/** What somebody is told of, as a sentence. */
export function toldOf(on: readonly string[]): string {
  if (on.length === 0) return S.outgoing.ofAll;
  const names: Record<string, string> = { ...S.outgoing.changeNames, ...S.outgoing.alertNames };
  const known = WORDS.filter((word) => on.includes(word)).map((word) => names[word] ?? word);
  // One that a newer engine knows is told of too.
  const others = on.filter((word) => !(word in names));
  return S.outgoing.of(list([...known, ...others], 'and'));
}
