import type { Item } from './items';

/** So many items from the top are drawn at the most while nobody has scrolled. */
const NEAR = 60;

/**
 * Where each item is drawn. A row that stays keeps its place on the page; one that comes takes the place of one that has gone, and is
 * written into it. To make a row anew takes three times as long, and a rush or a key in the search changes all of them at once.
 */
export class Places {
  #taken = new Map<Item['key'], string>();
  #made = 0;

  /** The items as they stand now. */
  settle(items: readonly Item[]): void {
    const near = items.slice(0, NEAR).map(({ key }) => key);
    const staying = new Set(near);
    // From the top, where it is drawn for certain.
    const free = [...this.#taken].filter(([key]) => !staying.has(key)).map(([, place]) => place);
    const before = this.#taken;
    this.#taken = new Map(near.map((key) => [key, before.get(key) ?? free.shift() ?? `place ${this.#made++}`]));
  }

  /** The place of an item, by a name that no other has. */
  of(item: Item): string | number {
    return this.#taken.get(item.key) ?? item.key;
  }
}
