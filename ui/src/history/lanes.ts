import type { History } from '../api/types/History';
import type { Lane } from '../api/types/Lane';
import type { Span } from '../api/types/Span';
import { shortId } from '../frame/entity';

/** A span by its place: which lane, and which of its spans. */
export interface Spot {
  lane: number;
  span: number;
}

/** The newest span of the first lane that has any; where the keys begin. */
export function firstSpot({ lanes }: History): Spot | null {
  const lane = lanes.findIndex(({ spans }) => spans.length > 0);
  return lane < 0 ? null : { lane, span: lanes[lane]!.spans.length - 1 };
}

export function spanAt({ lanes }: History, spot: Spot | null): Span | null {
  return spot === null ? null : (lanes[spot.lane]?.spans[spot.span] ?? null);
}

/** The span before or after in the same lane. */
export function besides({ lanes }: History, spot: Spot, by: number): Spot {
  const many = lanes[spot.lane]?.spans.length ?? 0;
  return { ...spot, span: Math.max(0, Math.min(many - 1, spot.span + by)) };
}

/** The span of the next lane up or down that has one, at the same time or nearest to it. */
export function across(history: History, spot: Spot, by: 1 | -1): Spot {
  const from = spanAt(history, spot);
  if (!from) return spot;
  for (let lane = spot.lane + by; lane >= 0 && lane < history.lanes.length; lane += by) {
    const span = nearest(history.lanes[lane]!, Date.parse(from.from));
    if (span >= 0) return { lane, span };
  }
  return spot;
}

function nearest({ spans }: Lane, at: number): number {
  let best = spans.length > 0 ? 0 : -1;
  spans.forEach((span, i) => {
    if (Date.parse(span.from) <= at) best = i;
  });
  return best;
}

/** A lane's name: what tells it from the Shot, whose name its own may begin with. */
export function laneName({ entity, step }: Lane, whose: string | null): { name: string; quiet: string } {
  const name = entity.name ?? shortId(entity.id);
  if (entity.type === 'Version' && whose && name.startsWith(whose) && name.length > whose.length) {
    return { name: name.slice(whose.length).replace(/^[_\-. ]+/, ''), quiet: entity.type };
  }
  return { name, quiet: step !== null && step !== name && entity.type !== 'Version' ? step : entity.type };
}

/** Lanes where another kind begins, so that it can be told apart. */
export function beginsKind(lanes: readonly Lane[], i: number): boolean {
  return i > 0 && lanes[i]!.entity.type !== lanes[i - 1]!.entity.type;
}
