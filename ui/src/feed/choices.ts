/** One thing that a filter may be set to. */
export interface Choice {
  value: string;
  name: string;
  /** How many events it would leave; null while that is not known, or is beyond what was counted. */
  count: number | null;
}

type Counted = readonly { value: string; count: number }[];

/** What a facet may be set to: what was counted, most first, then what is known or chosen and was not met. */
export function choicesOf(
  counted: Counted | undefined,
  known: readonly string[],
  chosen: readonly string[],
  name: (value: string) => string = (value) => value,
): Choice[] {
  const counts = new Map(counted?.map(({ value, count }) => [value, count]));
  const rest = [...known, ...chosen].filter((value) => !counts.has(value));
  const values = [...counts.keys(), ...new Set(rest)];
  return values.map((value) => ({ value, name: name(value), count: counts.get(value) ?? (counted ? 0 : null) }));
}

/** The same choices in the order in which they stood before, so that nothing moves under a pointer. What is new goes last. */
export function inOrder(choices: readonly Choice[], before: readonly string[]): Choice[] {
  const places = new Map(before.map((value, i) => [value, i]));
  const place = ({ value }: Choice) => places.get(value) ?? before.length;
  return [...choices].sort((one, other) => place(one) - place(other));
}
