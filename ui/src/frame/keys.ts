import { tinykeys } from 'tinykeys';

type Keys = Record<string, (event: KeyboardEvent) => void>;

/** Keys of the window. Single letters are the list's and the picture's; while somebody types they are letters. */
export function bindKeys(keys: Keys): () => void {
  return tinykeys(
    window,
    Object.fromEntries(
      Object.entries(keys).map(([key, act]) => [
        key,
        (event: KeyboardEvent) => {
          if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
          if (isTyping(event.target) && key !== 'Escape') return;
          if (inDialog(event.target) && key !== 'Escape') return;
          act(event);
        },
      ]),
    ),
  );
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
}

/** Whether Enter or Space already means something where the focus is. */
export function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, [role="menuitem"], [role="tab"]') !== null;
}

function inDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"][aria-modal], [role="menu"], dialog') !== null;
}
