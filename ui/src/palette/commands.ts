import type { RuleSet } from '../api/types/RuleSet';
import type { HooksWanted, View } from '../frame/session.svelte';
import { language, languages, setLanguage } from '../language';
import { saidCode } from '../status/lookup';
import { S } from '../strings';
import { KINDS, type RuleKind } from '../rules/inspector/kinds';
import type { Panel } from '../rules/panels';
import type { Picture, Site } from '../rules/picture';
import type { Wanted } from '../rules/wanted';
import { drawing } from './drawing';

export type CommandGroup = keyof typeof S.palette.groups;

/** One line of the palette. */
export interface Command {
  id: string;
  group: CommandGroup;
  title: string;
  /** The key that does the same without the palette. */
  keys?: string;
  /** Said more quietly beside the title. */
  detail?: string;
  /** Further words that it is found by. */
  words?: string;
  /** The swatch of a status. */
  color?: string | null;
  /** Why it cannot be done now. */
  shut?: string;
  run?: () => void;
  /** Asks further instead of doing something. */
  into?: () => Step;
}

/** A list to choose from, after a command that asks further. */
export interface Step {
  id: string;
  asks: string;
  commands: readonly Command[];
}

/** What the palette can see and do of the window around it. */
export interface House {
  view: View;
  paused: boolean;
  /** How many changes wait for a person. */
  waiting: number;
  /** How many issues are open and not acknowledged. */
  issues: number;
  theme: string;
  /** Ends Callboard; none in a browser. */
  quit: (() => void) | null;
  /** The rules that are being written; none where there are none. */
  document: RuleSet | null;
  picture: Picture;
  site: Site;
  drafted: boolean;
  errors: number;
  undoes: string | undefined;
  redoes: string | undefined;
  /** What can be done with the feed, as it says itself. */
  feed: readonly Command[];
  /** Names of the hooks. */
  hooks: readonly string[];
  go: (view: View) => void;
  /** Goes to the hooks and asks them for something. */
  wantHooks: (wanted: HooksWanted) => void;
  connect: () => void;
  pause: () => void;
  notes: () => void;
  inbox: () => void;
  openIssues: () => void;
  /** Whether rows of the feed are being exported. */
  exporting: boolean;
  /** Keeps the rows that fit the feed's filters, as a table, or breaks that off. */
  exportFeed: () => void;
  outgoing: () => void;
  preferences: () => void;
  turnTheme: () => void;
  keys: () => void;
  search: () => void;
  undo: () => void;
  redo: () => void;
  fresh: (kind: RuleKind) => void;
  discard: () => void;
  /** Goes to the rules and asks them for something. */
  want: (wanted: Wanted) => void;
  /** Changes the rules, says so, and shows what came of it. */
  edit: (label: string, change: (set: RuleSet) => RuleSet, said: string, show?: Wanted) => void;
}

const PANELS: readonly Panel[] = ['inspect', 'try', 'what_if', 'compare', 'revisions'];

/** All commands, in the order in which they stand when nothing is typed. */
export function commandsOf(house: House): Command[] {
  const about = [going(house), doing(house)];
  const rules = ofRules(house);
  const order =
    house.view === 'rules'
      ? [rules, ...about, house.feed]
      : house.view === 'feed'
        ? [...about, house.feed, rules]
        : [...about, rules, house.feed];
  return [...order.flat(), ...named(house)];
}

function going(house: House): Command[] {
  const t = S.palette;
  const views: Command[] = [
    { id: 'feed', group: 'go', title: t.go.feed, keys: '1', run: () => house.go('feed') },
    { id: 'rules', group: 'go', title: t.go.rules, keys: '2', run: () => house.go('rules') },
    { id: 'hooks', group: 'go', title: t.go.hooks, keys: '3', words: t.also.hooks, run: () => house.go('hooks') },
    { id: 'sites', group: 'go', title: t.go.sites, keys: '4', words: t.also.sites, run: () => house.go('sites') },
    { id: 'search', group: 'go', title: t.search, keys: '/', run: house.search },
  ];
  return views.filter(({ id }) => id !== house.view);
}

function doing(house: House): Command[] {
  const t = S.palette;
  return [
    { id: 'pause', group: 'do', title: house.paused ? t.goOn : t.pause, keys: 'Shift P', run: house.pause },
    {
      id: 'inbox',
      group: 'do',
      title: t.inbox,
      detail: t.waiting(house.waiting),
      keys: 'I',
      words: t.also.inbox,
      run: house.inbox,
    },
    {
      id: 'issues',
      group: 'do',
      title: t.issues,
      detail: t.needed(house.issues),
      keys: '5',
      words: t.also.issues,
      run: house.openIssues,
    },
    { id: 'notes', group: 'do', title: t.notes, keys: 'N', run: house.notes },
    {
      id: 'new hook',
      group: 'do',
      title: t.newHook,
      words: t.also.newHook,
      run: () => house.wantHooks({ kind: 'new' }),
    },
    ...(house.view === 'hooks' && house.hooks.length > 0
      ? [
          {
            id: 'test hook',
            group: 'do' as const,
            title: t.testHook,
            keys: 'T',
            run: () => house.wantHooks({ kind: 'test' }),
          },
        ]
      : []),
    {
      id: 'export feed',
      group: 'do',
      title: house.exporting ? t.exportBreak : t.exportFeed,
      words: t.also.exportFeed,
      run: house.exportFeed,
    },
    { id: 'connect', group: 'do', title: t.connect, words: t.also.connect, run: house.connect },
    { id: 'outgoing', group: 'do', title: t.outgoing, keys: '6', words: t.also.outgoing, run: house.outgoing },
    {
      id: 'preferences',
      group: 'do',
      title: t.preferences,
      keys: ',',
      words: t.also.preferences,
      run: house.preferences,
    },
    { id: 'theme', group: 'do', title: t.theme(house.theme), keys: 'D', words: t.also.theme, run: house.turnTheme },
    ...languages
      .filter(({ code }) => code !== language())
      .map(({ code, name }): Command => ({
        id: `language ${code}`,
        group: 'do',
        title: S.language.speak(name),
        words: S.language.also[code],
        run: () => setLanguage(code),
      })),
    ...(house.quit ? [{ id: 'quit', group: 'do' as const, title: t.quit, words: t.also.quit, run: house.quit }] : []),
    { id: 'keys', group: 'do', title: t.keys, keys: '?', words: t.also.keys, run: house.keys },
  ];
}

function ofRules(house: House): Command[] {
  const t = S.palette;
  const { document, undoes, redoes, want } = house;
  const importIt: Command = {
    id: 'import',
    group: 'rules',
    title: t.importIt,
    run: () => want({ kind: 'sheet', sheet: 'import' }),
  };
  if (!document) return [importIt];
  const shut = house.errors > 0 ? S.edit.shut : house.drafted ? undefined : S.edit.nothingToGo;
  const act = (id: string, title: string, keys?: string): Command => ({ id, group: 'look', title, keys });
  return [
    ...drawing(house, document),
    ...KINDS.map((kind): Command => {
      const { name, why } = S.inspector.fresh.kinds[kind];
      return { id: `new ${kind}`, group: 'edit', title: t.fresh(name), detail: why, run: () => house.fresh(kind) };
    }),
    ...(undoes === undefined
      ? []
      : [{ id: 'undo', group: 'edit' as const, title: t.undo(undoes), keys: 'Ctrl Z', run: house.undo }]),
    ...(redoes === undefined
      ? []
      : [{ id: 'redo', group: 'edit' as const, title: t.redo(redoes), keys: 'Ctrl Shift Z', run: house.redo }]),
    { id: 'go_live', group: 'rules', title: t.goLive, shut, run: () => want({ kind: 'sheet', sheet: 'go_live' }) },
    importIt,
    {
      id: 'share',
      group: 'rules',
      title: t.share,
      words: t.also.share,
      run: () => want({ kind: 'sheet', sheet: 'share' }),
    },
    ...(house.drafted ? [{ id: 'discard', group: 'rules' as const, title: t.discard, run: house.discard }] : []),
    ...PANELS.map((panel): Command => ({
      id: `panel ${panel}`,
      group: 'rules',
      title: t.panels[panel],
      keys: S.edit.panelKeys[panel],
      run: () => want({ kind: 'panel', panel }),
    })),
    { ...act('table', t.table, 'T'), run: () => want({ kind: 'act', act: 'table' }) },
    { ...act('picture', t.picture, 'T'), run: () => want({ kind: 'act', act: 'picture' }) },
    { ...act('find_status', t.findStatus, '/'), run: () => want({ kind: 'act', act: 'find_status' }) },
    { ...act('fit', t.fit, 'F'), run: () => want({ kind: 'act', act: 'fit' }) },
    { ...act('zoom_in', t.zoomIn, '+'), run: () => want({ kind: 'act', act: 'zoom_in' }) },
    { ...act('zoom_out', t.zoomOut, '−'), run: () => want({ kind: 'act', act: 'zoom_out' }) },
  ];
}

/** Every hook, status and rule, to go there. */
function named({ picture, document, hooks, want, wantHooks }: House): Command[] {
  const t = S.palette;
  return [
    ...hooks.map((name): Command => ({
      id: `hook ${name}`,
      group: 'hook',
      title: name,
      words: t.also.newHook,
      run: () => wantHooks({ kind: 'hook', name }),
    })),
    ...[...picture.pills.values()].map((pill): Command => ({
      id: `status ${pill.id}`,
      group: 'status',
      title: t.status(pill.type, pill.name),
      detail: saidCode(pill) ?? undefined,
      words: pill.code,
      color: pill.color,
      run: () => want({ kind: 'pill', id: pill.id }),
    })),
    ...(document?.rules ?? []).map((rule): Command => ({
      id: `rule ${rule.id}`,
      group: 'rule',
      title: rule.name,
      detail: rule.enabled === false ? t.off : undefined,
      words: rule.id,
      run: () => want({ kind: 'rule', id: rule.id }),
    })),
  ];
}
