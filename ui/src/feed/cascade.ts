import type { Change } from '../api/types/Change';

/** One drawn line of a cascade: a change, or siblings that say the same and are told as one. */
export interface Line {
  key: string;
  depth: number;
  /** For each level above this line: whether a sibling of that ancestor follows further down, so that its rail goes on. */
  rails: boolean[];
  /** Whether a sibling of this line follows. */
  goesOn: boolean;
  changes: readonly [Change, ...Change[]];
}

interface Branch {
  changes: [Change, ...Change[]];
  children: Branch[];
}

/** From this many siblings on, changes by one rule to one status, or of one field to one value, are told as one line. */
const TELL_AS_ONE = 4;

export function cascadeLines(changes: readonly Change[]): Line[] {
  const below = new Map<number | null, Change[]>();
  const above = new Set<number>();
  for (const change of changes) {
    // A parent stands before its children; anything else has lost its parent and hangs beneath the event.
    const parent = change.parent !== null && above.has(change.parent) ? change.parent : null;
    above.add(change.id);
    const list = below.get(parent);
    if (list) list.push(change);
    else below.set(parent, [change]);
  }

  const grow = (parent: number | null): Branch[] =>
    together((below.get(parent) ?? []).map((change) => ({ changes: [change], children: grow(change.id) })));

  const lines: Line[] = [];
  const draw = (branches: Branch[], depth: number, rails: boolean[]) => {
    branches.forEach((branch, i) => {
      const goesOn = i < branches.length - 1;
      lines.push({ key: String(branch.changes[0].id), depth, rails, goesOn, changes: branch.changes });
      draw(branch.children, depth + 1, [...rails, goesOn]);
    });
  };
  draw(grow(null), 0, []);
  return lines;
}

function together(branches: Branch[]): Branch[] {
  const groups = new Map<string, Branch[]>();
  for (const branch of branches) {
    const key = sayingOf(branch);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(branch);
    else groups.set(key, [branch]);
  }
  const drawn: Branch[] = [];
  const told = new Set<Branch>();
  for (const branch of branches) {
    if (told.has(branch)) continue;
    const key = sayingOf(branch);
    const group = key === null ? undefined : groups.get(key);
    if (group && group.length >= TELL_AS_ONE) {
      for (const one of group) told.add(one);
      drawn.push({ changes: group.flatMap((g) => g.changes) as [Change, ...Change[]], children: [] });
    } else {
      drawn.push(branch);
    }
  }
  return drawn;
}

/** What siblings must have in common to be told as one; null for a change that must be worded on its own. */
function sayingOf({ changes: [change], children }: Branch): string | null {
  if (children.length > 0 || inTrouble(change)) return null;
  const standing = asks(change) ? 'asks' : change.state === 'undone' ? 'undone' : isAlreadyThere(change);
  return [change.rule, change.entity.type, change.field ?? '', change.to ?? '', standing].join('\u0000');
}

/** Waits for a person, because its site asks first. */
export function asks(change: Change): boolean {
  return change.skip === 'asks';
}

/** Whether the site has it from Callboard, so that it can be undone. */
export function isWritten({ state }: Change): boolean {
  return state === 'applied' || state === 'confirmed';
}

/** Skipped because the target had the wanted status: nothing a person needs to look at. */
export function isAlreadyThere(change: Change): boolean {
  return change.skip === 'already_there';
}

export function inTrouble(change: Change): boolean {
  return change.state === 'failed' || (change.state === 'skipped' && !isAlreadyThere(change) && !asks(change));
}

export function lineCount(changes: readonly Change[] | undefined): number {
  return changes && changes.length > 0 ? cascadeLines(changes).length : 0;
}

/** The one status or value that all of them have, or `various`. */
export function commonFrom(changes: readonly [Change, ...Change[]]): { code: string | null } | 'various' {
  const [first] = changes;
  return changes.every((c) => c.from === first.from) ? { code: first.from } : 'various';
}
