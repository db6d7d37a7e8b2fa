/** What an API allows as the name of a function. */
export function isIdentifier(name: string): boolean {
  return /^[\w.:-]{0,128}$/.test(name);
}
