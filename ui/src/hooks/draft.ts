import type { EntityId } from '../api/types/EntityId';
import type { HookView } from '../api/types/HookView';
import type { NewHook } from '../api/types/NewHook';
import { S } from '../strings';
import { isUuid } from '../status/lookup';
import { delivers, pruned } from './subscription';

/** A hook as it is being written: projects are text until it is sent. */
export interface HookDraft extends Omit<NewHook, 'projects'> {
  projects: string;
}

/** `kind`: the site's; ftrack sends each event by itself. */
export function freshDraft(site: string, kind: string, taken: readonly string[]): HookDraft {
  return {
    name: freeName('status', taken),
    site,
    subscription: { entities: {} },
    projects: '',
    batched: kind !== 'ftrack',
    validates_certificate: true,
  };
}

/** A hook as the site has it, to be changed. */
export function draftOf(hook: HookView): HookDraft | null {
  if (!hook.webhook) return null;
  const { subscription, projects, batched, validates_certificate } = hook.webhook;
  const { name, site } = hook.health;
  return { name, site, subscription, projects: projects.join(', '), batched, validates_certificate };
}

export function freeName(wished: string, taken: readonly string[]): string {
  if (!taken.includes(wished)) return wished;
  for (let n = 2; ; n += 1) if (!taken.includes(`${wished}-${n}`)) return `${wished}-${n}`;
}

/** Project ids as people write them; null where a part of it is no id. */
export function projectsOf(text: string): EntityId[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '');
  if (!parts.every((part) => /^\d+$/.test(part) || isUuid(part))) return null;
  return parts.map((part) => (isUuid(part) ? part : Number(part)));
}

export function nameTrouble(name: string, taken: readonly string[]): string | null {
  if (!/^[a-z0-9_-]{1,64}$/.test(name)) return S.hooks.sheet.badName;
  return taken.includes(name) ? S.hooks.sheet.taken : null;
}

/** Why a draft cannot be sent; none: it can. `taken`: names of other hooks. */
export function draftTrouble(draft: HookDraft, taken: readonly string[]): string | null {
  const name = nameTrouble(draft.name, taken);
  if (name) return name;
  if (!delivers(draft.subscription)) {
    return 'custom' in draft.subscription ? S.hooks.sheet.noCustom : S.hooks.sheet.nothing;
  }
  return projectsOf(draft.projects) === null ? S.hooks.sheet.projectsBad : null;
}

export function hookOf(draft: HookDraft): NewHook {
  return { ...draft, subscription: pruned(draft.subscription), projects: projectsOf(draft.projects) ?? [] };
}
