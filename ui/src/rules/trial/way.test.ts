import { describe, expect, it } from 'vitest';
import type { RuleVerdict } from '../../api/types/RuleVerdict';
import type { TraceStop } from '../../api/types/TraceStop';
import type { Trial } from '../../api/types/Trial';
import { OVERHAUL } from '../../dev/overhaul';
import { pictureOf } from '../picture';
import { nearest, nearness, saying, trailOf, wayOf, type Begun } from './way';

const picture = pictureOf(OVERHAUL);
const version = { type: 'Version', id: 1, name: 'sh010_comp_v001' };
const task = { type: 'Task', id: 2, name: 'Composite' };
const shot = { type: 'Shot', id: 3, name: 'sh010' };
const begun: Begun = { moment: 'updated', field: null, parent: 'sh010' };

const verdict = (rule: string, fired: boolean, failed: RuleVerdict['failed'] = []): RuleVerdict => ({
  rule,
  name: `Rule ${rule}`,
  fired,
  cause: 'event',
  failed,
  sentence: fired ? 'It applied.' : `It failed by ${failed[0]?.condition}.`,
});
const other: RuleVerdict['failed'] = [{ condition: 'entity', wanted: 'Shot', seen: 'Version' }];
const becomes: RuleVerdict['failed'] = [{ condition: 'becomes', wanted: ['apv'], seen: 'rev' }];
const step: RuleVerdict['failed'] = [{ condition: 'step', wanted: ['Roto'], seen: 'Composite' }];

const [toTask, toShot] = ['Version:rev>Task:rev', 'Task:rev>Shot:rev'].map((id) =>
  picture.links.find((link) => link.id === id)!,
);
const first = toTask!.rules[0]!.id;
const second = toShot!.rules[0]!.id;
const stop = (of: Partial<TraceStop>): TraceStop => ({
  cause: 'event',
  moment: 'updated',
  entity: version,
  from: null,
  to: null,
  verdicts: [],
  ...of,
});
const trial: Trial = {
  entity: version,
  changes: [
    { entity: task, from: 'ip', to: 'rev', rule: first, rule_name: 'To review', cause: 'event', reason: null },
    { entity: shot, from: 'actv', to: 'rev', rule: second, rule_name: 'Shot too', cause: { change: 0 }, reason: null },
  ],
  skipped: [
    { entity: shot, from: 'rev', to: 'rev', rule: 'c', rule_name: 'C', cause: { change: 0 }, reason: 'already there' },
  ],
  stops: [
    stop({
      from: 'cnv',
      to: 'rev',
      verdicts: [verdict('x', false, other), verdict(first, true), verdict('y', false, step)],
    }),
    stop({
      cause: { change: 0 },
      entity: task,
      from: 'ip',
      to: 'rev',
      verdicts: [verdict(second, true), verdict('c', true)],
    }),
    stop({ cause: { change: 1 }, entity: shot, from: 'actv', to: 'rev', verdicts: [verdict('x', false, becomes)] }),
  ],
  unknown: [],
};

describe('the way of an event', () => {
  const way = wayOf(trial, picture, begun);

  it('goes from the event to each change, by the links of the rules that made it', () => {
    expect(way.map((one) => [one.number, one.pill, one.links, one.by?.rule ?? null])).toEqual([
      [1, 'Version:rev', [], null],
      [2, 'Task:rev', [toTask!.id], first],
      [3, 'Shot:rev', [toShot!.id], second],
    ]);
    expect(way.map((one) => one.parent)).toEqual(['sh010', null, null]);
  });

  it('says of each rule that matched what came of it', () => {
    expect(way[0]!.matched).toEqual([{ rule: first, name: `Rule ${first}`, leads: [2], left: [] }]);
    expect(way[1]!.matched).toMatchObject([{ leads: [3] }, { leads: [], left: [{ reason: 'already there' }] }]);
  });

  it('puts the rules that nearly matched first', () => {
    expect(way[0]!.against.map((one) => one.rule)).toEqual(['y', 'x']);
    expect(nearness(verdict('z', false, [...other, ...step]))).toBe(nearness(verdict('z', false, step)));
  });

  it('lights as much as has been travelled', () => {
    expect([...trailOf(way, 3).stops]).toEqual([
      ['Version:rev', 1],
      ['Task:rev', 2],
      ['Shot:rev', 3],
    ]);
    const begins = trailOf(way, 1);
    expect([[...begins.pills], [...begins.links]]).toEqual([['Version:rev'], []]);
    expect([...trailOf(way, 2).links]).toEqual([toTask!.id]);
  });

  it('numbers a status that is reached twice by the later stop', () => {
    const again = way.map((one) => ({ ...one, pill: 'Task:rev' }));
    expect([...trailOf(again, 3).stops]).toEqual([['Task:rev', 3]]);
  });

  it('has one stop where no rule is on', () => {
    const bare = wayOf({ ...trial, changes: [], skipped: [], stops: [] }, picture, begun);
    expect(bare).toMatchObject([{ number: 1, entity: version, pill: null, against: [] }]);
    expect(nearest(bare, 3)).toEqual([]);
  });

  it('takes the values of a field for no statuses', () => {
    const field = wayOf({ ...trial, changes: [], skipped: [] }, picture, { ...begun, field: 'sg_type' });
    expect(field[0]).toMatchObject({ field: 'sg_type', to: 'rev', pill: null });
  });

  it('takes the values of a field that a rule sets for no statuses, and goes on from there', () => {
    const [toRev, shotToo] = trial.changes;
    const field = 'sg_delivery_type';
    const from = 'ip';
    const set = { ...trial, changes: [{ ...toRev!, field, from }, shotToo!] };
    const told = { ...set, stops: trial.stops.map((one) => (one.entity === task ? { ...one, field } : one)) };
    for (const one of [set, told]) {
      const gone = wayOf(one, picture, begun);
      expect(gone[1]).toMatchObject({ number: 2, field, from, to: 'rev', pill: null, links: [] });
      expect(gone[2]).toMatchObject({ field: null, pill: 'Shot:rev', links: [] });
      expect([...trailOf(gone, 3).stops]).toEqual([
        ['Version:rev', 1],
        ['Shot:rev', 3],
      ]);
    }
  });

  it('takes no stop of another field for the one of a change', () => {
    const field = 'sg_delivery_type';
    const [toRev] = trial.changes;
    const change = { ...toRev!, field, from: 'Draft', to: 'Final' };
    const status = wayOf({ ...trial, changes: [change] }, picture, begun);
    expect(status[1]).toMatchObject({ field, from: 'Draft', to: 'Final', matched: [], against: [] });
    const stops = [...trial.stops, stop({ cause: { change: 0 }, entity: task, field, from: 'Draft', to: 'Final' })];
    const both = wayOf({ ...trial, changes: [toRev!], stops: stops.reverse() }, picture, begun);
    expect(both[1]).toMatchObject({ field: null, from: 'ip', to: 'rev', pill: 'Task:rev' });
  });

  it('takes the field of an event from its stop', () => {
    const [began] = trial.stops;
    const one = wayOf({ ...trial, changes: [], stops: [{ ...began!, field: 'sg_type' }] }, picture, begun);
    expect(one[0]).toMatchObject({ field: 'sg_type', to: 'rev', pill: null });
  });

  it('goes on where a change has no stop of its own', () => {
    const cut = wayOf({ ...trial, stops: trial.stops.slice(0, 1) }, picture, begun);
    expect(cut.map((one) => [one.pill, one.from])).toEqual([
      ['Version:rev', 'cnv'],
      ['Task:rev', 'ip'],
      ['Shot:rev', 'actv'],
    ]);
  });

  it('counts changes after all the places of an event about several things', () => {
    const two = { ...trial, stops: [trial.stops[0]!, stop({ entity: shot, to: 'rev' }), ...trial.stops.slice(1)] };
    const long = wayOf(two, picture, begun);
    expect(long.map((one) => one.entity.type)).toEqual(['Version', 'Shot', 'Task', 'Shot']);
    expect(long[0]!.matched[0]!.leads).toEqual([3]);
  });

  it('names the nearest rules, and those of another kind only where there are no others', () => {
    expect(nearest(way, 3).map((one) => one.rule)).toEqual(['y']);
    const far = wayOf({ ...trial, stops: [stop({ verdicts: [verdict('x', false, other)] })] }, picture, begun);
    expect(nearest(far, 3).map((one) => one.rule)).toEqual(['x']);
    const off = verdict('z', false, [{ condition: 'switched_off' }]);
    expect(nearest(wayOf({ ...trial, stops: [stop({ verdicts: [off] })] }, picture, begun), 3)).toEqual([]);
  });

  it('finds verdicts by name and sentence', () => {
    expect(saying(way[0]!.against, ' BY STEP').map((one) => one.rule)).toEqual(['y']);
    expect(saying(way[0]!.against, '')).toHaveLength(2);
  });
});
