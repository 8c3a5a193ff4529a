import { describe, expect, it } from 'vitest';
import type { Badge } from '../api/types/Badge';
import type { HookState } from '../api/types/HookState';
import type { HookView } from '../api/types/HookView';
import { isWell, orderOf, remediesOf } from './health';

function hook(name: string, state: HookState, badges: Badge[] = [], more: object = {}): HookView {
  return {
    health: { name, site: 's', state, badges, since: '', why: null },
    webhook: {},
    heard: null,
    ...more,
  } as unknown as HookView;
}

describe('the order of hooks', () => {
  const hooks = [hook('b', 'active'), hook('a', 'active'), hook('off', 'disabled'), hook('dead', 'failed')];

  it('puts what is broken first and what is well last, each by name', () => {
    const more = [...hooks, hook('shaky', 'unstable'), hook('busy', 'active', ['heavy_load'])];
    const worst = hook('worst', 'active', ['slow_response', 'throttled']);
    expect(orderOf([...more, worst], [], false)).toEqual(['dead', 'shaky', 'off', 'worst', 'busy', 'a', 'b']);
  });

  it('moves nothing while somebody points at it', () => {
    const before = orderOf(hooks, [], false);
    const now = [hook('b', 'failed'), hook('a', 'active'), hook('dead', 'failed'), hook('new', 'deaf')];
    expect(orderOf(now, before, true)).toEqual(['dead', 'a', 'b', 'new']);
    expect(orderOf(now, before, false)).toEqual(['b', 'dead', 'new', 'a']);
  });
});

describe('the remedies', () => {
  it('begin with what mends the state', () => {
    expect(remediesOf(hook('h', 'failed'))).toEqual(['switch_on', 'show_failed', 'test']);
    expect(remediesOf(hook('h', 'disabled'))).toEqual(['switch_on']);
    expect(remediesOf(hook('h', 'deaf'))).toEqual(['test', 'show_missing', 'change']);
    expect(remediesOf(hook('h', 'unstable', ['unsigned']))).toEqual(['show_failed', 'test', 'new_secret']);
    expect(remediesOf(hook('h', 'active', ['throttled']))).toEqual(['test', 'change']);
  });

  it('leave out what cannot be done without the site’s record', () => {
    expect(remediesOf(hook('h', 'failed', ['unsigned'], { webhook: null }))).toEqual(['show_failed', 'test']);
  });

  it('leave out what the tracker has not', () => {
    const offered = { tests: false, record: false, acknowledgements: false };
    expect(remediesOf(hook('h', 'deaf', [], { offered }))).toEqual(['test', 'change']);
    const heard = { heard: { workspaces: [], steps: [], headers: [], all_steps: [] }, webhook: null };
    expect(remediesOf(hook('h', 'deaf', ['unsigned'], heard))).toEqual(['change', 'new_secret']);
    expect(remediesOf(hook('h', 'failed', [], heard))).toEqual([]);
  });

  it('are not called for where all is well', () => {
    expect(isWell(hook('h', 'active'))).toBe(true);
    expect(isWell(hook('h', 'active', ['slow_response']))).toBe(false);
    expect(isWell(hook('h', 'disabled'))).toBe(false);
  });
});
