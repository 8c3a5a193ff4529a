import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('..', import.meta.url));

/** What draws: whole style sheets, and of components all but their scripts. */
const sheets = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(svelte|css)$/.test(name) && name !== 'style/tokens.css')
  .map((name) => ({ name, text: readFileSync(here + name, 'utf8').replace(/<script[\s\S]*?<\/script>/g, '') }));

const tokens = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** What is no measure of the scale, and why. */
const OWN: Record<string, string> = {
  'feed/GroupList.svelte 40px': 'below the arrow and the words of a group’s head',
  'feed/KeptFilters.svelte 30px': 'below the words of the menu, behind their tick',
  'history/HistoryPanel.svelte 36px': 'where the axis ends',
  'hooks/AnswerCard.svelte 60px': 'the middle of the empty chart',
  'hooks/Skeleton.svelte 40px': 'where the head of a hook ends',
  'hooks/Skeleton.svelte 90px': 'where the first hook of the list stands',
  'notes/TableStep.svelte 12.5px': 'a pasted table: as large as eight columns of it allow',
  'rules/revise/Begin.svelte 56px': 'room above the templates, where the window has it',
  'rules/revise/Diff.svelte 26px': 'below the words of a change, behind its sign',
  'rules/table/mapping.css 240px': 'the column of heads, which stands still',
  'sites/ReachPanel.svelte 25px': 'the height of the label beside it',
  'status/StatusPill.svelte 5.5px': 'half of what a line leaves of a swatch',
};

function found(pattern: RegExp): string[] {
  return sheets.flatMap(({ name, text }) => [...text.matchAll(pattern)].map(([, what]) => `${name} ${what}`));
}

const SPACING = /(?<![\w-])((?:scroll-)?(?:padding|margin)(?:-[a-z]+)*|(?:row-|column-)?gap)\s*[:=]\s*([^;{}]*)/g;

/** Every length in a declaration of room, but hairlines. */
const lengths = sheets.flatMap(({ name, text }) =>
  [...text.matchAll(SPACING)].flatMap(([, , value]) =>
    [...value!.matchAll(/(?<![\w.-])-?[\d.]+(?:px|em|rem)/g)].map(([length]) => `${name} ${length}`),
  ),
);

describe('measures and colours', () => {
  it('are looked for in every view', () => expect(sheets.length).toBeGreaterThan(150));

  it('of room are those of tokens.css', () => {
    expect(lengths.filter((one) => !/ -?1px$/.test(one) && !(one in OWN))).toEqual([]);
  });

  it('of letters are those of tokens.css', () => {
    const sizes = found(/(?<![\w-])font(?:-size)?:\s*(?:\d{3}\s+)?(-?[\d.]+(?:px|em|rem))/g);
    expect(sizes.filter((one) => !(one in OWN))).toEqual([]);
  });

  it('of colours are those of tokens.css', () => {
    expect(found(/(?<![\w&/])(#[0-9a-f]{3,8}\b|(?:rgba?|hsla?|oklch|oklab|lab)\([^)]*\))/gi)).toEqual([]);
    expect(found(/:[^;{}]*(?<![\w-])(white|black|red|green|blue|gray|grey)(?![\w-])[^;{}]*;/g)).toEqual([]);
  });

  it('are excused only where they still stand', () => {
    const sizes = found(/(?<![\w-])font(?:-size)?:\s*(?:\d{3}\s+)?(-?[\d.]+px)/g);
    expect(Object.keys(OWN).filter((one) => ![...lengths, ...sizes].includes(one))).toEqual([]);
  });

  it('are used, and are there where they are used', () => {
    const defined = new Set([...tokens.matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
    const all = [...sheets.map(({ text }) => text), tokens].join('\n');
    const scale = [...defined].filter((name) => /^--(space|size)-/.test(name!));
    expect(scale.length).toBeGreaterThan(15);
    expect(scale.filter((name) => !all.includes(`var(${name})`))).toEqual([]);
    const used = new Set([...all.matchAll(/var\((--(?:space|size)[\w-]*)/g)].map(([, name]) => name));
    expect([...used].filter((name) => !defined.has(name!))).toEqual([]);
  });
});
