import type { Hand } from './hand.svelte';
import { pillAt, slotAt, type Layout } from './layout';

/** Less than that is a press that shook. */
const SHAKE = 5;
/** So near to the border the picture comes along. */
const EDGE = 28;
const PULL = 14;

interface Surface {
  layout: () => Layout;
  /** A point of the screen as one of the picture. */
  toPicture: (x: number, y: number) => { x: number; y: number };
  pan: (dx: number, dy: number) => void;
}

/** Dragging with the mouse: a line from the edge of a status, or the status itself. */
export function grip(hand: Hand, surface: Surface) {
  return (room: HTMLElement) => {
    let began: { x: number; y: number; pill: string; port: boolean; lifted: boolean } | null = null;

    function down(event: PointerEvent) {
      if (event.button !== 0 || !(event.target instanceof Element)) return;
      const port = event.target.closest('[data-port]');
      const pill = event.target.closest('[data-pill]');
      const id = port?.getAttribute('data-port') ?? pill?.getAttribute('data-pill');
      if (!id) return;
      began = { x: event.clientX, y: event.clientY, pill: id, port: port !== null, lifted: false };
      // Only what cannot be selected or scrolled is dragged: a line begins at once.
      if (port) event.preventDefault();
      addEventListener('pointermove', move);
      addEventListener('pointerup', up);
      addEventListener('pointercancel', stop);
    }

    function move(event: PointerEvent) {
      if (!began) return;
      // Escape let go of it.
      if (began.lifted && !hand.held) return stop();
      if (!hand.held && Math.hypot(event.clientX - began.x, event.clientY - began.y) < SHAKE) return;
      const pill = hand.stage.picture.pills.get(began.pill);
      if (!pill) return stop();
      hand.stage.pointed = null;
      began.lifted = true;
      follow(event);
      const { x, y } = surface.toPicture(event.clientX, event.clientY);
      const layout = surface.layout();
      if (began.port) {
        const over = pillAt(layout, x, y);
        hand.held = { kind: 'link', from: pill, x, y, over: over && hand.canLink(pill, over) ? over : null };
      } else {
        hand.held = { kind: 'move', pill, x, y, slot: slotAt(layout, pill, x, y) };
      }
    }

    function follow(event: PointerEvent) {
      const box = room.getBoundingClientRect();
      const pull = (at: number, low: number, high: number) => (at < low + EDGE ? PULL : at > high - EDGE ? -PULL : 0);
      const dx = pull(event.clientX, box.left, box.right);
      const dy = pull(event.clientY, box.top, box.bottom);
      if (dx !== 0 || dy !== 0) surface.pan(dx, dy);
    }

    function up() {
      const { held } = hand;
      const dragged = held !== null;
      stop();
      if (held?.kind === 'link' && held.over) hand.connect(held.from, held.over);
      if (held?.kind === 'move') {
        const onto = held.slot ? null : pillAt(surface.layout(), held.x, held.y);
        if (held.slot) hand.drop(held.pill, held.slot);
        // Whoever carries a status onto one of another column means a link.
        else if (onto) hand.connect(held.pill, onto);
      }
      // The press that follows a drag is none.
      if (dragged) {
        const swallow = (click: MouseEvent) => click.stopPropagation();
        addEventListener('click', swallow, { capture: true, once: true });
        setTimeout(() => removeEventListener('click', swallow, { capture: true }));
      }
    }

    function stop() {
      began = null;
      hand.held = null;
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', stop);
    }

    room.addEventListener('pointerdown', down);
    return () => {
      stop();
      room.removeEventListener('pointerdown', down);
    };
  };
}
