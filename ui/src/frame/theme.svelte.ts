export type Theme = 'system' | 'light' | 'dark';

const KEY = 'callboard.theme';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

function stored(): Theme {
  const given = import.meta.env.DEV ? new URLSearchParams(location.search).get('theme') : null;
  const value = given ?? localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === value) ?? 'system';
}

class ThemeChoice {
  chosen = $state<Theme>(stored());

  constructor() {
    this.#show();
  }

  next(): void {
    this.choose(THEMES[(THEMES.indexOf(this.chosen) + 1) % THEMES.length]!);
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    localStorage.setItem(KEY, this.chosen);
    this.#show();
  }

  #show(): void {
    // Every colour is a light-dark() pair, so the scheme alone decides.
    document.documentElement.style.colorScheme = this.chosen === 'system' ? 'light dark' : this.chosen;
  }
}

export const theme = new ThemeChoice();
