/** What can be found by words. */
interface Findable {
  title: string;
  /** Further words that it is known by, such as a code. */
  words?: string;
}

const WHOLE = 1;
const START = 0.8;
const INSIDE = 0.5;
const LETTERS = 0.2;

/** Those that all of the words fit, best first; in their own order where they fit alike. */
export function find<T extends Findable>(all: readonly T[], text: string): T[] {
  const words = wordsOf(text);
  if (words.length === 0) return [...all];
  return all
    .map((one) => ({ one, score: scoreOf(one, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ one }) => one);
}

function scoreOf({ title, words = '' }: Findable, wanted: readonly string[]): number {
  const own = wordsOf(title);
  const more = wordsOf(words);
  let sum = 0;
  for (const want of wanted) {
    const best = Math.max(0, ...own.map((word) => fit(word, want)), ...more.map((word) => fit(word, want) * 0.95));
    if (best === 0) return 0;
    sum += best;
  }
  // Of those that fit alike: the one that begins as the typing does, then the one with the fewest words besides.
  const begins = own[0]?.startsWith(wanted[0] ?? '') ? 0.1 : 0;
  return sum / wanted.length + begins - own.length * 0.004;
}

function fit(word: string, want: string): number {
  if (word === want) return WHOLE;
  if (word.startsWith(want)) return START;
  if (word.includes(want)) return INSIDE;
  return want.length > 2 && 2 * want.length >= word.length && hasLetters(word, want) ? LETTERS : 0;
}

/** All letters in their order, the first one first: `aprvd` is `approved`. At least half of them must be there. */
function hasLetters(word: string, want: string): boolean {
  if (word[0] !== want[0]) return false;
  let at = 0;
  for (const letter of word) if (letter === want[at]) at += 1;
  return at === want.length;
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
