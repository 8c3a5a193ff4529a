export type Theme = 'system' | 'light' | 'dark';

const KEY = 'callboard.theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];

function stored(): Theme {
  const given = import.meta.env.DEV ? new URLSearchParams(location.search).get('theme') : null;
  const value = given ?? localStorage.getItem(KEY);
  return ORDER.find((theme) => theme === value) ?? 'system';
}

class ThemeChoice {
  chosen = $state<Theme>(stored());

  constructor() {
    this.#show();
  }

  next(): void {
    this.chosen = ORDER[(ORDER.indexOf(this.chosen) + 1) % ORDER.length]!;
    localStorage.setItem(KEY, this.chosen);
    this.#show();
  }

  #show(): void {
    // Every colour is a light-dark() pair, so the scheme alone decides.
    document.documentElement.style.colorScheme = this.chosen === 'system' ? 'light dark' : this.chosen;
  }
}

export const theme = new ThemeChoice();
