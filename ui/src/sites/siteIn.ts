import type { SiteIn } from '../api/types/SiteIn';
import { S } from '../strings';
import type { WriteMode } from '../strings/sites';

export const MODES: readonly WriteMode[] = ['watch', 'ask', 'act'];

/** The trackers that can be connected. */
export const KINDS = ['shotgrid', 'ftrack', 'creative_force'] as const;

export type Kind = (typeof KINDS)[number];

/** Whether sites of a kind are only listened to: they send, and nothing can be read there or written. */
export function isHeardOnly(kind: string): boolean {
  return kind === 'creative_force';
}

/** What people call who signs in, and with what, by the kind of site. */
export function keyWords(kind: string) {
  return kind === 'ftrack' ? S.sites.ftrackKey : S.sites.scriptKey;
}

/** Who signs in where nothing else is said: a script of ShotGrid is made for us, a user of ftrack is somebody. */
export function usualAccount(kind: string): string {
  return kind === 'shotgrid' ? 'callboard' : '';
}

export function blankSite(): SiteIn {
  return {
    name: '',
    kind: 'shotgrid',
    url: '',
    script_name: 'callboard',
    write: 'watch',
    projects: [],
    only_listed: false,
    event_log: true,
    poll_seconds: 5,
    acknowledge: true,
    refresh_pages: true,
  };
}

/** An address as people type it, as one that can be called: `studio.example/page` becomes `https://studio.example`. */
export function cleanUrl(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const url = parsed(/^[a-z]+:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  return url === null ? trimmed : url.origin;
}

function parsed(text: string): URL | null {
  try {
    const url = new URL(text);
    return ['http:', 'https:'].includes(url.protocol) && url.hostname !== '' ? url : null;
  } catch {
    return null;
  }
}

export function urlTrouble(text: string): string | null {
  const clean = cleanUrl(text);
  return clean === '' || parsed(clean) !== null ? null : S.sites.urlBad;
}

export function isPlain(text: string): boolean {
  return cleanUrl(text).startsWith('http://');
}

/** A name for a site by its address: `https://studio.shotgrid.autodesk.com` is `studio`. */
export function nameFor(url: string, taken: readonly string[]): string {
  const host = parsed(cleanUrl(url))?.hostname ?? '';
  const isNumber = /^[\d.]+$/.test(host) || host.includes(':');
  const base = (isNumber ? 'site' : (host.split('.')[0] ?? '')).replace(/[^a-z0-9_-]/gi, '').slice(0, 60) || 'site';
  if (!taken.includes(base)) return base;
  for (let n = 2; ; n += 1) if (!taken.includes(`${base}-${n}`)) return `${base}-${n}`;
}

export function nameTrouble(name: string, taken: readonly string[]): string | null {
  if (name === '') return null;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return S.sites.nameBad;
  return taken.includes(name) ? S.sites.nameTaken : null;
}

export function secondsTrouble(seconds: number): string | null {
  return Number.isInteger(seconds) && seconds >= 1 ? null : S.sites.everyBad;
}

export function proxyTrouble(proxy: string | undefined): string | null {
  return !proxy || parsed(proxy) !== null ? null : S.sites.proxyBad;
}

/** What is sent: without what was left empty, so that the engine keeps the key it has. */
export function asSent(site: SiteIn): SiteIn {
  const sent: SiteIn = {
    ...site,
    url: cleanUrl(site.url),
    script_name: site.script_name.trim(),
    projects: site.projects.map((project) => ({ ...project })),
  };
  for (const field of ['script_key', 'ca_file', 'proxy'] as const) {
    const value = sent[field]?.trim();
    if (value) sent[field] = value;
    else delete sent[field];
  }
  return sent;
}

/** The fields in which two differ; an empty one is as good as none. */
export function changesOf(before: SiteIn, after: SiteIn): (keyof SiteIn)[] {
  const [a, b] = [asSent(before), asSent(after)];
  const fields = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof SiteIn)[]);
  return [...fields].filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]));
}

export function troublesOf(site: SiteIn): string[] {
  return [
    site.url === '' && !isHeardOnly(site.kind) ? S.sites.urlBad : urlTrouble(site.url),
    site.script_name.trim() === '' && !isHeardOnly(site.kind) ? keyWords(site.kind).empty : null,
    secondsTrouble(site.poll_seconds),
    proxyTrouble(site.proxy),
  ].filter((trouble) => trouble !== null);
}
