/** What a list of objects looks like, by the setting's name: JSON in a variable, and in the file too if one likes. */
export const LIST_EXAMPLES: ReadonlyMap<string, string> = new Map([
  ['sinks', '[{"type": "file", "name": "archive", "path": "alerts.jsonl"}]'],
  ['upstreams', '[{"name": "team", "url": "https://api.example", "mount": "/team"}]'],
  [
    'silences',
    '[{"matchers": {"tenants": ["loadtest"]}, "author": "kim", "comment": "load test", "ends_at": "2027-01-31T06:00:00Z"}]',
  ],
]);
