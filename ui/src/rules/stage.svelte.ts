import { getContext, setContext } from 'svelte';
import type { Finding } from '../api/types/Finding';
import type { RulesView } from '../api/types/RulesView';
import type { SetAsideRule } from '../api/types/SetAsideRule';
import { litBy, type Lit, type Touch } from './path';
import { pictureOf, pillId, typeOf, type Group, type Link, type Pill, type Site } from './picture';

type Grave = 'error' | 'warning';

const FOLDS = 'callboard.folds';
const MANY_PARKED = 8;

function keptFolds(): Readonly<Record<string, boolean>> {
  try {
    return JSON.parse(globalThis.localStorage?.getItem(FOLDS) ?? '{}') as Record<string, boolean>;
  } catch {
    return {};
  }
}

/** What became of a link since another rule set. */
export type Became = 'added' | 'changed' | 'removed';

/** Where an event went: stops in their order, by pill, and the links that carried it. */
export interface Trail extends Lit {
  stops: ReadonlyMap<string, number>;
}

/** What is shown, what somebody points at, and what they have selected. */
export class Stage {
  #shown: () => RulesView;
  #setAside: () => readonly SetAsideRule[];
  #site: () => Site;
  /** The rules that are drawn, with what the check says of them. */
  readonly shown = $derived.by(() => this.#shown());
  readonly #document = $derived(this.shown.document);
  readonly picture = $derived.by(() => pictureOf(this.#document, this.#site()));
  /** By group, whether somebody folded or unfolded it. */
  folds = $state.raw<Readonly<Record<string, boolean>>>(keptFolds());
  pointed = $state.raw<Touch | null>(null);
  #selected = $state.raw<Touch | null>(null);
  readonly touched = $derived(this.pointed ?? this.#selected);
  /** What a panel shows in the picture while nothing is touched: where a tried event went, what a what-if would change. */
  spot = $state.raw<Lit | Trail | null>(null);
  /** What a search has found. */
  sought = $state.raw<Lit | null>(null);
  readonly lit: Lit | null = $derived.by(() => this.sought ?? litBy(this.picture, this.touched) ?? this.spot);
  /** By pill, the place of the stop there; while nothing is touched. */
  readonly stops: ReadonlyMap<string, number> | null = $derived(
    this.touched === null && this.sought === null && this.spot && 'stops' in this.spot ? this.spot.stops : null,
  );
  /** By link, what became of it since the rules that it is compared with. */
  became = $state.raw<ReadonlyMap<string, Became> | null>(null);
  #removed = $state.raw<readonly Link[]>([]);
  /** One that is drawn again meanwhile is not gone, whether or not it was compared anew yet. */
  readonly #gone = $derived.by(() => {
    const drawn = new Set(this.picture.links.map((link) => link.id));
    return this.#removed.filter((link) => !drawn.has(link.id));
  });
  /** Whether the live rules' picture stands beside this one. */
  beside = $state(false);
  /** By pill, what the check says of that status. */
  readonly findings: ReadonlyMap<string, readonly Finding[]> = $derived.by(() => {
    const findings = new Map<string, Finding[]>();
    for (const finding of this.shown.findings) {
      for (const { column, code } of finding.statuses) {
        const pill = pillId(typeOf(column), code);
        findings.set(pill, [...(findings.get(pill) ?? []), finding]);
      }
    }
    return findings;
  });
  /** By rule, why it rests. */
  readonly resting: ReadonlyMap<string, SetAsideRule> = $derived.by(
    () => new Map(this.#setAside().map((rule) => [rule.rule, rule])),
  );
  /** Pills that a link of a resting rule leads from or to. */
  readonly restingPills: ReadonlySet<string> = $derived.by(
    () =>
      new Set(
        this.resting.size === 0
          ? []
          : this.picture.links
              .filter((link) => this.restOf(link))
              .flatMap((link) => [link.to.id, ...(link.from ? [link.from.id] : [])]),
      ),
  );

  constructor(
    shown: () => RulesView,
    setAside: () => readonly SetAsideRule[] = () => [],
    site: () => Site = () => ({}),
  ) {
    this.#shown = shown;
    this.#setAside = setAside;
    this.#site = site;
  }

  get selected(): Touch | null {
    return this.#selected;
  }

  /** What is selected is shown at once, whatever was pointed at: that may be gone without saying so. */
  set selected(touch: Touch | null) {
    this.#selected = touch;
    this.pointed = null;
  }

  /** Many parked statuses are folded until somebody asks for them; where there are no others, they are what one begins with. */
  isFolded(group: Group): boolean {
    const alone = () => this.picture.columns.find((column) => column.type === group.type)?.groups.length === 1;
    return this.folds[group.id] ?? (group.parked && group.pills.length > MANY_PARKED && !alone());
  }

  /** Brings a status into sight that is folded away. */
  unfold(pill: Pill): void {
    const column = this.picture.columns.find((one) => one.type === pill.type);
    const group = column?.groups.find((one) => one.pills.includes(pill));
    if (group && this.isFolded(group)) this.fold(group);
  }

  fold(group: Group): void {
    this.folds = { ...this.folds, [group.id]: !this.isFolded(group) };
    localStorage.setItem(FOLDS, JSON.stringify(this.folds));
  }

  /** How grave the gravest finding about a link is: about a rule that draws it, and not about other statuses of that rule. */
  graveness(link: Link): Grave | undefined {
    let found: Grave | undefined;
    for (const { level, rules, statuses } of this.shown.findings) {
      if (!link.rules.some((rule) => rules.includes(rule.id))) continue;
      const ends = [link.to.id, link.from?.id];
      const meant =
        statuses.length === 0 || statuses.some(({ column, code }) => ends.includes(pillId(typeOf(column), code)));
      if (meant && found !== 'error') found = level;
    }
    return found;
  }

  /** Links that only the rules have that these are compared with: drawn as what is gone. */
  get removed(): readonly Link[] {
    return this.#gone;
  }

  set removed(links: readonly Link[]) {
    this.#removed = links;
  }

  /** Why a link rests; none where no rule of it was set aside. */
  restOf(link: Link): SetAsideRule | undefined {
    for (const rule of link.rules) {
      const rest = this.resting.get(rule.id);
      if (rest) return rest;
    }
    return undefined;
  }

  /** Whether anything may come of a link: some rule of it is on and not set aside. */
  acts(link: Link): boolean {
    return link.rules.some((rule) => rule.enabled !== false && !this.resting.has(rule.id));
  }

  isSelected(touch: Touch): boolean {
    return this.selected?.kind === touch.kind && this.selected.id === touch.id;
  }

  toggle(touch: Touch): void {
    this.selected = this.isSelected(touch) ? null : touch;
  }

  leave(touch: Touch): void {
    if (this.pointed?.id === touch.id) this.pointed = null;
  }
}

export function gravest(findings: readonly Finding[]): Grave {
  return findings.some((finding) => finding.level === 'error') ? 'error' : 'warning';
}

const KEY = Symbol('stage');

export function provideStage(stage: () => Stage): void {
  setContext(KEY, stage);
}

export function useStage(): () => Stage {
  return getContext<() => Stage>(KEY);
}
