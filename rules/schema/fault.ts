/** Keys that do not go together, at a place below the value that is checked. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export function fault(path: readonly PropertyKey[], message: string): Fault {
  return { path, message };
}

/** Those of the keys that are given. */
export function present<K extends string>(value: object, keys: readonly K[]): K[] {
  return keys.filter((key) => (value as Readonly<Record<string, unknown>>)[key] !== undefined);
}
