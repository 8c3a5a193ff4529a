import { getContext, setContext } from 'svelte';
import type { LiveRules } from '../api/types/LiveRules';
import { litBy, looseEnds, type Touch } from './path';
import { pictureOf } from './picture';

/** What is shown, what somebody points at, and what they have selected. */
export class Stage {
  readonly live: LiveRules;
  readonly picture;
  pointed = $state.raw<Touch | null>(null);
  selected = $state.raw<Touch | null>(null);
  readonly touched = $derived(this.pointed ?? this.selected);
  readonly lit = $derived.by(() => litBy(this.picture, this.touched));
  /** By rule, whether a finding concerns it, and how grave the gravest is. */
  readonly concerned: ReadonlyMap<string, 'error' | 'warning'>;
  /** Pills from which nothing follows, where the check minds. */
  readonly loose: ReadonlySet<string>;

  constructor(live: LiveRules) {
    this.live = live;
    this.picture = pictureOf(live.document);
    const unmapped = live.findings.some((finding) => finding.code === 'unmapped');
    this.loose = new Set(unmapped ? looseEnds(this.picture) : []);
    const concerned = new Map<string, 'error' | 'warning'>();
    for (const finding of live.findings) {
      for (const rule of finding.rules) if (concerned.get(rule) !== 'error') concerned.set(rule, finding.level);
    }
    this.concerned = concerned;
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

const KEY = Symbol('stage');

export function provideStage(stage: () => Stage): void {
  setContext(KEY, stage);
}

export function useStage(): () => Stage {
  return getContext<() => Stage>(KEY);
}
