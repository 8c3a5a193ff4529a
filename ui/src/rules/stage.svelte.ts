import { getContext, setContext } from 'svelte';
import type { Finding } from '../api/types/Finding';
import type { LiveRules } from '../api/types/LiveRules';
import type { SetAsideRule } from '../api/types/SetAsideRule';
import { litBy, type Touch } from './path';
import { pictureOf, pillId, typeOf, type Link } from './picture';

type Grave = 'error' | 'warning';

/** What is shown, what somebody points at, and what they have selected. */
export class Stage {
  readonly live: LiveRules;
  readonly picture;
  pointed = $state.raw<Touch | null>(null);
  selected = $state.raw<Touch | null>(null);
  readonly touched = $derived(this.pointed ?? this.selected);
  readonly lit = $derived.by(() => litBy(this.picture, this.touched));
  /** By rule, whether a finding concerns it, and how grave the gravest is. */
  readonly concerned: ReadonlyMap<string, Grave>;
  /** By pill, what the check says of that status. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  #setAside: () => readonly SetAsideRule[];
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

  constructor(live: LiveRules, setAside: () => readonly SetAsideRule[] = () => []) {
    this.live = live;
    this.#setAside = setAside;
    this.picture = pictureOf(live.document);
    const concerned = new Map<string, Grave>();
    const findings = new Map<string, Finding[]>();
    for (const finding of live.findings) {
      for (const rule of finding.rules) if (concerned.get(rule) !== 'error') concerned.set(rule, finding.level);
      for (const { column, code } of finding.statuses) {
        const pill = pillId(typeOf(column), code);
        findings.set(pill, [...(findings.get(pill) ?? []), finding]);
      }
    }
    this.concerned = concerned;
    this.findings = findings;
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
