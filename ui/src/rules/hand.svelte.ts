import { getContext, setContext } from 'svelte';
import type { Status } from '../api/types/Status';
import type { RuleSet } from '../api/types/RuleSet';
import { S } from '../strings';
import type { Desk } from './desk.svelte';
import { likelyTarget, link, nudgeStatus, parkStatus, placeStatus, PLAIN, statusesOf, unlink, unpark } from './edit';
import type { Slot } from './layout';
import { linksFrom, linksTo } from './path';
import { pillId, type Link, type Pill } from './picture';
import type { Stage } from './stage.svelte';

/** What is being dragged: a line on its way to another status, or a status on its way to another place. */
export type Held =
  | { kind: 'link'; from: Pill; x: number; y: number; over: Pill | null }
  | { kind: 'move'; pill: Pill; x: number; y: number; slot: Slot | null };

/** What somebody does to the picture, with the mouse or with keys. */
export class Hand {
  readonly stage: Stage;
  readonly desk: Desk;
  held = $state.raw<Held | null>(null);
  /** The status that a link is being drawn from with keys; the next one chosen is where it leads. */
  from = $state.raw<Pill | null>(null);
  /** What was done, for those who hear the picture. */
  told = $state('');

  constructor(stage: Stage, desk: Desk) {
    this.stage = stage;
    this.desk = desk;
  }

  get #site() {
    return this.desk.session.overview?.statuses ?? {};
  }

  canLink(from: Pill, to: Pill): boolean {
    return from.id !== to.id && likelyTarget(from.type, to.type) !== null;
  }

  /** Draws a link. Statuses that were parked come into their columns. */
  connect(from: Pill, to: Pill): void {
    if (!this.canLink(from, to)) {
      this.told = S.edit.noLink(from.type, to.type);
      this.desk.session.say(this.told);
      return;
    }
    this.desk.edit(S.edit.did.link(`${from.type} ${from.name}`, `${to.type} ${to.name}`), (set) => {
      const whole = this.#unparked(this.#unparked(set, from), to);
      return link(whole, from, to)?.set ?? whole;
    });
    this.stage.selected = { kind: 'link', id: `${from.id}>${to.id}` };
    this.told = S.edit.linked(`${from.type} ${from.name}`, `${to.type} ${to.name}`);
  }

  #unparked(set: RuleSet, { type, code, unknown }: Pill): RuleSet {
    return unknown ? set : unpark(set, type, code, this.#site[type] ?? []);
  }

  /** Puts a status where it was let go. */
  drop(pill: Pill, slot: Slot): void {
    if (slot.parked) return this.park(pill);
    this.desk.edit(S.edit.did.moveStatus(pill.name), (set) => {
      const { code, name, color } = pill;
      const known: Status = statusesOf(set, pill.type).find((one) => one.code === code) ?? {
        code,
        name,
        group: '',
        color: color || PLAIN,
      };
      return placeStatus(set, pill.type, { ...known, group: slot.group }, slot.before);
    });
    this.told = S.edit.moved(pill.name);
  }

  /** One place up or down; a parked status goes into its column first. */
  nudge(pill: Pill, by: 1 | -1): void {
    const isThere = statusesOf(this.desk.document!, pill.type).some((one) => one.code === pill.code);
    const before = this.desk.document;
    this.desk.edit(S.edit.did.moveStatus(pill.name), (set) =>
      isThere ? nudgeStatus(set, pill.type, pill.code, by) : this.#unparked(set, { ...pill, unknown: false }),
    );
    this.told = this.desk.document === before ? S.edit.stays(pill.name) : S.edit.moved(pill.name);
  }

  park(pill: Pill): void {
    const isThere = statusesOf(this.desk.document!, pill.type).some((one) => one.code === pill.code);
    if (!isThere) return;
    this.desk.edit(S.edit.did.park(pill.name), (set) => parkStatus(set, pill.type, pill.code));
    this.told = S.edit.wasParked(pill.name);
  }

  /** Takes a link away. A rule that draws it only together with others stays, and is shown: it is changed as a whole. */
  cut(gone: Link): void {
    const cut = this.desk.document && unlink(this.desk.document, gone);
    if (!cut) return;
    this.desk.edit(S.edit.did.unlink, (set) => unlink(set, gone).set);
    const [whole] = cut.together;
    this.stage.selected = whole ? { kind: 'rule', id: whole.id } : null;
    this.told = whole ? S.edit.together(whole.name) : S.edit.wasCut;
    if (whole) this.desk.session.say(this.told);
  }

  /** Begins a link with keys, or ends it. True where the press was about that. */
  take(pill: Pill): boolean {
    const { from } = this;
    if (!from) return false;
    this.from = null;
    if (from.id !== pill.id) this.connect(from, pill);
    return true;
  }

  beginLink(pill: Pill): void {
    this.from = pill;
    this.told = S.edit.linking(pill.name);
  }

  letGo(): boolean {
    const held = this.held !== null || this.from !== null;
    this.held = null;
    this.from = null;
    return held;
  }

  /** The next or the previous of a status' links is selected. */
  walkLinks(pill: Pill, by: 1 | -1): void {
    const { picture, selected } = this.stage;
    const links = [...linksFrom(picture, pill.id), ...linksTo(picture, pill.id)];
    if (links.length === 0) {
      this.told = S.edit.noLinks(pill.name);
      return;
    }
    const at = links.findIndex((one) => selected?.kind === 'link' && selected.id === one.id);
    const next = links[(at + by + links.length + (at < 0 && by < 0 ? 1 : 0)) % links.length]!;
    this.stage.selected = { kind: 'link', id: next.id };
    const ends = [
      next.from ? `${next.from.type} ${next.from.name}` : `${next.when} ${next.begins}`,
      `${next.to.type} ${next.to.name}`,
    ];
    this.told = [ends.join(' → '), next.condition].filter(Boolean).join(', ');
  }

  pill(type: string, code: string): Pill | undefined {
    return this.stage.picture.pills.get(pillId(type, code));
  }
}

const KEY = Symbol('hand');

export function provideHand(hand: Hand): Hand {
  return setContext(KEY, hand);
}

/** None where the picture is only looked at. */
export function useHand(): Hand | undefined {
  return getContext<Hand | undefined>(KEY);
}
