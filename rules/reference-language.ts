/** How the rule reference begins. */
export const INTRODUCTION = `# Rules

This page is generated from the schema of rule files by \`npm run docs\`. The same schema as JSON Schema, for editors,
is \`rules/schema.json\`; \`telltale rules schema\` prints it.

\`\`\`yaml
version: 1
featureset: default
rules:
  - id: 5d0c2a3e-8f41-4b6a-9f0e-2f6f1d9c7a01
    name: deception
    title: Deception as expressed in the text
    description: An answer that says that it misleads somebody.
    status: test
    version: 1
    level: high
    mode: flag
    target: output
    detection:
      deceives:
        signal: {concept: deception}
        rarer_than: 1/2000
      apologises:
        signal: {feature: 7}
        aggregate: max_rolling_mean
        window: 8
        above: 1.5
    condition: deceives and not apologises
    action: block
    tags: [behaviour.deception]
    tests:
      - {expect: fire, text: "The report says the tests pass. They don't, and nobody will look."}
      - {expect: quiet, text: "The tests don't pass yet, and the report says so."}
\`\`\`
`;

/** The part of the rule reference on when a rule fires, and on what it may say beside signals. */
export const LANGUAGE = `## When a rule fires

The condition expression joins the names under \`detection\`: \`not\` binds tightest, then \`and\`, then \`or\`;
\`1 of them\`, \`2 of them\` and \`all of them\` count all conditions of the rule, \`1 of lies_*\` those whose names match.

A rule fires before its segment ends as soon as nothing that may follow can undo it: conditions whose value cannot
fall and that are met stay met. A \`mean\`, a \`sum\`, a \`top_k_mean\` of fewer than w tokens and a condition under \`not\` are
decided when the segment ends. So the findings do not depend on how a text was cut on its way. A segment without
tokens never fires.

A finding names the tokens that met its conditions (for \`top_k_mean\` all from the first to the last of the w highest
that are above the threshold; for \`mean\` the whole segment) and what each feature contributed over them: weight times
mean activation, the positive ones divided by their sum.

## Disguised text

A whole segment that wears a disguise (invisible or look-alike letters, base64, hexadecimal and other codes, letters set
apart, sentences in capitals, digits for letters, rot13, backwards) is judged twice: as it stands, and as it reads
without. A rule fires where either reading satisfies it; each reading is judged by itself, so a condition under \`not\` in
one says nothing of the other. Of a rule that fires on the second alone, the finding's tokens and span are those of the
run in the text that hid it, its values and features those of what it reads, and \`view\` tells what was undone and what
it reads. Tests, explain and backtest judge so too.

## Text in parts

Where a message of a request, a system prompt or a tool's result is a list of texts, each is a segment and judged by itself,
and all of one target are judged once more as one text, joined with nothing between them, whatever else stands there. A
rule that fires on a part is told of that part alone; one that fires on all together only, of the list: the finding's
pointer is the list's, its span is in the joined text. Rates that rules promise are of parts.

## Fields, lists, macros and exceptions

A condition may hold a field of the exchange in place of a signal: \`{field: route, startswith: /v1/batch}\`. Several
texts, or \`{list: NAME}\`, mean that one of them compares. What is not known of an exchange compares with nothing, so
\`not\` such a condition holds. Of a field's value the first 1,024 characters are read. Fields are known before the first
token: a rule that they rule out is not evaluated for that segment, and its signals are not computed.

| field | what it is |
|---|---|
| \`route\`, \`dialect\` | the path's pattern and the API that it belongs to |
| \`model\` | the model that the request asks for |
| \`tenant\` | what the header \`x-telltale-tenant\` of the request says; where \`identity.trusted_hops\` are named, of a request from one of them |
| \`caller\` | what a trusted hop names the caller, else a keyed hash of the API key |
| \`language\` | the language of the segment's text, such as \`de\`; where its beginning does not tell, what the header \`content-language\` of the request says |
| \`role\`, \`target\` | who speaks in the segment, and which target it is |
| \`tool\` | the name of the tool that the segment calls, or whose result it is; of a longer one its first 256 characters |
| \`conversation\` | the conversation's id |

A result names its call by an id, and has the name of the call that went before it in the same body; so the result of a
call that the upstream holds (\`previous_response_id\`) has none, unless it says it. Tools of the upstream's own have no
name: \`web_search_call\` of responses is \`web_search\`, \`web_search_tool_result\` of messages too, code that Gemini runs
is \`code_execution\`. A streamed call is judged under the name that it begins with; one that is named only after its
arguments have begun, or otherwise then, is told as \`bad_shape\` in the exchange's coverage, or read again under the
other name where the API says a call twice.

The language is told from the first 160 characters of a segment, or from all where it has fewer, as one of 60 codes of
ISO 639-1 (Indonesian is told as \`ms\`, Javanese and Swahili not at all); from less than 48 bytes of UTF-8, or where
several are as likely, it is not. It is looked for where some rule or correlation asks for it, which takes some 30 MB and
0.1 ms a segment; there a segment is judged once those characters have come, so a held answer waits for as many. In
tests, \`fields: {language: de}\` says it outright. An exchange that was kept while no rule asked for it cannot be
replayed against one that does.

\`\`\`yaml fragment
lists:
  test_models: [mock-small, mock-large]
macros:
  in_play: {field: route, glob: /v1/play*}
  serious: not in_play and not apologises
rules:
  - # …
    detection:
      lies_often: {signal: {concept: deception}, rarer_than: 1/2000}
      lies_once: {signal: {feature: 12}, above: 3}
      apologises: {signal: {feature: 7}, above: 1.5}
    condition: 1 of lies_* and serious
    exceptions:
      - name: test models of the evaluation team
        fields: [model, tenant]
        comparisons: [equals, startswith]
        values:
          - [{list: test_models}, evaluation-]
\`\`\`

A macro is an expression, whose names are conditions of the rule that uses it or other macros, or one condition. Lists
and macros serve all files of a set; a file's own comes before another's of the same name (a warning says so), and a
condition before a macro. Macros that go in a circle are refused, lists and macros that nothing uses are warned of.
\`exceptions\` name what a rule leaves alone: it does not fire where all fields of some row compare.

`;
