import { describe, expect, it } from 'vitest';
import './frozen';

describe('what every object is', () => {
  it.each(['__proto__', 'constructor.prototype'])('is changed by nothing that is put into %s', (way) => {
    const theirs = JSON.parse('{"polluted":1,"toString":2}') as object;
    const victim: Record<string, unknown> = {};
    const target = (way === '__proto__' ? Object.getPrototypeOf(victim) : victim.constructor.prototype) as object;
    expect(() => Object.assign(target, theirs)).toThrow(TypeError);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(String({})).toBe('[object Object]');
  });

  it('leaves an object what it is given of its own', () => {
    const mine: { constructor: unknown; toString: () => string } = {} as never;
    mine.constructor = 'mine';
    mine.toString = () => 'mine';
    expect([mine.constructor, String(mine), Object.keys(mine)]).toEqual(['mine', 'mine', ['constructor', 'toString']]);
    expect({}.constructor).toBe(Object);
  });
});
