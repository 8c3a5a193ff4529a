// Nothing that a payload names can change what every object is. Frozen alone, an object could have no `constructor` or `toString` of
// its own any more by assignment, which libraries give theirs: so each name becomes a pair that lets whoever assigns have its own.
for (const [name, was] of Object.entries(Object.getOwnPropertyDescriptors(Object.prototype))) {
  if (!('value' in was)) continue;
  Object.defineProperty(Object.prototype, name, {
    get: () => was.value as unknown,
    set(this: object, value: unknown) {
      if (this === Object.prototype) throw new TypeError(`Nothing is put into Object.prototype: ${name}`);
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  });
}
Object.freeze(Object.prototype);
