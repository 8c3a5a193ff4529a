import { AskError, type Answers, type Backend, type Listener } from '../api';
import type { Ask } from '../api/types/Ask';
import type { Draft } from '../api/types/Draft';
import type { FeedPage } from '../api/types/FeedPage';
import type { FeedRow } from '../api/types/FeedRow';
import type { FeedFilter } from '../api/types/FeedFilter';
import type { RuleSet } from '../api/types/RuleSet';
import type { WhatIfProgress } from '../api/types/WhatIfProgress';
import type { Which } from '../api/types/Which';
import { matches } from '../feed/filter';
import { PracticeApprovals } from './approvals';
import { countsOf } from './counts';
import { aboutRecorded, detailOf, replayedRow } from './detail';
import { groupsOf } from './groups';
import { historyOf } from './history';
import { PracticeHooks } from './hooks';
import { PracticeIssues } from './issues';
import { enteredRow, previewOf } from './notes';
import { PracticeOutgoing } from './outgoing';
import { overviewOf, type Standing } from './overview';
import { preferencesOf } from './preferences';
import { diffOf, earlier, pictureText, revisionsOf } from './revise';
import { liveRules, ruleSetOf } from './ruleSets';
import { rowAt, type Scene } from './rows';
import { PracticeSites } from './sites';
import { FTRACK_STATUSES } from './trackers';
import { runWhatIf, trialOf } from './trial';

/** Milliseconds of what asks a site, so that the waiting is seen. */
const WAITS: Partial<Record<Ask['ask'], number>> = {
  preview_notes: 400,
  compare_deliveries: 250,
  examine: 900,
  test_hook: 1_200,
  check_reach: 600,
  create_hook: 300,
  put_hook: 300,
  set_outgoing: 200,
  test_outgoing: 500,
  site_projects: 300,
  start_practice: 1_800,
  change_hook: 300,
};

/** How long the engine gathers in a rush, in milliseconds. */
const GATHERED = 180;

const COUNTS: Record<string, number> = { full: 240, many: 100_000, long: 240, error: 240, empty: 0 };

/** An engine made up in the window, for looking at every state of it without one. */
export function practiceBackend(name: string): Backend {
  const address = new URLSearchParams(location.search);
  const still = address.get('live') === '0';
  const slow = Number(address.get('slow') ?? 0);
  const rush = Number(address.get('rush') ?? 0);
  const now = address.has('now') ? Date.parse(address.get('now')!) : Date.now();
  const long = name === 'long';
  const fails = address.get('fail')?.split(',') ?? [];
  const hangs = address.get('hangs')?.split(',') ?? [];
  const held = address.get('held')?.split(',') ?? [];
  const released = new Promise<void>((resolve) => addEventListener('answer', () => resolve(), { once: true }));
  const rules = address.get('rules');
  const standing = standingOf(address, now, long);
  const scene: Scene = {
    long,
    now,
    newest: COUNTS[name] ?? 240,
    pace: name === 'many' ? 4_000 : 52_000,
    three: address.get('sites') === 'three',
    noted: rules === 'notes' || rules === 'wide',
    paused: standing.paused ? { by: standing.paused.by, since: Date.parse(standing.paused.since) } : undefined,
  };
  const batches = new Set<string>();
  let tell: Listener | null = null;
  const hooks = new PracticeHooks(name, address, now);
  const sites = new PracticeSites(name, address);
  const issues = new PracticeIssues(name, address, now);
  const outgoing = new PracticeOutgoing(name, address, now);
  let preferences = preferencesOf(address);
  const overview = () =>
    overviewOf(name, rules, top, standing, {
      sites: sites.views((site) => hooks.log(site)),
      hooks: hooks.health(),
      waiting_for_you: approvals.waiting.length,
      issues: issues.needed,
      can_practice: sites.canPractice,
      ...(scene.three ? { more: FTRACK_STATUSES } : {}),
    });
  const fresh = new Map<number, FeedRow>();
  const at = (seq: number) => fresh.get(seq) ?? rowAt(seq, scene);
  let top = scene.newest;
  const approvals = new PracticeApprovals(fresh, at, (rows) => {
    tell?.news({ news: 'rows', rows });
    tell?.news({ news: 'overview', overview: overview() });
  });
  approvals.begin(Number(address.get('asks') ?? 0), top);
  let draft: Draft | null = null;
  const runs = new Map<number, () => void>();

  const setOf = (which: Which): RuleSet => {
    if (which === 'draft' && draft) return draft.rules.document;
    if (typeof which === 'object' && 'document' in which) return which.document;
    if (typeof which === 'object' && 'revision' in which) {
      return earlier(ruleSetOf(rules), liveRules(rules).live.revision - which.revision);
    }
    return ruleSetOf(
      typeof which === 'object' && 'template' in which && which.template === 'roll-up' ? 'rollup' : rules,
    );
  };

  const answer = (ask: Ask): Answers[Ask['ask']] => {
    if (name === 'error' && ask.ask === 'feed') {
      throw new AskError('journal', 'The journal could not be read: disk I/O error (callboard.db).');
    }
    if (fails.includes(ask.ask)) throw new AskError('journal', 'The disk is full (callboard.db)');
    switch (ask.ask) {
      case 'overview':
        return overview();
      case 'feed':
        return page(ask.before ?? top + 1, ask.limit, ask.filter, at);
      case 'feed_counts':
        return countsOf(downFrom(top, at), ask.filter, says(ask.filter));
      case 'feed_groups':
        return groupsOf(downFrom(top, at), ask.before, ask.limit, ask.filter, says(ask.filter), long);
      case 'event':
        return detailOf(at(ask.seq));
      case 'history': {
        const { statuses } = overview();
        return historyOf(ask.entity, { how: address.get('history'), long, now, newest: top, statuses });
      }
      case 'replay': {
        if (address.has('refuse')) {
          throw new AskError(
            'conflict',
            'Its status is no longer what this event made it: Mara Lindqvist set it to On Hold at 14:20. Change it there, or leave it',
          );
        }
        top += 1;
        const row = replayedRow(at(ask.seq), top);
        fresh.set(top, row);
        tell?.news({ news: 'rows', rows: [row] });
        return top;
      }
      case 'rules':
        return name === 'empty' || rules === 'none' ? null : liveRules(rules);
      case 'draft':
        return draft;
      case 'save_draft':
        draft = draftOf(ask.document, (draft?.version ?? 0) + 1);
        return draft;
      case 'check_rules':
        return draftOf(ask.document, 0).rules;
      case 'discard_draft':
        draft = null;
        return null;
      case 'rule_set':
        return draftOf(setOf(ask.which), 0).rules;
      case 'export_rules':
        return `${JSON.stringify(setOf(ask.which), null, 2)}\n`;
      case 'picture':
        return pictureText(setOf(ask.which));
      case 'compare_rules':
        return diffOf(setOf(ask.before), setOf(ask.after));
      case 'import_rules': {
        if (!ask.text.trimStart().startsWith('{'))
          throw new AskError('bad_request', 'line 1, column 1: this is not JSON');
        const document = JSON.parse(ask.text) as RuleSet;
        return { rules: draftOf(document, 0).rules, notes: [], diff: diffOf(setOf('draft'), document) };
      }
      case 'revisions':
        return revisionsOf(liveRules(rules).live.revision, liveRules(rules).document.name, long);
      case 'go_live':
      case 'roll_back':
        draft = null;
        return liveRules(rules);
      case 'try': {
        const decides = ask.which === 'live' || (typeof ask.which === 'object' && 'revision' in ask.which);
        const trial = trialOf(setOf(ask.which), ask.event, at, long, decides ? standing.set_aside : []);
        return 'recorded' in ask.event ? aboutRecorded(trial, at(ask.event.recorded.seq)) : trial;
      }
      case 'what_if': {
        const run = runs.size + 1;
        const told = (progress: WhatIfProgress) => tell?.news({ news: 'what_if', progress });
        runs.set(run, runWhatIf(run, documentOf(ask.which), address.get('differs'), long, told));
        return run;
      }
      case 'end_what_if':
        runs.get(ask.run)?.();
        return null;
      case 'pause':
        standing.paused = {
          by: 'Mara Lindqvist',
          since: standing.paused?.since ?? new Date().toISOString(),
          why: ask.why ?? standing.paused?.why ?? null,
          held: standing.paused?.held ?? 0,
        };
        scene.paused = { by: standing.paused.by, since: Date.parse(standing.paused.since) };
        return overview();
      case 'resume': {
        const reopened = ask.write_held ? (standing.paused?.held ?? 0) : 0;
        standing.paused = null;
        scene.paused = undefined;
        tell?.news({ news: 'missed' });
        return { reopened, events: [] };
      }
      case 'inbox':
      case 'accept':
      case 'decline':
      case 'undo':
      case 'undo_cascade':
        return approvals.answer(ask);
      case 'release':
        standing.set_aside = standing.set_aside.filter((rule) => rule.rule !== ask.rule);
        return overview();
      case 'preview_notes':
        return previewOf(ask.notes, address.get('notes'), long);
      case 'enter_notes': {
        if (batches.has(ask.batch)) return [];
        batches.add(ask.batch);
        const entered = previewOf(ask.notes, address.get('notes'), long).rows.filter((r) => ask.rows.includes(r.row));
        const rows = entered.map((one) => {
          top += 1;
          const row = enteredRow(top, ask.notes, one, scene);
          fresh.set(top, row);
          return row;
        });
        tell?.news({ news: 'rows', rows });
        return rows.map((row) => row.seq);
      }
      case 'issues':
      case 'acknowledge_issue':
      case 'resolve_issue':
        return issues.answer(ask);
      case 'preferences':
        return preferences;
      case 'set_preferences':
        preferences = structuredClone(ask.preferences);
        return preferences;
      case 'start_practice':
        sites.startPractice();
        return overview();
      case 'put_site':
        sites.put(ask.site);
        return overview();
      case 'remove_site':
        sites.remove(ask.site);
        return overview();
      case 'outgoing':
      case 'set_outgoing':
      case 'remove_outgoing':
      case 'test_outgoing':
        return outgoing.answer(ask);
      case 'sites':
      case 'examine':
      case 'check_reach':
      case 'site_projects':
        return sites.answer(ask);
      default:
        return hooks.answer(ask);
    }
  };

  /** As the engine tells a rush: what was gathered, and in the next message what came of it. */
  const rushing = (listener: Listener) => {
    let waiting: FeedRow[] = [];
    const timer = setInterval(() => {
      const rows = waiting;
      waiting = [];
      for (let n = 0; n < (rush * GATHERED) / 1_000; n += 1) {
        top += 1;
        const whole = rowAt(top, { ...scene, newest: top, now: Date.now() });
        fresh.set(top, whole);
        waiting.push(whole);
        rows.push(whole.cascade ? { ...whole, outcome: 'waiting', cascade: null } : whole);
      }
      listener.news({ news: 'rows', rows });
      listener.news({ news: 'overview', overview: overview() });
    }, GATHERED);
    return () => clearInterval(timer);
  };

  return {
    async ask<A extends Ask>(ask: A) {
      if (hangs.includes(ask.ask)) await new Promise(() => {});
      if (held.includes('all') || held.includes(ask.ask)) await released;
      await new Promise((resolve) => setTimeout(resolve, slow || (WAITS[ask.ask] ?? 5)));
      return answer(ask) as Answers[A['ask']];
    },
    listen(listener: Listener) {
      tell = listener;
      listener.connection(address.get('door') === 'shut' ? 'unauthorized' : name === 'error' ? 'reconnecting' : 'live');
      if (still || name === 'empty' || name === 'error') return () => {};
      if (rush > 0) return rushing(listener);
      const timer = setInterval(
        () => {
          top += 1;
          const whole = { ...rowAt(top, { ...scene, newest: top, now: Date.now() }) };
          whole.site = sites.newest() ?? whole.site;
          if (standing.paused && whole.cascade) {
            const held = whole.cascade.changes.filter((change) => change.skip === 'paused').length;
            standing.paused = { ...standing.paused, held: standing.paused.held + held };
          }
          const early: FeedRow = whole.cascade ? { ...whole, outcome: 'waiting', cascade: null } : whole;
          listener.news({ news: 'rows', rows: [early] });
          fresh.set(top, whole);
          setTimeout(() => listener.news({ news: 'rows', rows: [whole] }), 260);
          if (top % 5 === 0) listener.news({ news: 'overview', overview: overview() });
        },
        name === 'many' ? 250 : 2_200,
      );
      return () => clearInterval(timer);
    },
  };
}

function documentOf(which: Which): RuleSet {
  if (typeof which === 'object' && 'document' in which) return which.document;
  throw new AskError('bad_request', 'The made-up engine tries documents only');
}

/** Saved, and checked by nobody: the check is the engine's. */
function draftOf(document: RuleSet, version: number): Draft {
  const live = liveRules(null);
  const sentences = Object.fromEntries(document.rules.map((rule) => [rule.id, live.sentences[rule.id] ?? rule.name]));
  return {
    version,
    author: 'Mara Lindqvist',
    based_on: live.live.revision,
    saved_at: new Date().toISOString(),
    rules: { document, sentences, findings: [] },
    diff: diffOf(live.document, document),
  };
}

/** `paused=N`: paused with N changes held. `aside=N`: N rules set aside. */
function standingOf(address: URLSearchParams, now: number, long: boolean): Standing {
  const held = address.get('paused');
  const aside = Number(address.get('aside') ?? 0);
  const { rules } = ruleSetOf(address.get('rules'));
  const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  return {
    paused:
      held === null
        ? null
        : {
            by: long ? 'Maximiliane Hohenstaufen-Wittgenstein de la Fuente y Castellanos' : 'Mara Lindqvist',
            why: address.has('why') ? address.get('why') : null,
            since: ago(12),
            held: Number(held),
          },
    set_aside: rules
      .filter((rule) => rule.enabled !== false)
      .slice(2, 2 + aside)
      .map(({ id, name }, i) => ({
        rule: id,
        name: long ? `${name}, with a name so long that nobody ever says all of it and everybody wonders why` : name,
        why: [
          'It would set 212 Tasks for one event, and its limit is 100. Raise the limit if that is meant',
          'What it sets is set back each time, 4 times in 10 min, by publish_bot 2.4. Agree with whoever runs it who has the last word',
          'Its filter cannot be read: there is no field “sg_delivery_typ” on a Version',
        ][i % 3]!,
        since: ago(34 + i * 90),
      })),
  };
}

function page(before: number, limit: number, filter: FeedFilter, at: (seq: number) => FeedRow): FeedPage {
  const rows: FeedRow[] = [];
  const said = says(filter);
  let seq = before - 1;
  for (; seq > 0 && rows.length < limit; seq -= 1) {
    const row = at(seq);
    if (matches(filter, row) && said(row)) rows.push(row);
  }
  return { rows, more: seq > 0 };
}

function says(filter: FeedFilter): (row: FeedRow) => boolean {
  const words = filter.text.trim().toLowerCase();
  return (row) => words === '' || JSON.stringify(row).toLowerCase().includes(words);
}

function* downFrom(top: number, at: (seq: number) => FeedRow): Generator<FeedRow> {
  for (let seq = top; seq > 0; seq -= 1) yield at(seq);
}
