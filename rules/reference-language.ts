import { ENGINE_VERSION } from './version-range.ts';

/** The parts of the rule reference that no schema can say. */
export const LANGUAGE = {
  before: `# Rules

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
`,
  after: `## Values and thresholds

A signal gives one number per token. Its aggregate makes one number of a segment with token values x, n tokens
and window w:

| aggregate | value of a segment | can it fall as text goes on? |
|---|---|---|
| \`max\` | the highest x | no |
| \`max_rolling_mean\` | the highest mean of w consecutive tokens (of fewer at the beginning) | no |
| \`top_k_mean\` | the mean of the w highest x (of all while n < w) | no, from w tokens on |
| \`mean\` | the mean of all x | yes |
| \`sum\` | the sum of all x | yes |
| \`count_above\` | how many x are greater than \`token_above\` | no |
| \`ema\` | the highest e, where e follows x by e + (x - e) · 2 / (w + 1) and begins at the first x | no |

\`minus\` compares two signals: x is what the first has more than the second, token by token.
\`for: {tokens: 3, of: 10}\` asks that 3 of 10 tokens in a row are above the threshold; the value is what so many of them
reach. With \`until: 0.5\` it has hysteresis: from the first token above the threshold, tokens count as above it, with the
highest x since then, until one is at or below 0.5. \`then\` asks that a token above the threshold is followed, at most
\`within\` tokens later, by one above the threshold of a second signal; such a match is told as two conditions, NAME and
NAME.then.

\`\`\`yaml fragment
detection:
  keeps_on:
    signal: {concept: deception}
    rarer_than: 1/500
    for: {tokens: 4, of: 12}
  more_than_it_refuses:
    signal: {concept: illicit}
    minus: {concept: refusal}
    aggregate: mean
    above: 0.8
  plans_then_hides:
    signal: {concept: power_seeking}
    above: 2
    then: {signal: {concept: deception}, above: 1.5, within: 60}
\`\`\`

A condition is met when the value is greater than the threshold. \`above\` is the threshold itself.
\`rarer_than: 1/2000\` is looked up in the featureset's calibration, for the same aggregate and for the role that the
target reads (\`input\`: user, \`output\` and \`tool_call\`: assistant, \`tool_result\`: tool, \`system\`: system; \`any\`: all
roles together; where the role alone has too few segments for the rate, all roles): at most one in 2,000 ordinary
segments scores so high. \`for\` and \`then\` take the rate of single tokens, which they keep, since they ask more than one
token. \`sum\`, \`count_above\`, \`ema\`, \`minus\` and \`per: exchange\` have no calibration: they go with \`above\`. A rate that the calibration's sample cannot support is refused, with the number of segments
that are missing.

## Over a whole exchange

With \`per: exchange\` the aggregate is over all segments of the exchange that the rule reads, together: so much of it that
no message alone gives away.

\`\`\`yaml fragment
rules:
  - id: 3b1e9c70-52ad-4f0b-9d46-7c8e0a1f5b24
    name: drawn-out-deception
    title: Deception as expressed in the text, spread over an exchange
    description: No message alone is deceptive enough; request and answer together are.
    status: test
    version: 1
    level: medium
    mode: flag
    target: any
    detection:
      often: {signal: {concept: deception}, aggregate: count_above, token_above: 2, per: exchange, above: 5}
      all_along: {signal: {concept: deception}, aggregate: mean, per: exchange, above: 0.4}
    condition: often and all_along
    tests:
      - expect: fire
        messages: [{role: user, content: Do lie and lie and lie}, {role: assistant, content: I lie and lie and lie}]
      - expect: quiet
        messages: [{role: user, content: Do lie and lie and lie}, {role: assistant, content: I never would}]
\`\`\`

| aggregate | value of an exchange | can it fall as more segments come? |
|---|---|---|
| \`sum\`, \`count_above\` | over all tokens of all segments | \`sum\` yes, \`count_above\` no |
| \`mean\` | the sum over all tokens divided by their number: a long segment weighs more than a short one | yes |
| \`top_k_mean\` | the mean of the w highest tokens, whichever segments they are in | no, from w tokens on |
| \`max\`, \`max_rolling_mean\`, \`ema\` | the highest of any segment; no window reaches into the next segment | no |

- Which segments count: those of the request's body as it was sent, earlier messages that the client sends again included,
  then those of the answer; of them those that the rule's \`target\` covers, that its fields and exceptions leave to it, and
  that were read to their end. What came in earlier requests and is not sent again does not count; for that there are
  correlations. Where the exchange as it stands is quiet and some segment wears a disguise, it is judged a second time with
  what such segments read.
- When: before the upstream is asked, what nothing in the answer can undo (a value that cannot fall, or a target that no
  answer has, such as \`input\`); the rest at the answer's end. A rule that blocks such answers makes them wait for their
  end.
- Beside conditions over the exchange a rule may have others: those are of one segment, and the rule holds where all is
  true of some segment. It makes one finding for the exchange, at the segment that adds most; \`exchange\` in the finding
  lists what each segment adds, with its tokens and span.
- It goes with \`above\`: calibrations are of segments. It does not go with \`for\` and \`then\`, which look at tokens of one
  segment, nor with \`action: redact\`, since no passage alone is at fault. Tests judge \`messages\` as one exchange, a text or
  a series alone as an exchange of one segment; so do explain and backtest.

## When a rule fires

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
apart, digits for letters, rot13, backwards) is judged twice: as it stands, and as it reads without. A rule fires where
either reading satisfies it; each reading is judged by itself, so a condition under \`not\` in one says nothing of the
other. Of a rule that fires on the second alone, the finding's tokens and span are those of the run in the text that hid
it, its values and features those of what it reads, and \`view\` tells what was undone and what it reads. Tests, explain
and backtest judge so too.

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
| \`language\` | what the header \`content-language\` of the request says, such as \`de\` |
| \`role\`, \`target\` | who speaks in the segment, and which target it is |
| \`tool\` | the name of the tool that is called, or whose result it is, in tests of rules; the gateway does not fill it in yet, so on live traffic it is null |
| \`conversation\` | the conversation's id |

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

## Correlations

A correlation takes findings of rules as its events, over exchanges and time, and makes a finding of its own. The rules
may be in shadow, so that only what comes together is told.

\`\`\`yaml fragment
correlations:
  - id: 9b2f1c58-3f6e-4c4e-8a9d-6c1d2b7e4f10
    name: persistent-jailbreak
    title: Three attempts at a jailbreak in one conversation
    description: One attempt may be a quotation; three in ten minutes are not.
    status: test
    version: 1
    level: high
    mode: flag
    type: event_count
    rules: [jailbreak, prompt-injection]
    group_by: [conversation]
    timespan: 10m
    condition: {gte: 3}
    tests:
      - name: the third attempt within ten minutes
        events: [{at: 0s, rule: jailbreak}, {at: 4m, rule: prompt-injection}, {at: 9m, rule: jailbreak}]
        expect: [9m]
      - name: one attempt that the client sends again with each request
        events:
          - {at: 0s, rule: jailbreak, words: ignore all rules}
          - {at: 1m, rule: jailbreak, words: ignore all rules}
          - {at: 2m, rule: jailbreak, words: ignore all rules}
        expect: quiet
  - id: 2c7a9e04-58b1-4d0f-9c3e-1a6f8d2b5e31
    name: injected-then-harmful
    title: A harmful answer after a prompt injection, and no refusal
    description: The order tells that the injection worked.
    status: test
    version: 1
    level: critical
    mode: flag
    type: temporal_ordered
    rules: [prompt-injection, harmful-request]
    unless: [refusal]
    group_by: [conversation]
    timespan: 5m
    tests:
      - name: in the order of cause and effect
        events: [{at: 0s, rule: prompt-injection}, {at: 2s, rule: harmful-request}]
        expect: [2s]
      - name: the other way round
        events: [{at: 0s, rule: harmful-request}, {at: 2s, rule: prompt-injection}]
        expect: quiet
      - name: refused in between
        events: [{at: 0s, rule: prompt-injection}, {at: 1s, rule: refusal}, {at: 2s, rule: harmful-request}]
        expect: quiet
  - id: 7d4e1b90-0c35-4a6e-8b1f-94c2e6a0d713
    name: request-not-refused
    title: A harmful request, and no refusal within five minutes
    description: Whatever was answered, it was no refusal.
    status: test
    version: 1
    level: high
    mode: flag
    type: event_count
    rules: [harmful-request]
    unless_then: {rules: [refusal], within: 5m}
    group_by: [conversation]
    timespan: 5m
    condition: {gte: 1}
    tests:
      - name: no refusal ever comes
        events: [{at: 0s, rule: harmful-request}]
        expect: [5m]
      - name: refused in time
        events: [{at: 0s, rule: harmful-request}, {at: 4m, rule: refusal}]
        expect: quiet
      - name: refused in another conversation
        fields: {conversation: one}
        events: [{at: 0s, rule: harmful-request}, {at: 4m, rule: refusal, fields: {conversation: two}}]
        expect: [{at: 5m, group: {conversation: one}}]
\`\`\`

| type | it fires when, within the timespan and the group, |
|---|---|
| \`event_count\` | the rules had so many findings |
| \`value_count\` | their findings had so many different values of \`field\`; a finding without it does not count |
| \`temporal\` | all the rules had a finding, or so many of them |
| \`temporal_ordered\` | all the rules had a finding, in their order |

Events are judged as they come, in the order of exchanges; that is why there is \`gte\` and no \`lte\`: fewer than three
holds at the first. Absence before is \`unless\`: no event of those rules in the group within the timespan before. Absence
after is \`unless_then\`: what came together waits, and fires when \`within\` has passed without an event of those rules in
the group; one that comes in time undoes all that waits there. It fires by itself, though nothing comes any more: while the
gateway runs at that moment, after a stop at the next start. It is then a record of its own, which names the exchanges that
it is about, with the time at which it was due. The events that made it fire count no more, so \`gte: 3\` fires again with the sixth and not with the fourth. Clients send earlier
messages again with each request: the same words at the same place of a conversation count once within the timespan.
Events that lack a field of \`group_by\` are one group. A correlation may take findings of other correlations, in a circle
never; one that fires late is an event at the time at which it was due. It comes after the exchange, so it flags and cannot enforce.

Each correlation remembers at most 4,096 groups, and of a group no more than can still count; past that the group that
was quiet longest is given up, and counted (\`telltale_event_groups_evicted_total\`). So is what waits longest where more than
4,096 matches of one correlation wait. A restart goes on counting, and so does
a reload for correlations whose meaning has not changed.

## Alerts that are held back

\`alert: {group_by: [conversation], threshold: limit, count: 1, window: 10m}\` lets the first finding of a conversation
become an alert and holds the others back for ten minutes. \`threshold: threshold\` lets every \`count\`-th through, \`both\`
only the \`count\`-th of a window. A window begins with its first finding. Nothing is lost: what is held back is recorded
with its exchange, counted (\`telltale_alerts_held_back_total\`), and the next alert of its group says how many there were.
What a rule enforces it enforces all the same.

## A team's changes to rules of other files

Shipped rules stay as they are; what a team wants otherwise stands in files of its own, read together with them
(\`TELLTALE_RULES=shipped,/etc/my-rules\`). \`overrides\` change a rule, \`filters\` make rules quiet:

\`\`\`yaml fragment
overrides:
  - rule: deception
    override: replace
    mode: enforce
  - rule: deception
    override: append
    detection:
      refuses: {signal: {concept: refusal}, rarer_than: 1/20}
    condition: and not refuses
filters:
  - name: load-tests
    description: Canned answers of the load tests.
    rules: [deception, 0c1f6a52-7d8e-4c0b-9a34-5be1f0d27a11]
    detection:
      load_test: {field: tenant, startswith: load-}
    condition: load_test
\`\`\`

Overrides are made in the order of files and lines. \`append\` makes the lists of a rule longer, adds conditions under
\`detection\`, and lets \`condition\` go on after the whole old expression. \`replace\` puts what is given in place of what
was; of \`detection\`, only the conditions of the same names. Macros are looked up as in the rule's own file. A filter's
conditions are its own, whatever a rule calls its conditions; a filter on signals is decided when the segment ends.
A rule, or a condition, that is not there is an error: a change that changes nothing would be believed.

## Files

\`telltale\` reads every \`*.yaml\` and \`*.yml\` below the rule directory; names that begin with a dot are passed over.
Files are YAML 1.2 in UTF-8: one document, no merge keys, no custom tags, at most 256 KiB, 32 levels and 64 aliases.
All files are loaded or none: while running, a broken set leaves the old one in place. \`required_engine\` names the
versions of the rule language that can read the file; this is ${ENGINE_VERSION}.

## Bad input

What is wrong is told with file, line, column, the value and what would be right: a key or a name that is not known (with
the nearest known one), a featureset, an engine or a feature that is not there, a rate that the calibration cannot carry
(with the number of segments that are missing), macros and correlations in a circle, a regular expression that is no RE2 or
too large, two rules with one id, a correlation on a rule that is off, a file over the bounds above. What has been tried
against parser and compiler, in \`test/rules\`, with each run of the tests:

| tried | how much | what must hold |
|---|---|---|
| the YAML suite's bad files | 94 | each refused at line and column, for its syntax |
| written by hand against the parser: deep brackets, a billion laughs, a list within itself, a thousand aliases, bytes that are not UTF-8, \`__proto__\` as a key and others | 16 | refused at their place |
| a right file with up to three cuts and insertions anywhere | 300 at random | loaded, or refused at a place within the file |
| any keys and values of the schema in any company: conditions, macros, exceptions, overrides, correlations, their tests | 200 at random | refused at a place within the file, or evaluated without a fault, over segments, exchange and events |
| any condition expressions, and macros that name each other | 360 at random | parsed or refused at a place, and never without end |
| any JSON for the state of correlations | 100 at random | taken whole or refused with its place |

## In VS Code

With the extension YAML (\`redhat.vscode-yaml\`), which runs the YAML language server, VS Code completes keys and
values, shows what a key means when the pointer rests on it, and marks what the schema refuses, while a rule is
written. The server takes the schema from a comment at the top of the file, with a path from the file itself; the
shipped files begin with

\`\`\`
# yaml-language-server: $schema=../schema.json
\`\`\`

For rules that are kept elsewhere write the schema beside them with
\`npm run -s telltale -- rules schema > rules.schema.json\` and begin each file with
\`# yaml-language-server: $schema=rules.schema.json\`; other editors that run the same server read the same comment.
What depends on the featureset (names of concepts, rates, features) only \`telltale rules check\` can tell.

`,
};
