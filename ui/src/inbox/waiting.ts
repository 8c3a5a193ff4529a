import type { WaitingChange } from '../api/types/WaitingChange';

/** What waits because of one event, each with how deep it hangs beneath another that waits. */
export interface Group {
  seq: number;
  first: WaitingChange;
  changes: readonly { change: WaitingChange; depth: number }[];
}

/** What waits, by event, as it came. */
export function groupsOf(waiting: readonly WaitingChange[]): Group[] {
  const depths = new Map<number, number>();
  const groups = new Map<number, { change: WaitingChange; depth: number }[]>();
  for (const change of waiting) {
    const above = change.follows_from === null ? undefined : depths.get(change.follows_from);
    const depth = above === undefined ? 0 : above + 1;
    depths.set(change.change, depth);
    const group = groups.get(change.seq);
    if (group) group.push({ change, depth });
    else groups.set(change.seq, [{ change, depth }]);
  }
  return [...groups].map(([seq, changes]) => ({ seq, first: changes[0]!.change, changes }));
}

/** These and the waiting ones that they follow from: none can be accepted without its cause. */
export function withCauses(waiting: readonly WaitingChange[], ids: Iterable<number>): Set<number> {
  const causes = new Map(waiting.map((one) => [one.change, one.follows_from]));
  const wanted = new Set<number>();
  for (const id of ids) {
    for (let at: number | null | undefined = id; at != null && causes.has(at) && !wanted.has(at); at = causes.get(at)) {
      wanted.add(at);
    }
  }
  return wanted;
}

/** These and the waiting ones that follow from them: a declined cause takes them out too. */
export function withFollowers(waiting: readonly WaitingChange[], ids: Iterable<number>): Set<number> {
  const known = new Set(waiting.map((one) => one.change));
  const wanted = new Set([...ids].filter((id) => known.has(id)));
  // A change stands after the one that it follows from only within its event, so it is gone through until nothing is added.
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const one of waiting) if (one.follows_from !== null && wanted.has(one.follows_from)) wanted.add(one.change);
  }
  return wanted;
}

/** Chosen or not, with what cannot be without it. */
export function toggled(
  waiting: readonly WaitingChange[],
  chosen: ReadonlySet<number>,
  id: number,
): ReadonlySet<number> {
  if (!chosen.has(id)) return new Set([...chosen, ...withCauses(waiting, [id])]);
  const out = withFollowers(waiting, [id]);
  return new Set([...chosen].filter((one) => !out.has(one)));
}
