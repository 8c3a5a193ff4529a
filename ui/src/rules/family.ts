import { own } from '../status/own';

/** What is above what: a Task belongs to a Shot, a Shot to a Sequence; in a photo studio, a WorkUnit to a Product and that to a Job. */
export const ABOVE: Record<string, readonly string[]> = {
  Version: ['Task', 'Shot', 'Asset', 'AssetBuild', 'Sequence', 'Episode'],
  Task: ['Shot', 'Asset', 'AssetBuild', 'Sequence', 'Episode', 'WorkUnit', 'Product', 'Job'],
  Shot: ['Sequence', 'Episode'],
  Asset: ['Episode'],
  AssetBuild: ['Episode'],
  Sequence: ['Episode'],
  WorkUnit: ['Product', 'Job'],
  Product: ['Job'],
  Sample: ['Product', 'Job'],
};

const PARENT: Record<string, string> = {
  Shot: 'Sequence',
  Sequence: 'Episode',
  WorkUnit: 'Product',
  Sample: 'Product',
  Product: 'Job',
};

const CHILD: Record<string, string> = { Episode: 'Sequence', Sequence: 'Shot', Product: 'WorkUnit', Job: 'Product' };

/** What a type most likely belongs to, where somebody begins to say so. */
export function parentOf(type: string): string {
  return own(PARENT, type) ?? 'Asset';
}

/** What most likely belongs to a type. */
export function childOf(type: string): string {
  return own(CHILD, type) ?? 'Task';
}
