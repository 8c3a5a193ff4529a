import { Channel, invoke } from '@tauri-apps/api/core';
import { AskError, type Answers, type Backend, type Listener } from './index';
import type { Ask } from './types/Ask';
import type { News } from './types/News';

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
