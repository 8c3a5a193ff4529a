import type { Lifecycle } from '../api/types/Lifecycle';
import type { Subscription } from '../api/types/Subscription';
import { S } from '../strings';

export type Lives = Record<string, Lifecycle>;
export type LifeMoment = keyof Lifecycle;

export const MOMENTS: readonly LifeMoment[] = ['create', 'update', 'delete', 'revive'];

/** The moments that a tracker delivers: ftrack tells what was made and what changed, and nothing of what was deleted. */
export function momentsFor(kind: string): readonly LifeMoment[] {
  return kind === 'ftrack' ? ['create', 'update'] : MOMENTS;
}

/** Whether a webhook can be about an event that is about no entity. */
export function hasCustomEvents(kind: string): boolean {
  return kind !== 'ftrack';
}

/** Whether a filter is composed for the webhook that the check shows. */
export function hasFilter(kind: string): boolean {
  return kind === 'ftrack';
}

/** Types that a production commonly follows, offered beside those that events have named. */
const COMMON_TYPES: readonly string[] = [
  'Version',
  'Task',
  'Shot',
  'Asset',
  'Note',
  'Sequence',
  'Episode',
  'Playlist',
  'PublishedFile',
  'Reply',
  'Project',
  'HumanUser',
  'TimeLog',
  'Delivery',
];

/** The same in ftrack, by its names; of a Version, by everybody's. */
const FTRACK_TYPES: readonly string[] = ['Version', 'Task', 'Shot', 'AssetBuild', 'Sequence', 'Episode', 'Project'];

export function typesFor(kind: string): readonly string[] {
  return kind === 'ftrack' ? FTRACK_TYPES : COMMON_TYPES;
}

export function livesOf(subscription: Subscription): Lives {
  return 'entities' in subscription ? subscription.entities : {};
}

export function hasMoment(life: Lifecycle, moment: LifeMoment): boolean {
  return moment === 'update' ? life.update !== null : life[moment];
}

export function withType(lives: Lives, type: string): Lives {
  if (type in lives) return lives;
  return { ...lives, [type]: { create: false, update: [], delete: false, revive: false } };
}

export function withoutType(lives: Lives, type: string): Lives {
  return Object.fromEntries(Object.entries(lives).filter(([name]) => name !== type));
}

export function turned(lives: Lives, type: string, moment: LifeMoment, on: boolean): Lives {
  const life = lives[type];
  if (!life) return lives;
  return { ...lives, [type]: { ...life, [moment]: moment === 'update' ? (on ? [] : null) : on } };
}

export function withField(lives: Lives, type: string, field: string): Lives {
  const life = lives[type];
  const name = field.trim();
  if (!life || name === '' || life.update?.includes(name)) return lives;
  return { ...lives, [type]: { ...life, update: [...(life.update ?? []), name] } };
}

export function withoutField(lives: Lives, type: string, field: string): Lives {
  const life = lives[type];
  if (!life?.update) return lives;
  return { ...lives, [type]: { ...life, update: life.update.filter((name) => name !== field) } };
}

/** Whether it would deliver anything at all. */
export function delivers(subscription: Subscription): boolean {
  if ('custom' in subscription) return subscription.custom.trim() !== '';
  return Object.values(subscription.entities).some((life) => MOMENTS.some((moment) => hasMoment(life, moment)));
}

/** Types without a moment deliver nothing, so they are left out of what is sent. */
export function pruned(subscription: Subscription): Subscription {
  if ('custom' in subscription) return { custom: subscription.custom.trim() };
  const lives = Object.entries(subscription.entities).filter(([, life]) => MOMENTS.some((m) => hasMoment(life, m)));
  return { entities: Object.fromEntries(lives) };
}

/** What a hook delivers, a line a type: `Version: when sg_status_list changes, put in the trash`. */
export function linesOf(subscription: Subscription, kind = 'shotgrid'): string[] {
  const t = S.hooks.says;
  if ('custom' in subscription)
    return [hasFilter(kind) ? t.filter(subscription.custom) : t.custom(subscription.custom)];
  const lines = Object.entries(subscription.entities)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([type, life]) => [type, momentsOf(life)] as const)
    .filter(([, moments]) => moments.length > 0)
    .map(([type, moments]) => t.type(type, moments.join(t.and)));
  return lines.length === 0 ? [t.nothing] : lines;
}

function momentsOf(life: Lifecycle): string[] {
  const t = S.hooks.says;
  return [
    ...(life.create ? [t.created] : []),
    ...(life.update === null ? [] : [life.update.length === 0 ? t.changedAny : t.changed(life.update.join(t.or))]),
    ...(life.delete ? [t.deleted] : []),
    ...(life.revive ? [t.revived] : []),
  ];
}
