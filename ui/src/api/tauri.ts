import { Channel, invoke } from '@tauri-apps/api/core';
import { inBase64 } from './base64';
import { AskError, type Answers, type Backend, type Listener } from './index';
import type { Ask } from './types/Ask';
import type { News } from './types/News';
import type { Place } from './types/Place';

const AGAIN = 1_000;

export function tauriBackend(): Backend {
  return {
    async ask<A extends Ask>(ask: A) {
      try {
        return await invoke<Answers[A['ask']]>('rpc', { ask });
      } catch (thrown) {
        throw AskError.from(thrown);
      }
    },
    listen(listener: Listener) {
      let open = true;
      const channel = new Channel<News>((news) => {
        if (open) listener.news(news);
      });
      const subscribe = async () => {
        while (open) {
          try {
            await invoke('listen', { channel });
            if (open) listener.connection('live');
            return;
          } catch {
            // The engine may still be starting.
            if (open) listener.connection('reconnecting');
            await new Promise((resolve) => setTimeout(resolve, AGAIN));
          }
        }
      };
      void subscribe();
      return () => {
        open = false;
      };
    },
  };
}

/** Has the shell put a file into the folder of downloads. Its path. */
export async function keepInDownloads(name: string, file: Blob): Promise<string> {
  return command('keep_file', { name, data: await inBase64(file) });
}

export function startAtLogin(): Promise<boolean> {
  return command('start_at_login');
}

export function setStartAtLogin(on: boolean): Promise<boolean> {
  return command('set_start_at_login', { on });
}

export function speak(language: string): Promise<void> {
  return command('speak', { language });
}

export function openPage(url: string): Promise<void> {
  return command('open_page', { url });
}

/** The shell keeps a place until the window hears. */
export async function onGo(listener: (place: Place) => void): Promise<() => void> {
  let open = true;
  const channel = new Channel<Place>((place) => {
    if (open) listener(place);
  });
  await command('hear_places', { channel });
  return () => {
    open = false;
  };
}

/** Ends Callboard, not only its window. */
export function quit(): Promise<void> {
  return command('quit');
}

async function command<T>(name: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(name, args);
  } catch (thrown) {
    throw AskError.from(thrown);
  }
}
