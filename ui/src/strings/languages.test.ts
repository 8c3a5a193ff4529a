import { describe, expect, it } from 'vitest';
import { english } from '../strings';
import { german } from './de';
import { format as germanFormat } from './de/format';
import { format as englishFormat } from './format';

/** Every string, and every function that says one, by its path. */
function leaves(node: unknown, path = ''): [path: string, leaf: unknown][] {
  if (typeof node !== 'object' || node === null) return [[path, node]];
  return Object.entries(node).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`));
}

const inEnglish = leaves({ ...english, format: englishFormat });
const inGerman = leaves({ ...german, format: germanFormat });

/** What is said with none, one, two and many, and with words. Of a function that wants something else, nothing. */
function said(leaf: unknown): string[] {
  if (typeof leaf === 'string') return [leaf];
  if (typeof leaf !== 'function') return [];
  return [0, 1, 2, 1_204, 'Version', '–'].flatMap((given) => {
    try {
      // More than any of them takes: what it leaves to a default would otherwise be missing.
      const words: unknown = leaf(...Array.from({ length: 6 }, () => given));
      return typeof words === 'string' && !words.includes('NaN') ? [words] : [];
    } catch {
      return [];
    }
  });
}

/** Words that German says as English does: the field's, names, and keys. */
const SHARED = new Set(
  (
    'Alt Asset Callboard Code Creative Enter Esc Feed Force Funnel HTTP Hook Hooks Id Journal Kitsu Name Person Revision ' +
    'Secret Shot ShotGrid Site Sites Status Tab Tailscale Task Tasks Test Version Webhooks Workspaces cloudflared final ftrack in live status'
  ).split(' '),
);

/** What is typed, not said. */
const EXAMPLES = new Set([
  '/etc/ssl/studio-ca.pem',
  '/hooks/NAME',
  'callboard rules live FILE',
  'callboard-desktop --practice',
  'http://proxy.studio.example:3128',
  'https://callboard.studio.example',
  'https://studio.creativeforce.io',
  'https://studio.ftrackapp.com',
  'https://tools.studio.example/callboard',
  'Payload URL',
  'https://studio.shotgrid.autodesk.com',
  'project.name in ("Demo", "Test") and user.name != "script"',
  'sg_client_state',
  'sg_cut_duration',
  'sg_delivery_type',
  'svg png export',
  'x-studio',
  '{ "callboard": 1, "name": … }',
]);

function isShared(words: string): boolean {
  if (EXAMPLES.has(words)) return true;
  return words.split(/[^\p{L}]+/u).every((word) => word.length < 2 || SHARED.has(word));
}

describe('German', () => {
  it('has what English has, words where it has words and a function where it has a function', () => {
    const kinds = (all: typeof inEnglish) => all.map(([path, leaf]) => `${path}: ${typeof leaf}`).sort();
    expect(kinds(inGerman)).toEqual(kinds(inEnglish));
  });

  it('says something wherever English does', () => {
    const silent = new Map(inEnglish.map(([path, leaf]) => [path, said(leaf).filter(isEmpty).length]));
    const empty = inGerman.filter(([path, leaf]) => said(leaf).filter(isEmpty).length > (silent.get(path) ?? 0));
    expect(empty.map(([path]) => path)).toEqual([]);
  });

  it('leaves nothing in English but what is the same in both', () => {
    const theirs = new Map(inEnglish.map(([path, leaf]) => [path, said(leaf)]));
    const left = inGerman.flatMap(([path, leaf]) =>
      said(leaf).flatMap((words, i) =>
        words === theirs.get(path)?.[i] && !isShared(words) ? [`${path}: ${words}`] : [],
      ),
    );
    expect(left).toEqual([]);
  });

  it('counts one as one and several as several', () => {
    const one =
      /(?<![\d.,])1 (Änderungen|Regeln|Ereignissen?|Zustellungen|Notizen|Verbindungen|Zeilen|Hooks|Warnungen|Befunde)(?!\p{L})/u;
    const several =
      /(?<![\d.,])2 (Änderung|Regel|Ereignis|Zustellung|Notiz|Verbindung|Zeile|Hook|Warnung|Befund)(?!\p{L})/u;
    // Said of several only.
    const ofSeveral = ['aside.several', 'event.undoAll'];
    const all = inGerman
      .filter(([path]) => !ofSeveral.includes(path))
      .flatMap(([path, leaf]) => said(leaf).map((words) => `${path}: ${words}`));
    expect(all.filter((words) => one.test(words) || several.test(words))).toEqual([]);
    expect(all.filter((words) => words.includes('1 Änderung')).length).toBeGreaterThan(5);
  });

  it('quotes as German does', () => {
    const all = inGerman.flatMap(([path, leaf]) => said(leaf).map((words) => `${path}: ${words}`));
    expect(all.filter((words) => /[“”]/.test(words.replaceAll(/„[^„“”]*“/g, '')))).toEqual([]);
  });
});

it.each([
  ['English', inEnglish],
  ['German', inGerman],
])('%s speaks without exclamation marks', (_, every) => {
  const all = every.flatMap(([path, leaf]) => said(leaf).map((words) => `${path}: ${words}`));
  expect(all.length).toBeGreaterThan(1_000);
  expect(all.filter((words) => words.includes('!') && !words.includes('!='))).toEqual([]);
});

function isEmpty(words: string): boolean {
  return words.trim() === '';
}
