const PLACE = 'callboard.payload';

/** How payloads are shown: what differs from the event before, or all of it. */
export type PayloadView = 'differs' | 'all';

export function readPayloadView(storage: Pick<Storage, 'getItem'>): PayloadView {
  try {
    return storage.getItem(PLACE) === 'differs' ? 'differs' : 'all';
  } catch {
    return 'all';
  }
}

export function writePayloadView(storage: Pick<Storage, 'setItem'>, view: PayloadView): void {
  try {
    storage.setItem(PLACE, view);
  } catch {
    // A browser may keep nothing: then it lasts as long as the drawer.
  }
}
