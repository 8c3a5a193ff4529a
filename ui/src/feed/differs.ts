/** One value that two payloads do not have in common. */
export interface Differs {
  /** Where it stands: `data.meta.new_value`, `data.tags[2]`. */
  path: string;
  /** The value as JSON; null where there is none. */
  old: string | null;
  new: string | null;
}

/** What a payload has otherwise than the one before it, in its own order; null where either is not JSON. */
export function differsOf(before: string, now: string): Differs[] | null {
  const old = leavesOf(before);
  const fresh = leavesOf(now);
  if (old === null || fresh === null) return null;
  const differs: Differs[] = [];
  for (const [path, value] of fresh) {
    const was = old.get(path) ?? null;
    if (was !== value) differs.push({ path, old: was, new: value });
  }
  for (const [path, value] of old) {
    if (!fresh.has(path)) differs.push({ path, old: value, new: null });
  }
  return differs;
}

/** A leaf is whatever has nothing beneath it, so an empty list is one too. */
function leavesOf(payload: string): Map<string, string> | null {
  let root: unknown;
  try {
    root = JSON.parse(payload);
  } catch {
    return null;
  }
  const leaves = new Map<string, string>();
  // A stack rather than recursion: nothing says how deep a payload is.
  const stack: [string, unknown][] = [['', root]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [path, value] = next;
    const below = belowOf(path, value);
    if (below.length === 0) leaves.set(path === '' ? '$' : path, JSON.stringify(value));
    else for (const one of below.reverse()) stack.push(one);
  }
  return leaves;
}

function belowOf(path: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.map((one, i) => [`${path}[${i}]`, one]);
  return Object.entries(value).map(([key, one]) => [join(path, key), one]);
}

const PLAIN = /^[A-Za-z_][\w-]*$/;

function join(path: string, key: string): string {
  if (!PLAIN.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
