import { describe, expect, it } from 'vitest';
import { cell, headOf, linesOf } from './csv';
import { curlOf } from './curl';
import { keyOf, MOST_KEPT, readKept, turned, wordsOf, writeKept } from './kept';
import { ruleFrom } from './ruleFrom';
import { whenOf } from './when';
import { pageOf } from './address';
import { ANY } from './filter';
import type { FeedRow } from '../api/types/FeedRow';
import type { SiteView } from '../api/types/SiteView';

const ROW: FeedRow = {
  seq: 7,
  site: 'studio',
  road: 'hook',
  hook: 'versions',
  event_log_entry_id: 545_007,
  event_type: 'Shotgun_Version_Change',
  operation: 'update',
  entity: { type: 'Version', id: 6_001, name: '=SUM(A1)' },
  parent: { type: 'Shot', id: 801, name: 'SQ010_0040' },
  field: 'sg_status_list',
  is_status: true,
  old: 'rev',
  new: 'apv',
  hook_word: null,
  note: null,
  by_hand: null,
  actor: { kind: 'person', type: 'HumanUser', id: 3, name: 'Lindqvist, Mara "Mo"' },
  project: null,
  occurred_at: '2026-11-20T14:00:00.000Z',
  received_at: '2026-11-20T14:00:00.200Z',
  outcome: 'changed',
  why: null,
  seen_again: 0,
  cascade: {
    seq: 1,
    revision: 41,
    rule_set: 'Some',
    decided_at: '2026-11-20T14:00:00.203Z',
    changes: [
      {
        id: 70,
        entity: { type: 'Task', id: 4_001, name: 'Composite' },
        from: 'ip',
        to: 'apv',
        rule: 'r',
        rule_name: '@Approved',
        parent: null,
        state: 'confirmed',
        reason: null,
        attempts: 1,
        planned_at: '2026-11-20T14:00:00.203Z',
        settled_at: '2026-11-20T14:00:00.400Z',
      },
    ],
  },
};

const SITE: SiteView = {
  name: 'studio',
  kind: 'shotgrid',
  url: 'https://studio.shotgrid.autodesk.com/',
  write: 'act',
  trouble: null,
  log: null,
};

describe('rows as CSV', () => {
  it.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠x'])(
    'leave no cell that begins with a formula: %j',
    (text) => {
      expect(cell(text).replace(/^"/, '')).toMatch(/^'/);
    },
  );

  it('quote what would break a line or a cell', () => {
    expect(cell('a, "b"\nc')).toBe('"a, ""b""\nc"');
    expect(cell('plain - text')).toBe('plain - text');
  });

  it('have a line an event and one for each change, all as long as the first', () => {
    const statuses = { Version: [{ code: 'apv', name: 'Approved', color: null }] };
    const lines = `${headOf()}${linesOf([{ ...ROW, actor: null }], statuses)}`.slice(1).trimEnd().split('\r\n');
    expect(lines.map((line) => line.split(',').length)).toEqual([16, 16, 16]);
    expect(lines[1]).toContain(",Version,'=SUM(A1),6001,,rev,Approved,");
    expect(lines[2]).toContain(",Task,Composite,4001,,ip,apv,'@Approved,confirmed,");
  });
});

describe('an event as curl', () => {
  it('is one command that no payload breaks out of, without secrets', () => {
    const delivery = {
      seq: 1,
      hook: 'versions',
      received_at: ROW.received_at,
      verdict: 'good',
      bytes: 3,
      headers: [
        ['content-type', 'application/json'],
        ['content-length', '3'],
        ['x-sg-signature', '(left out)'],
      ] as [string, string][],
    };
    expect(curlOf('http://127.0.0.1:8787', delivery, `{"a":"it's $(here)"}`)).toBe(
      `curl -X POST 'http://127.0.0.1:8787/hooks/versions' \\\n` +
        `  -H 'content-type: application/json' \\\n` +
        `  --data-raw '{"a":"it'\\''s $(here)"}'`,
    );
  });

  it('sends a payload that begins with @ as it is, and no file', () => {
    const delivery = { seq: 1, hook: 'x', received_at: ROW.received_at, verdict: 'good', bytes: 1, headers: [] };
    const command = curlOf('http://127.0.0.1:8787', delivery, '@/etc/passwd');
    // Of curl's ways to send text, this one alone reads no file that the text names.
    expect(command).toContain("--data-raw '@/etc/passwd'");
    expect(command).not.toMatch(/--data-binary|--data |-d |-F /);
  });
});

describe('the page of an event', () => {
  it('is the tracker’s page of the entity', () => {
    expect(pageOf(ROW, [SITE])).toBe('https://studio.shotgrid.autodesk.com/detail/Version/6001');
  });

  it('is none where the site is another, or its address no page', () => {
    expect(pageOf(ROW, [])).toBeNull();
    expect(pageOf({ ...ROW, entity: null }, [SITE])).toBeNull();
    expect(pageOf(ROW, [{ ...SITE, url: 'javascript:alert(1)' }])).toBeNull();
    expect(pageOf(ROW, [{ ...SITE, kind: 'creative_force' }])).toBeNull();
  });

  it('is the sidebar over its project in ftrack, and over the home page where no project is told', () => {
    const site = { ...SITE, kind: 'ftrack', url: 'https://studio.ftrackapp.com' };
    const of = (type: string, project: string | null) =>
      pageOf(
        {
          ...ROW,
          entity: { type, id: 'a1', name: null },
          project: project === null ? null : { type: 'Project', id: project, name: null },
        },
        [site],
      );
    const at = 'https://studio.ftrackapp.com/#slideEntityId=a1&slideEntityType=';
    expect(of('Version', 'p1')).toBe(`${at}assetversion&itemId=projects&entityType=show&entityId=p1&view=versions_v1`);
    expect(of('Shot', 'p1')).toBe(`${at}task&itemId=projects&entityType=show&entityId=p1&view=tasks`);
    expect(of('Note', 'p1')).toBeNull();
    expect(of('Task', null)).toBe(`${at}task&itemId=home`);
  });
});

describe('a rule from an event', () => {
  const set = { callboard: 1, name: 'Some', statuses: {}, rules: [] };

  it('starts when the same happens', () => {
    expect(ruleFrom(set, ROW)).toMatchObject({
      when: { entity: 'Version', becomes: ['apv'] },
      then: { set: 'task', to: [] },
    });
    expect(ruleFrom(set, { ...ROW, is_status: false, field: 'sg_cut_in' })?.when).toEqual({
      entity: 'Version',
      field: 'sg_cut_in',
    });
    expect(ruleFrom(set, { ...ROW, operation: 'note' })?.when.on).toEqual(['note_added']);
  });

  it('cannot be begun of what happened to no entity', () => {
    expect(whenOf({ ...ROW, entity: null })).toBeNull();
    expect(whenOf({ ...ROW, operation: 'hook_status' })).toBeNull();
    expect(ruleFrom(set, { ...ROW, operation: 'test' })).toBeNull();
  });
});

describe('kept filters', () => {
  const failed = { ...ANY, outcomes: ['failed' as const], text: 'mara' };

  it('are kept once, and forgotten by the same press', () => {
    const kept = turned([], failed);
    expect(kept.map(wordsOf)).toEqual(['Failed · “mara”']);
    expect(turned(kept, { ...failed, text: ' mara ' })).toEqual([]);
    expect(turned(kept, ANY)).toBe(kept);
  });

  it('stay within their number', () => {
    let kept = turned([], failed);
    for (let n = 0; n < 20; n += 1) kept = turned(kept, { ...ANY, text: `word ${n}` });
    expect(kept).toHaveLength(MOST_KEPT);
  });

  it('survive being written, and leave out what is none', () => {
    const store = new Map<string, string>();
    const storage = {
      getItem: (k: string) => store.get(k) ?? null,
      setItem: (k: string, v: string) => void store.set(k, v),
    };
    writeKept(storage, [failed]);
    expect(readKept(storage).map(keyOf)).toEqual([keyOf(failed)]);
    const [place] = store.keys();
    store.set(place!, '[1, {"outcomes": ["bogus"]}, {"projects": ["A", 4]}]');
    expect(readKept(storage)).toEqual([{ ...ANY, projects: ['A'] }]);
    store.set(place!, '{');
    expect(readKept(storage)).toEqual([]);
  });
});
