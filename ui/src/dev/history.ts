import type { EntityKey } from '../api/types/EntityKey';
import type { EntityRef } from '../api/types/EntityRef';
import type { History } from '../api/types/History';
import type { Lane } from '../api/types/Lane';
import type { Span } from '../api/types/Span';
import type { StatusView } from '../api/types/StatusView';
import { AskError } from '../api';
import { Dice } from './seed';

const STEPS = ['Prep', 'Rotoscoping', 'Paint', 'Computer Graphics', 'Lighting', 'Composite', 'Secondary Composite'];
const PEOPLE = ['Mara Lindqvist', 'Jonas Okafor', 'Priya Raman', 'Tomás Arce'];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Scene {
  /** `many`: 30 lanes and 500 spans, `one`: a single span, `none`, `cut`: the oldest left out. */
  how: string | null;
  long: boolean;
  now: number;
  newest: number;
  statuses: Partial<Record<string, StatusView[]>>;
}

/** A made-up past of a Shot with its Tasks and Versions. */
export function historyOf(entity: EntityKey, scene: Scene): History {
  if (entity.id === 99) throw new AskError('not_found', 'The journal holds nothing about it');
  const dice = new Dice(Number(entity.id) + 11);
  const name = scene.long
    ? 'SQ0200_0040_aerial_harbour_establishing_extended_edit_for_international_version'
    : 'SQ020_0010';
  const shot: EntityRef = { type: 'Shot', id: 840, name };
  const many = scene.how === 'many';
  const days = many ? 190 : 16;
  const lane = (whose: EntityRef, step: string | null, from: number, spans: number): Lane => ({
    entity: whose,
    step,
    spans: spansOf(dice, whose.type, from, spans, scene),
  });
  const start = scene.now - days * DAY;
  if (scene.how === 'none') return { entity: shot, parent: null, lanes: [], truncated: false };
  if (scene.how === 'one') {
    return { entity: shot, parent: null, lanes: [lane(shot, null, scene.now - 5 * HOUR, 1)], truncated: false };
  }
  const tasks = STEPS.slice(many ? 0 : 3).map((step, i) =>
    lane(
      { type: 'Task', id: 4_100 + i, name: scene.long ? `${step} with an uncommonly long task name` : step },
      step,
      start + i * 6 * HOUR,
      many ? 26 : 5,
    ),
  );
  const versions = Array.from({ length: many ? 22 : 4 }, (_, i) => {
    const step = STEPS[i % STEPS.length]!;
    const from = start + ((i + 1) * (scene.now - start)) / (many ? 24 : 5.4);
    const label = `${name}_${step.toLowerCase().slice(0, 4)}_v${String(i + 10).padStart(3, '0')}`;
    return lane({ type: 'Version', id: 6_000 + i, name: label }, step, from, many ? 13 : 3);
  }).reverse();
  const own = lane(shot, null, start, many ? 32 : 4);
  return {
    entity: shot,
    parent: { type: 'Sequence', id: 12, name: 'SQ020' },
    lanes: [own, ...tasks, ...versions],
    truncated: scene.how === 'cut',
  };
}

function spansOf(dice: Dice, type: string, from: number, many: number, scene: Scene): Span[] {
  const codes = (scene.statuses[type] ?? []).map(({ code }) => code);
  const cuts = Array.from({ length: many - 1 }, () => dice.next() ** 1.4).sort((one, other) => one - other);
  const ends = [0, ...cuts].map((share) => from + share * (scene.now - from - 20 * 60_000));
  let before: string | null = null;
  return ends.map((at, i) => {
    const status = codes[dice.below(codes.length)] ?? null;
    const ruled = i > 0 && dice.chance(0.55);
    const person = dice.pick(PEOPLE);
    const span: Span = {
      seq: Math.max(1, scene.newest - dice.below(200)),
      from: new Date(at).toISOString(),
      until: ends[i + 1] === undefined ? null : new Date(ends[i + 1]!).toISOString(),
      status,
      before,
      who: ruled ? null : { type: 'HumanUser', id: dice.below(40), name: person },
      by: ruled ? 'callboard' : 'person',
      rule: ruled ? 'The Shot follows the Task' : null,
      cause: ruled ? Math.max(1, scene.newest - dice.below(200)) : null,
    };
    before = status;
    return span;
  });
}
