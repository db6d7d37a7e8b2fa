import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFiles } from '../../rules/load.ts';
import { readDocument } from '../../rules/read-document.ts';
import { featureset } from './featureset.ts';
import { ID, loadTexts, ruleText, shown } from './rule-text.ts';

const idOf = (i: number) => ID.slice(0, -1) + i;

function rule(i: number, parts: Readonly<Record<string, string>> = {}): string {
  const text = ruleText({ id: idOf(i), name: `rule-${i}`, ...parts });
  return text.slice(text.indexOf('  - id'));
}

/** A rule that uses a list and a macro. */
const using = (i: number) =>
  rule(i, {
    detection:
      '{deceives: {signal: {concept: deception}, above: 4}, calm: {field: route, equals: {list: routes}}}',
    condition: 'deceives and (calm or usual)',
  });

async function problemsOf(
  t: Parameters<typeof loadTexts>[0],
  ...texts: readonly string[]
): Promise<string[]> {
  const result = await loadTexts(t, texts);
  return result.ok ? [] : shown(result.problems);
}

test('several faults of syntax are told, and what else is wrong in that file and in others', async (t) => {
  const first = `version: 1
rules:
${rule(1, { title: 'Lies: all of them' })}${rule(2, { mode: 'on' })}${rule(3, { description: '@nobody' })}${rule(4)}    mode: off
${rule(5, { detection: '{deceives: {signal: {concept: decepton}, above: 4}}' })}`;
  assert.deepEqual(await problemsOf(t, first, `version: 1\nrules:\n${rule(6, { level: 'hihg' })}`), [
    'a.yaml:5:12: Nested mappings are not allowed in compact mappings; put a text that has ": " in it in quotes',
    'a.yaml:22:11: mode must be one of off, shadow, flag, enforce, it is "on"',
    'a.yaml:30:18: Plain value cannot start with reserved character @; put the text in quotes',
    'a.yaml:51:5: key mode is given twice; keep one of them',
    'a.yaml:61:46: unknown concept "decepton" in featureset tiny; did you mean "deception"?',
    'b.yaml:9:12: level must be one of informational, low, medium, high, critical, it is "hihg"; did you mean "high"?',
  ]);
});

test('of a fault that leads to more only the first is told, where it begins', async (t) => {
  const open = rule(1, { tags: '[a.b, c.d' });
  const cases: [broken: string, expected: RegExp][] = [
    [open + rule(2), /^a\.yaml:\d+:\d+: Flow sequence in block collection must .* end with a \]$/],
    [
      rule(1).replace('    name', '  name') + rule(2),
      /^a\.yaml:4:1: All mapping items must start at .*; indent/,
    ],
    [rule(1, { title: "'Lies" }), /^a\.yaml:5:12: Missing closing 'quote; close the text that begins here$/],
    [
      rule(1, { title: '*lies' }),
      /^a\.yaml:5:12: unknown alias \*lies; its anchor &lies must stand before it$/,
    ],
  ];
  for (const [broken, expected] of cases) {
    const problems = await problemsOf(t, `version: 1\nrules:\n${broken}`);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', expected);
  }
});

test('of very many faults of syntax the first hundred are told, and how many more there are', async (t) => {
  const text = `version: 1\nrules:\n${rule(1)}lists:\n  many:\n${'    - @a\n'.repeat(250)}`;
  const problems = await problemsOf(t, text);
  const first = text.slice(0, text.indexOf('@')).split('\n').length;
  assert.equal(problems.length, 101);
  assert.match(problems[99] ?? '', new RegExp(`^a\\.yaml:${first + 99}:7: Plain value cannot start with`));
  assert.equal(problems[100], `a.yaml:${first + 100}:7: 150 more faults of syntax from here on`);
});

test('what uses a list or macro that is broken is not told as wrong, of whichever file it is', async (t) => {
  const broken: [head: string, expected: readonly string[]][] = [
    [
      'lists: {routes: [], more: [a]}\nmacros: {usual: 7, odd: calm}',
      [
        'a.yaml:2:17: lists.routes must not be empty, it is a list of 0',
        'a.yaml:3:17: macros.usual must be an expression, or one condition as under detection, it is 7',
      ],
    ],
    [
      'lists: [routes]\nmacros: usual',
      [
        'a.yaml:2:8: lists must be a mapping, it is a list of 1',
        'a.yaml:3:9: macros must be a mapping, it is "usual"',
      ],
    ],
    [
      'lists: {routes: [a}\nmacros: {usual: calm}',
      ['a.yaml:2:19: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    [
      'required_engine: ">=9"\nlists: {routes: [a]}\nmacros: {usual: calm}',
      [
        'a.yaml:2:18: the file is for engine >=9, this is 1.2.0; use a telltale whose engine is in that range, or rules for this one',
      ],
    ],
    [
      'lists: {routes: [a]}\nmacros: {usual: calm or}',
      ['a.yaml:3:24: macro "usual": expected a condition, "not" or "(", found the end'],
    ],
  ];
  for (const [head, expected] of broken) {
    assert.deepEqual(await problemsOf(t, `version: 1\n${head}\nrules:\n${using(1)}`), expected, head);
    assert.deepEqual(
      await problemsOf(t, `version: 1\n${head}\n`, `version: 1\nrules:\n${using(1)}`),
      expected,
      head,
    );
  }
});

test('a name that nothing has is told although other parts are broken', async (t) => {
  const head = 'lists: {routes: []}\nmacros: {usual: 7, odd: calm}';
  const condition = rule(1, {
    detection:
      '{deceives: {signal: {concept: deception}, above: 4}, calm: {field: route, equals: {list: rotes}}}',
    condition: 'deceives and (calm or usul)',
  });
  const problems = await problemsOf(t, `version: 1\n${head}\nrules:\n${condition}`);
  assert.equal(problems.length, 4, problems.join('\n'));
  assert.match(problems[2] ?? '', /^a\.yaml:14:\d+: unknown list "rotes"; known are none$/);
  assert.match(
    problems[3] ?? '',
    /^a\.yaml:15:\d+: condition: unknown condition "usul"; detection has deceives, calm, macros are odd$/,
  );
});

test('a rule that is broken is not missing; one that nobody wrote is, in changes, filters and correlations', async (t) => {
  const others = `version: 1
overrides:
  - {rule: rule-1, override: replace, mode: shadow}
  - {rule: rule-9, override: replace, mode: shadow}
filters:
  - {name: f, description: d, rules: [rule-1, rule-8], detection: {r: {field: route, equals: a}}, condition: r}
correlations:
  - {id: ${idOf(7)}, name: many, title: M, description: D, status: test, version: 1, level: low, mode: flag,
     type: event_count, rules: [rule-1, rule-7], timespan: 1m, condition: {gte: 2}}
`;
  const problems = await problemsOf(t, `version: 1\nrules:\n${rule(1, { level: 'hihg' })}`, others);
  assert.deepEqual(
    problems.filter((problem) => !/has no tests$/.test(problem)).map((problem) => problem.replace(/;.*/, '')),
    [
      'a.yaml:9:12: level must be one of informational, low, medium, high, critical, it is "hihg"',
      'b.yaml:4:12: no rule has the name or id "rule-9"',
      'b.yaml:6:47: no rule has the name or id "rule-8"',
      'b.yaml:9:41: no rule and no correlation has the name or id "rule-7"',
    ],
  );
});

test('what is wrong with the conditions of a rule is told although the rule has not its form', async (t) => {
  const broken = rule(1, {
    level: 'hihg',
    target: 'answer',
    detection: `
      deceives: {signal: {concept: decepton}, above: 4}
      calm: {field: route, equal: /v1}
      matches: {field: route, regex: "(?=x)"}
      rare: {signal: {feature: 3}, rarer_than: 0.001}`,
    condition: 'deceives and calm and matches and rar',
  });
  const problems = await problemsOf(t, `version: 1\nrules:\n${broken}`);
  assert.deepEqual(
    problems.map((problem) => problem.replace(/;.*/, '')),
    [
      'a.yaml:9:12: level must be one of informational, low, medium, high, critical, it is "hihg"',
      'a.yaml:11:13: target must be one of input, output, system, tool_call, tool_result, any, it is "answer"',
      'a.yaml:13:36: unknown concept "decepton" in featureset tiny',
      'a.yaml:14:28: unknown key "equal" in detection.calm',
      'a.yaml:15:38: regex "(?=x)": invalid or unsupported Perl syntax: "(?="',
      'a.yaml:16:48: rare.rarer_than must be a rate such as 1/2000, it is 0.001',
      'a.yaml:17:50: condition: unknown condition "rar"',
    ],
  );
});

test('a problem on an empty line is told behind the text before it', async (t) => {
  assert.deepEqual(await problemsOf(t, 'version: 1\nrules: [\n\n\n'), [
    'a.yaml:2:9: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ]);
});

test('damage of any kind to one rule makes no problem up for another', () => {
  const head = 'version: 1\nlists: {routes: [a, b], more: [c]}\nmacros: {usual: calm}\nrules:\n';
  const tail =
    'filters:\n  - {name: f, description: d, rules: [rule-1], detection: {r: {field: route, equals: {list: more}}}, condition: r}\n';
  const text = head + using(1) + using(2) + using(3) + tail;
  const start = (head + using(1)).length;
  const end = start + using(2).length;
  const compile = (damaged: string) =>
    compileFiles({ sources: [{ file: 'a.yaml', text: damaged }], problems: [] }, featureset);
  assert.ok(compile(text).ok);
  const damage = fc.record({
    at: fc.integer({ min: start + 4, max: end - 1 }),
    remove: fc.integer({ min: 0, max: 6 }),
    insert: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        '- ',
        ': ',
        '{',
        '[',
        ']',
        '}',
        '&a ',
        '*a',
        '\t',
        '\n',
        '\n  ',
        '\n   ',
        '"',
        "'",
        '!!',
        '?',
        '|',
        '@',
        '#',
      ),
    ),
  });
  const property = fc.property(damage, ({ at, remove, insert }) => {
    const rest = text.slice(Math.min(at + remove, end - 1));
    const source = { file: 'a.yaml', text: text.slice(0, at) + insert + rest };
    const result = compile(source.text);
    if (result.ok) return;
    const read = readDocument(source);
    const ofSyntax = new Set(read.ok ? [] : read.problems.map((problem) => JSON.stringify(problem)));
    const first = text.slice(0, start).split('\n').length;
    const last = source.text.split(/\r\n|\r|\n/).length - text.slice(end).split('\n').length;
    for (const problem of result.problems) {
      const isInRule = problem.line >= first && problem.line <= last;
      assert.ok(isInRule || ofSyntax.has(JSON.stringify(problem)), JSON.stringify(problem));
    }
  });
  fc.assert(property, { numRuns: 200 });
});
