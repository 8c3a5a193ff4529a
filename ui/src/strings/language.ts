/** Words of choosing the window's language. */
export const language = {
  label: 'Language',
  why: 'The window loads anew in it. What the engine says itself, notifications too, stays in English for now.',
  speak: (name: string) => `Language: ${name}`,
  /** What a language is looked for by, beside its own name. */
  also: { en: 'english language sprache', de: 'german deutsch language sprache' },
};
