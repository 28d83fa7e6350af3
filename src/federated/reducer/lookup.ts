/**
 * The own property `key`: names come from clients, and one may be called "constructor".
 *
 * @example console.log(lookup({ a: 1 }, "toString")); // undefined
 */
export function lookup<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
