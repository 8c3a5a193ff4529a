/** The languages that the window speaks, each with its own name for itself. */
export const languages = [
  { code: 'en', name: 'English' },
  { code: 'de', name: 'Deutsch' },
] as const;

export type Language = (typeof languages)[number]['code'];

/**
 * The shape of a language's strings with their values left open. The other languages are typed by it, so that a string
 * that is missing, or that English does not have, does not compile.
 */
export type Translated<T> = T extends string
  ? string
  : T extends boolean
    ? boolean
    : T extends (...given: infer A) => infer R
      ? (...given: A) => Translated<R>
      : T extends object
        ? { readonly [K in keyof T]: Translated<T[K]> }
        : T;

const KEY = 'callboard.language';

/** What was chosen, else the first of the languages asked for that there is, else English. */
export function languageFrom(kept: string | null, wanted: readonly string[]): Language {
  const known = (tag: string) => languages.find(({ code }) => code === tag)?.code;
  const asked = wanted.map((tag) => known(tag.toLowerCase().split(/[-_]/)[0] ?? ''));
  return known(kept ?? '') ?? asked.find((code) => code !== undefined) ?? 'en';
}

/** The language of this window, the same from its start to its end. English where there is no window. */
export function language(): Language {
  return current;
}

/** Keeps the language and loads the window anew in it. */
export function setLanguage(code: Language): void {
  localStorage.setItem(KEY, code);
  const address = new URL(location.href);
  if (address.searchParams.has('lang')) {
    address.searchParams.delete('lang');
    location.replace(address);
  } else {
    location.reload();
  }
}

/** What is said in each language, as this window says it. */
export function spoken<T>(said: Record<Language, T>): T {
  return said[current];
}

function chosen(): Language {
  if (typeof window === 'undefined') return 'en';
  const given = import.meta.env.DEV ? new URLSearchParams(location.search).get('lang') : null;
  // WebKit passes on the language of a desktop that has none (LANG=C) as it is, or none at all.
  const wanted: readonly string[] | undefined = navigator.languages;
  return languageFrom(given ?? kept(), wanted ?? []);
}

/** A window whose storage is closed to it keeps nothing, and still has to open. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const current = chosen();
