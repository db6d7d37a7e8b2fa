/** Whether somebody has set a value, as a file or a variable would.
 *  @param settings - what was set, before the defaults */
export function isSetIn(settings: object, path: readonly PropertyKey[]): boolean {
  const value = path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key],
    settings,
  );
  return value !== undefined;
}
