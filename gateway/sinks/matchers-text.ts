import type { Matchers } from '../../alerts/index.ts';

/** Matchers in a line, as a person would say them: `rule=deceives|hides level>=high`. */
export function matchersText(matchers: Matchers): string {
  const { rules, tags, tenants, conversations, levels, min_level: minLevel } = matchers;
  const lists = Object.entries({
    rule: rules,
    tag: tags,
    tenant: tenants,
    conversation: conversations,
    level: levels,
  });
  const parts = lists.flatMap(([name, values]) =>
    values === undefined ? [] : [`${name}=${values.map(quoted).join('|')}`],
  );
  if (minLevel !== undefined) parts.push(`level>=${minLevel}`);
  return parts.length === 0 ? 'every alert' : parts.join(' ');
}

function quoted(value: string): string {
  return /^[^\s|"=]+$/.test(value) ? value : JSON.stringify(value);
}
