import type { Change } from '../api/types/Change';
import type { DeliveryView } from '../api/types/DeliveryView';
import type { FeedRow } from '../api/types/FeedRow';
import type { FiredRule } from '../api/types/FiredRule';
import type { Skip } from '../api/types/Skip';
import { asSentence, between, duration } from '../frame/format';
import { S } from '../strings';
import { handedOverBy, saidOfCarry, toneOfCarry } from './elsewhere';
import { replayOf } from './replay';
import { asks, cascadeLines, inTrouble, isAlreadyThere, type Line } from './cascade';

export interface Step {
  key: string;
  tone: 'plain' | 'good' | 'warn' | 'bad' | 'open';
  title: string;
  /** Since the delivery arrived. */
  at: string;
  sentences: string[];
  /** Its first sentence is still asked for. */
  awaited?: true;
  line?: Line;
  /** The event that it leads to, or comes from. */
  leadsTo?: number;
}

/** What the journal knows of an event beyond its row. */
export interface Known {
  rules: readonly FiredRule[];
  delivery: DeliveryView | null;
}

/** The way from the delivery to what became of it, as steps one can read down. Null for what is still asked of the journal. */
export function trailOf(row: FeedRow, known: Known | null): Step[] {
  return [arrival(row, known), ...fired(row, known), ...handedOver(row), outcome(row)];
}

function arrival(row: FeedRow, known: Known | null): Step {
  const number = row.event_log_entry_id === null ? [] : [S.drawer.number(row.event_log_entry_id)];
  if (row.road === 'hand') {
    const by = row.by_hand;
    const replayed = replayOf(row);
    const over = handedOverBy(row);
    if (over && replayed === null) {
      const { rule, site, from } = over;
      const w = S.event.elsewhere;
      return { ...step('arrival', 'plain', w.from(site), '', [w.because(rule, site, from)]), leadsTo: from };
    }
    const how =
      by && replayed !== null
        ? [S.event.replay.markWhy(by.entered_by, replayed)]
        : by
          ? [S.feed.byHandWhy(by.entered_by, by.source, by.row)]
          : [];
    return step('arrival', 'plain', S.drawer.byHand, '', row.seen_again > 0 ? [...how, S.feed.seenAgainWhy] : how);
  }
  if (row.road === 'log') {
    return step('arrival', 'plain', S.drawer.readFromLog, '', [S.drawer.readFromLogWhy, ...number]);
  }
  const delivery = known?.delivery;
  const verdict = delivery ? [S.drawer.receivedBy(delivery.hook, asSentence(delivery.verdict))] : [];
  const again = row.seen_again > 0 ? [S.feed.seenAgainWhy] : [];
  const received = step('arrival', 'plain', S.drawer.received, duration(0), [...verdict, ...again, ...number]);
  return known ? received : { ...received, awaited: true };
}

function fired(row: FeedRow, known: Known | null): Step[] {
  const cascade = row.cascade;
  if (!cascade) return [];
  return cascadeLines(cascade.changes).map((line) => {
    const [change] = line.changes;
    const rule = known?.rules.find((r) => r.id === change.rule);
    const accepted = change.accepted_by === undefined ? undefined : S.event.acceptedBy(change.accepted_by);
    const sentences = [rule?.sentence, S.drawer.revision(rule?.name ?? change.rule_name, cascade.revision), accepted];
    return {
      ...step(
        line.key,
        toneOf(change),
        rule?.name ?? change.rule_name,
        `+${duration(between(row.received_at, change.planned_at))}`,
        sentences.filter((s) => s !== undefined),
      ),
      ...(known ? {} : { awaited: true as const }),
      line,
    };
  });
}

function handedOver(row: FeedRow): Step[] {
  return (row.cascade?.carried ?? []).map((carry) => ({
    ...step(
      `carry ${carry.id}`,
      toneOfCarry(carry),
      S.event.elsewhere.to(carry.rule_name, carry.site, carry.state === 'carried'),
      carry.state === 'planned' ? '' : `+${duration(between(row.received_at, carry.settled_at))}`,
      saidOfCarry(carry),
    ),
    ...(carry.event === null ? {} : { leadsTo: carry.event }),
  }));
}

function toneOf(change: Change): Step['tone'] {
  if (change.state === 'failed') return 'bad';
  if (asks(change)) return 'open';
  if (change.state === 'skipped') return isAlreadyThere(change) ? 'plain' : 'warn';
  if (change.state === 'confirmed') return 'good';
  return change.state === 'undone' ? 'warn' : 'open';
}

function outcome(row: FeedRow): Step {
  const d = S.drawer;
  const why = (fallback: string) => [row.why ?? fallback];
  const changes = row.cascade?.changes ?? [];
  const waiting = changes.filter(asks).length;
  if (waiting > 0) return step('outcome', 'open', S.event.waits, '', [S.event.waitsWhy(waiting)]);
  const undone = changes.filter((change) => change.state === 'undone').length;
  if (undone > 0 && changes.every((change) => change.state === 'undone' || isAlreadyThere(change))) {
    return step('outcome', 'warn', S.event.undoneAll, '', [S.event.undoneAllWhy]);
  }
  switch (row.outcome) {
    case 'changed': {
      if (changes.length === 0) {
        return step('outcome', 'good', S.event.elsewhere.outcome, '', [S.event.elsewhere.outcomeWhy]);
      }
      const last = Math.max(0, ...changes.map((c) => between(row.received_at, c.settled_at)));
      return step(
        'outcome',
        'good',
        changes.length > 1 ? d.confirmedAll : d.confirmedOne,
        `+${duration(last)}`,
        row.why ? [row.why] : [],
      );
    }
    case 'waiting':
      return step('outcome', 'open', d.waiting, '', why(d.waitingWhy));
    case 'failed':
      return step('outcome', 'bad', d.failed, '', why(d.failedWhy));
    case 'skipped':
      return skipped(row);
    case 'echo':
      return step('outcome', 'good', d.echo, '', why(d.echoWhy));
    case 'not_understood':
      return step('outcome', 'warn', d.notUnderstood, '', why(d.notUnderstoodWhy));
    case 'nothing':
      if (row.operation === 'test') return step('outcome', 'good', d.test, '', why(d.testWhy));
      if (row.operation === 'hook_status') return step('outcome', 'plain', d.hookStatus, '', why(d.hookStatusWhy));
      return step('outcome', 'plain', d.nothing, '', row.why ? [asSentence(row.why)] : [d.nothingWhy]);
  }
}

/** People win is one reason of several why nothing was written. */
function skipped(row: FeedRow): Step {
  const d = S.drawer;
  const left = (row.cascade?.changes ?? []).filter(inTrouble);
  const first = left[0];
  if (left.some((change) => change.skip === 'paused')) return step('outcome', 'warn', d.held, '', [d.heldWhy]);
  if (left.length > 0 && left.every((change) => change.skip === 'declined' || change.skip === 'cause_lost')) {
    return step('outcome', 'warn', S.event.declinedTitle, '', first?.reason ? [asSentence(first.reason)] : []);
  }
  if (first?.skip === 'replaced') return step('outcome', 'warn', S.event.passedOver, '', [S.event.passedOverWhy]);
  if (!first || first.skip === undefined || PEOPLE.has(first.skip)) {
    return step('outcome', 'warn', d.skipped, '', [row.why ?? d.skippedWhy]);
  }
  const why = row.why ?? first.reason;
  return step('outcome', 'warn', d.notWritten, '', why ? [asSentence(why)] : []);
}

/** Skipped because somebody else had their way. */
const PEOPLE: ReadonlySet<Skip> = new Set(['overruled', 'later_word', 'conflict']);

function step(key: string, tone: Step['tone'], title: string, at: string, sentences: string[]): Step {
  return { key, tone, title, at, sentences };
}
