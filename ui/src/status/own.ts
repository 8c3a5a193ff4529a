/** What stands in a record under a name from outside. `constructor` and `__proto__` stand in every object and are never meant. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, name: string | undefined): T | undefined {
  return record !== undefined && name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
