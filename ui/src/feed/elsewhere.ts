import type { CarryView } from '../api/types/CarryView';
import type { FeedRow } from '../api/types/FeedRow';
import { asSentence } from '../frame/format';
import { S } from '../strings';
import type { Verdict } from './wording';

/** What the engine calls an event that another site handed over. */
const ARRIVAL = 'Callboard_Elsewhere';

/** From where an event was handed over, and by which rule; null where it was not. */
export function handedOverBy(row: FeedRow): { rule: string; site: string; from: number } | null {
  if (row.event_type !== ARRIVAL || row.road !== 'hand') return null;
  if (typeof row.new !== 'object' || row.new === null) return null;
  const { name, through, from } = row.new as { name?: unknown; through?: unknown; from?: unknown };
  const site: unknown = Array.isArray(through) ? through.at(-1) : undefined;
  return typeof name === 'string' && typeof site === 'string' && typeof from === 'number'
    ? { rule: name, site, from }
    : null;
}

/** What became of something that was handed over to another site, in sentences. */
export function saidOfCarry(carry: CarryView): string[] {
  const w = S.event.elsewhere;
  const wanted = carry.key === null ? [] : [w.wanted(carry.type, carry.find_by, carry.key)];
  const why = carry.reason === null ? [] : [asSentence(carry.reason)];
  switch (carry.state) {
    case 'carried':
      return carry.found ? [w.found(carry.found.type, carry.found.name ?? String(carry.found.id))] : wanted;
    case 'planned':
      return [...wanted, ...(why.length > 0 ? why : [w.planned(carry.site)])];
    case 'skipped':
      return why;
    case 'failed':
      return why.length > 0 ? why : wanted;
  }
}

export function toneOfCarry({ state }: CarryView): 'good' | 'open' | 'warn' | 'bad' {
  return ({ carried: 'good', planned: 'open', skipped: 'warn', failed: 'bad' } as const)[state];
}

/** What became of all that an event hands over, on its row. */
export function inShort(carried: readonly CarryView[]): Verdict {
  const w = S.event.elsewhere;
  const sites = [...new Set(carried.map((carry) => carry.site))].join(', ');
  const trouble = carried.find((carry) => carry.state === 'failed') ?? carried.find(({ state }) => state === 'skipped');
  if (trouble) {
    const mark = trouble.state === 'failed' ? 'failed' : 'skipped';
    return { mark, words: trouble.reason ?? w.notTo(trouble.site), time: '' };
  }
  const open = carried.find((carry) => carry.state === 'planned');
  return open
    ? { mark: 'waiting', words: open.reason ?? w.planned(open.site), time: '' }
    : { mark: 'good', words: w.some(sites), time: '' };
}
