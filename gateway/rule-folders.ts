import { resolve } from 'node:path';

const SHIPPED = resolve(import.meta.dirname, '../rules/shipped');

/** The folders that the setting `rules` names, joined by commas; `shipped` is the rules that come with Telltale, so that
 *  a team's overrides and filters may stand beside them. Null is the shipped rules alone. */
export function ruleFolders(setting: string | null): readonly string[] {
  const names = (setting ?? 'shipped').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '').map((name) => (name === 'shipped' ? SHIPPED : name));
}
