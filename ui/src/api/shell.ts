import type { Place } from './types/Place';

/** What only the shell can do. Each promise fails with an `AskError`. */
export interface Shell {
  startAtLogin(): Promise<boolean>;
  /** Answers whether it does now. */
  setStartAtLogin(on: boolean): Promise<boolean>;
  /** Says which language the window speaks: the shell's own words, in the panel and in a notification, are in it too. */
  speak(language: string): Promise<void>;
  /** Opens a page of a connected site in the browser. */
  openPage(url: string): Promise<void>;
  /** Ends Callboard, not only its window. */
  quit(): Promise<void>;
  /** Hears where the window is to go, until the returned function is called. */
  onGo(listener: (place: Place) => void): () => void;
}

/** Who does it for the shell: loaded when it is first needed. */
interface Doing {
  startAtLogin(): Promise<boolean>;
  setStartAtLogin(on: boolean): Promise<boolean>;
  speak(language: string): Promise<void>;
  openPage(url: string): Promise<void>;
  quit(): Promise<void>;
  onGo(listener: (place: Place) => void): Promise<() => void>;
}

export function shellOf(doing: () => Promise<Doing>): Shell {
  return {
    startAtLogin: async () => (await doing()).startAtLogin(),
    setStartAtLogin: async (on) => (await doing()).setStartAtLogin(on),
    speak: async (language) => (await doing()).speak(language),
    openPage: async (url) => (await doing()).openPage(url),
    quit: async () => (await doing()).quit(),
    onGo(listener) {
      let heard = true;
      const stopping = doing().then((it) => it.onGo((place) => heard && listener(place)));
      return () => {
        heard = false;
        void stopping.then((stop) => stop());
      };
    },
  };
}

function found(): Shell | null {
  if ('__TAURI_INTERNALS__' in globalThis) return shellOf(() => import('./tauri'));
  if (import.meta.env.DEV && 'location' in globalThis && new URLSearchParams(location.search).has('shell'))
    return shellOf(() => import('../dev/shell'));
  return null;
}

/** None in a browser. */
export const shell: Shell | null = found();
