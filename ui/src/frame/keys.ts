import { tinykeys } from 'tinykeys';

type Keys = Record<string, (event: KeyboardEvent) => void>;

/**
 * `view`: the list's and the picture's, silent while a sheet covers them. `window`: of the frame. `always`: in a dialog too, and
 * wherever a letter is not text. `sheet`: of the dialog of that name, silent while another lies over it.
 */
type Reach = 'view' | 'window' | 'always' | { sheet: string };

let sheets = 0;

/** A sheet lies over the view: its keys rest until the returned function is called. */
export function coverView(): () => void {
  sheets += 1;
  return () => (sheets -= 1);
}

/** Keys of the window. While somebody types, single letters are letters. */
export function bindKeys(keys: Keys, reach: Reach = 'view'): () => void {
  return tinykeys(
    window,
    Object.fromEntries(
      Object.entries(keys).map(([key, act]) => [
        key,
        (event: KeyboardEvent) => {
          if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
          if ((reach === 'always' ? isWriting : isTyping)(event.target) && key !== 'Escape') return;
          if (!reaches(reach, event.target, key)) return;
          act(event);
        },
      ]),
    ),
  );
}

/** The keys of undo and redo, wherever the focus is: where somebody types, the field's own undo comes first. */
export function bindUndo(undo: () => void, redo: () => void): () => void {
  const act = (event: KeyboardEvent, what: () => void) => {
    if (event.defaultPrevented || isTyping(event.target) || inDialog(event.target) || sheets > 0) return;
    event.preventDefault();
    what();
  };
  return tinykeys(window, {
    '$mod+z': (event) => act(event, undo),
    '$mod+Shift+Z': (event) => act(event, redo),
    '$mod+y': (event) => act(event, redo),
  });
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type="checkbox"]), textarea, select'))
  );
}

/** Whether a letter is text where the focus is, or chooses by the first letter. */
function isWriting(target: EventTarget | null): boolean {
  return isTyping(target) && !(target as HTMLElement).matches('[type="radio"], [type="range"], [type="color"]');
}

/** Whether Enter or Space already means something where the focus is. */
export function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, [role="menuitem"], [role="tab"]') !== null;
}

function reaches(reach: Reach, target: EventTarget | null, key: string): boolean {
  if (reach === 'always') return true;
  if (typeof reach === 'object') {
    const dialog = target instanceof Element ? target.closest<HTMLElement>('[role="dialog"]') : null;
    return dialog === null || dialog.dataset['testid'] === reach.sheet;
  }
  return (reach === 'window' || sheets === 0) && (key === 'Escape' || !inDialog(target));
}

function inDialog(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('[role="dialog"][aria-modal], [role="menu"], [role="listbox"], dialog') !== null
  );
}
