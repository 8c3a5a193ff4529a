import type { HeardHook } from '../api/types/HeardHook';
import type { HookIn } from '../api/types/HookIn';
import { S } from '../strings';

/** The production steps that Creative Force filters by, in the order of its page, which is that of the work. */
export const STEPS: readonly string[] = [
  'Capture',
  'Final Selection',
  'Photo Review',
  'Digital Processing',
  'External Post',
  'External Post QC',
  'Internal Post',
  'Internal Post QC',
  'Post Review',
  'Copywriting',
  'Copywriting QC',
  'Cloud Automation',
  'Cloud Automation QC',
  'Asset Delivery',
];

/** Where the secret comes from: the one that is there stays, one is made here, or one is entered. */
export type SecretFrom = 'kept' | 'made' | 'own';

/** A custom header as it is being written. */
export interface HeaderDraft {
  name: string;
  value: string;
  /** Whether a value is kept, which stays where none is written. */
  kept: boolean;
}

/** What a hook of a site hears that is only heard, as it is being written. */
export interface HeardDraft {
  secretFrom: SecretFrom;
  ownSecret: string;
  workspaces: readonly string[];
  steps: readonly string[];
  headers: readonly HeaderDraft[];
}

export function freshHeard(): HeardDraft {
  return { secretFrom: 'made', ownSecret: '', workspaces: [], steps: [], headers: [] };
}

export function heardOf({ workspaces, steps, headers }: HeardHook, isSigned: boolean): HeardDraft {
  return {
    secretFrom: isSigned ? 'kept' : 'made',
    ownSecret: '',
    workspaces,
    steps,
    headers: headers.map((name) => ({ name, value: '', kept: true })),
  };
}

/** With a step or without it, always in the order of the work. */
export function withStep(draft: HeardDraft, step: string, on: boolean): HeardDraft {
  const chosen = on ? [...draft.steps, step] : draft.steps.filter((one) => one !== step);
  return { ...draft, steps: STEPS.filter((one) => chosen.includes(one)) };
}

export function withWorkspace(draft: HeardDraft, name: string): HeardDraft {
  const text = name.trim();
  if (text === '' || draft.workspaces.includes(text)) return draft;
  return { ...draft, workspaces: [...draft.workspaces, text] };
}

export function withHeader(draft: HeardDraft, at: number, change: Partial<HeaderDraft>): HeardDraft {
  return { ...draft, headers: draft.headers.map((one, i) => (i === at ? { ...one, ...change } : one)) };
}

/** Headers that every delivery has, or that the way here changes. */
const NOT_CUSTOM = /^(x-cf-.*|content-(type|length|encoding)|host|connection|transfer-encoding|user-agent)$/i;

function headerTrouble({ name, value, kept }: HeaderDraft, others: readonly string[]): string | null {
  const w = S.hooks.heard;
  const text = name.trim();
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text) || NOT_CUSTOM.test(text)) return w.headerNameBad(text);
  if (others.some((other) => other.trim().toLowerCase() === text.toLowerCase())) return w.headerTwice(text);
  if (value === '') return kept ? null : w.headerEmpty(text);
  return /^[\x20-\x7e]+$/.test(value) ? null : w.headerValueBad(text);
}

/** Why it cannot be sent; none: it can. */
export function heardTrouble(draft: HeardDraft): string | null {
  if (draft.secretFrom === 'own' && draft.ownSecret.trim() === '') return S.hooks.heard.secretEmpty;
  const names = draft.headers.map(({ name }) => name);
  for (const [i, header] of draft.headers.entries()) {
    const trouble = headerTrouble(header, names.slice(0, i));
    if (trouble !== null) return trouble;
  }
  return null;
}

/** A secret as Creative Force has them: 32 random bytes in Base64. */
export function freshSecret(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
}

/** What is sent. `made`: the secret that was made here. */
export function heardIn(name: string, site: string, draft: HeardDraft, made: string): HookIn {
  const { secretFrom, ownSecret, workspaces, steps, headers } = draft;
  const secret = secretFrom === 'kept' ? null : secretFrom === 'made' ? made : ownSecret.trim();
  return {
    name: name.trim(),
    site,
    ...(secret === null ? {} : { secret }),
    workspaces: [...workspaces],
    steps: [...steps],
    headers: Object.fromEntries(headers.map((header) => [header.name.trim(), header.value])),
  };
}
