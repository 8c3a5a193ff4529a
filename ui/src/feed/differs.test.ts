import { describe, expect, it } from 'vitest';
import { differsOf } from './differs';

const differs = (before: unknown, now: unknown) => differsOf(JSON.stringify(before), JSON.stringify(now));

describe('what two payloads differ in', () => {
  it('is named by its path, with the value before and after', () => {
    const before = { data: { meta: { new_value: 'rev' }, user: { id: 3 } } };
    const now = { data: { meta: { new_value: 'apv' }, user: { id: 3 } } };
    expect(differs(before, now)).toEqual([{ path: 'data.meta.new_value', old: '"rev"', new: '"apv"' }]);
  });

  it('keeps the order of the payload, what is gone last', () => {
    expect(differs({ a: 1, gone: true, b: [1, 2] }, { b: [1, 3, 4], a: 2 })).toEqual([
      { path: 'b[1]', old: '2', new: '3' },
      { path: 'b[2]', old: null, new: '4' },
      { path: 'a', old: '1', new: '2' },
      { path: 'gone', old: 'true', new: null },
    ]);
  });

  it('tells nothing, none and no value apart', () => {
    expect(differs({ a: null, b: [] }, { a: '', b: {} })).toEqual([
      { path: 'a', old: 'null', new: '""' },
      { path: 'b', old: '[]', new: '{}' },
    ]);
    expect(differs({ a: null }, {})).toEqual([
      { path: '$', old: null, new: '{}' },
      { path: 'a', old: 'null', new: null },
    ]);
    expect(differs({ a: 1 }, { a: 1 })).toEqual([]);
  });

  it('does not mix up names that look like paths', () => {
    expect(differs({ 'a.b': 1 }, { a: { b: 1 } })).toEqual([
      { path: 'a.b', old: null, new: '1' },
      { path: '["a.b"]', old: '1', new: null },
    ]);
    expect(differs({ __proto__x: 1, constructor: 1 }, { __proto__x: 1, constructor: 2 })).toEqual([
      { path: 'constructor', old: '1', new: '2' },
    ]);
  });

  it('takes no name of theirs for a name of the language', () => {
    expect(
      differsOf('{"__proto__":{"polluted":1}}', '{"__proto__":{"polluted":2},"constructor":{"prototype":1}}'),
    ).toEqual([
      { path: '__proto__.polluted', old: '1', new: '2' },
      { path: 'constructor.prototype', old: null, new: '1' },
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is not asked of what is not JSON', () => {
    expect(differsOf('{', '{}')).toBeNull();
    expect(differsOf('{}', 'plain')).toBeNull();
  });

  it('stands a payload that is deeper than any stack', () => {
    const deep = (end: string) => `${'[['.repeat(2_000)}${end}${']]'.repeat(2_000)}`;
    expect(differsOf(deep('1'), deep('2'))).toHaveLength(1);
  });
});
