/** The part of the rule reference on the tools around rules. */
export const TOOLS = `## Tools

Each tool takes \`--json\`, tells its exit codes in \`telltale help rules TOOL\`, and colours what a terminal shows.
Why a tool fails goes to standard error: problems of rules as \`check\` tells them, anything else (a file that is not there,
a rule that has another name, a wrong option) as a line that says what, where and what would do. With \`--json\` it is on
standard output as well, in one line, whatever it was:
\`{"ok": false, "problems": [{"file", "line", "column", "message", "severity", "sourceLine"}], "message": "…"}\`.
Exit code 1 says that it could not be done, 2 that the command line is wrong; \`explain\` and \`diff\`, whose 1 is an answer
(it does not fire, they differ), end with 2 for both.

| \`telltale rules …\` | what it does |
|---|---|
| \`init NAME --wanted FILE --unwanted FILE\` | a first rule from examples: concepts or features, thresholds for a rate, tests |
| \`check\` | every error and warning of the files, with its place |
| \`test\`, \`coverage\` | runs the tests beside the rules; which conditions they saw true and false |
| \`explain RULE --text TEXT\` | why a rule fires on a text, or how far it is from it |
| \`record RULE --text TEXT\` | what a rule reads of a text, for a test that needs no reader |
| \`backtest FILE.jsonl --label NAME\` | precision, recall and false-alarm rate of each rule on a labelled file |
| \`diff BEFORE AFTER\` | what a change of rules means, and which version step it asks for |
| \`replay --since 7d\`, \`replay --from FILE.parquet\` | what rules would have found in exchanges that passed, without text and reader |
| \`export FILE.parquet\` | what the reader saw of exchanges that passed, for [a notebook](activations.md) |
| \`calibrate TRAFFIC.jsonl\`, \`calibrate --kept\` | learns from your own ordinary traffic what rates stand for |
| \`fmt PATH …\` | rule files in canonical order and layout; with \`--check\` only whether they are |
| \`schema\` | the JSON Schema of rule files, for editors |

### Init

\`rules init NAME --wanted FILE --unwanted FILE\` makes a first rule of examples, one text a line; a text counts
once, and is wanted or unwanted. The reader scores them;
chosen are the one to three concepts or single features that find most of the wanted examples beyond the unwanted ones
that they find too, each under its own aggregate and with \`rarer_than\`. Where several are chosen they share \`--rate 1/N\`
(two get \`1/2N\` each), so that the rule stays within it; one alone has \`1/2N\` where that leaves out an unwanted example
that it would find at \`1/N\`. Of signals that find as much a concept goes before a feature. A feature is written by its label, or where that is not its own by its index, with the label as a comment and the file bound
to this featureset. The rule begins in mode \`shadow\`, with the examples as its tests; those that it gets wrong are marked
\`known\`.

Features are tried where the calibration has a curve of them that carries the rate, which it has of those that concepts are
made of (some 450). Of the others only the density is known, the share of tokens on which they are active at all: that
promises nothing of a segment, so they are not proposed.

How many examples the rule gets right says little, since it was chosen by them, among hundreds of signals: with few examples
one that tells them apart perfectly may do so by chance. So \`init\` says how many signals it compared, and in how many of 999 draws a
choice among the same signals does as well where wanted and unwanted are shuffled (a permutation test of the whole choice,
so their number is accounted for). Above 5 % it may be chance, and more examples are needed; below it something tells the
two kinds apart, which need not be what you meant: read the label, and measure the rule with \`rules backtest\` on texts that
it has not seen. The rate holds either way, as the calibration knows nothing of the examples.

### Check

\`rules check\` prints every problem as file:line:column with the line and a caret. What is wrong with one rule, list
or macro hides nothing of the others: behind a fault of YAML syntax the file is read on, and what was parsed whole is
checked. Nothing is said of what a fault may have touched, nor of a rule for using a list, macro or rule that is itself
broken: that is told once, where it stands. Beside the errors it warns of a rule
without tests and a correlation without, of one that is deprecated, of a condition, list or macro that nothing uses, of a name that shadows another,
of a \`role\` or \`target\` that is compared with what it never is, and of a threshold (\`above\`) that no ordinary segment
of the calibration reaches.

### Test

Tests stand beside the rules. A test reads one of five things, or plays findings over time:

\`\`\`yaml fragment
tests:
  - {expect: fire, text: "The report says the tests pass. They don't, and nobody will look.", span: They don't}
  - {ok: "The tests don't pass yet, and the report says so."}
  - {expect: quiet, messages: [{role: user, content: Do they pass?}, {role: assistant, content: No.}]}
  - {expect: fire, series: {concept/deception: "0x4 5x8 0x4"}, tokens: [4, 6]}
  - {expect: fire, activations: recorded/report.json}
  - name: one alert an hour for each caller
    events: [{at: 0s, fields: {caller: a}}, {at: 5m, fields: {caller: a}}, {at: 6m, fields: {caller: b}}, {at: 1h, fields: {caller: a}}]
    alerts: [0s, 6m, {at: 1h, group: {caller: a}, held_back: 1}]
\`\`\`

Texts are read by the real reader. \`series\` makes up the values of signals, token by token (\`0x4 5x8\` is four times 0,
then eight times 5), so that conditions with memory are tested exactly; a signal that is not given is 0. \`activations\`
names a file that \`rules record\` wrote: judged again without the reader, for as long as the featureset is the same.
\`span\` is a passage that the finding must touch, \`tokens\` its first and last token. A test with \`known: miss\` or
\`known: false_alarm\` is one that the present reader gets wrong: it is run, counted apart and never fails; where the
reader gets it right it is reported as improved, and \`known\` can go.

\`events\` are findings of the rule at made-up times, as they come from exchanges with the \`fields\` given: no reader is
asked, and nothing is said of whether the rule fires on a text. They go through the rule's \`alert\` (above: \`group_by\`,
\`threshold\`, \`count\`, \`window\`) as the gateway's do, and \`alerts\` names every one that becomes an alert: by its time,
or with its \`group\` and with how many findings it says were \`held_back\`. \`alerts: []\` is that none does. The mode does
not matter, and \`rules coverage\` counts such a test for no condition.

Correlations have tests too: findings of rules at made-up times, and the times at which the correlation must fire, all of
them and no others (above, under Correlations). They are played through every correlation of the set, so chains are tested
whole, and no reader is asked. After the last event time passes until nothing waits any more for what must not follow
or for its timespan to end, or to \`until\`. A correlation's grouping of alerts is tested by \`held_back\`. The mode does not matter: what is off or in
shadow is tested all the same.

\`--junit FILE\` writes the outcome for a build
server. \`rules coverage\` counts for each rule and condition the tests that saw it true and false; with \`--strict\` it
ends with 1 where one was not seen both ways.

### Explain and backtest

\`rules explain\` shows what one rule makes of a text: each condition's value, threshold and margin, whether the
expression holds, and the tokens and features behind it, or those that came nearest. \`rules backtest\` runs all rules
over a labelled file and measures each on the rows that it reads.

### Diff

\`rules diff BEFORE AFTER\` compares what two files or folders mean on the loaded featureset, not how they are written:
rules by their id, thresholds as they are resolved, macros, exceptions and filters written out; of correlations \`{gt: 2}\` is
\`{gte: 3}\` and 60m is 1h. It suggests a step of the
version: *major* where what is done with traffic may change (an enforced rule finds otherwise, a rule begins or ends to
act) or where a rule, its name or its target is gone; *minor* where what is found may change; *patch* where neither. A
rule or a correlation whose meaning changed while its \`version\` did not rise is named. Exit code 1 says that they differ.

### Replay

The gateway keeps what its reader saw of every exchange that it records and a rule reads: the values of every concept and probe, and of the
features that they are made of, token by token; no text (\`TELLTALE_REPLAY_KEEP\`, on unless it is \`off\`). \`rules replay\` holds
rules against that as the gateway would have, to the last bit:

\`\`\`sh
telltale rules replay my-rules --since 7d
telltale rules diff rules-now rules-next --replay --since 7d
\`\`\`

It tells for each rule how many exchanges it fires on, how many it fired on when they passed, and the difference, and names
the exchanges that are judged otherwise. Where reviewers gave verdicts on exchanges that the rule had flagged, precision
and recall stand beside, with their Wilson intervals; recall is among what was found then, since nobody reviews what was
never flagged. A rule that reads what was not kept (a feature outside all concepts, a segment that no rule read then) is
not judged on those exchanges, and the report names what was missing. \`TELLTALE_REPLAY_KEEP=dictionary\` keeps every feature.
Findings name tokens, not characters. Last come the exchanges that are judged otherwise, those whose verdict changes first,
each with the id under which the review page opens it and with what a reviewer made of it. \`rules diff --replay\` holds two sets against the same exchanges and
shows which rules do otherwise, with precision and recall before and after, and which exchanges change. An exchange is
replayed as long as the store holds it: retention, \`store.max_unflagged\` and \`telltale erase\` reach what is kept.

Correlations and the grouping of alerts are replayed by the code that the gateway runs, in the time of the exchanges and
from an empty state at \`--since\`: what had been counted before is not in them, so give them at least their timespan. What
fires because nothing followed, or because a timespan ended, is told apart, since it is of no exchange, and so is what still waits at the end; what
reviewers said of such a record counts for the correlation's precision and recall. The same
words at the same place of a conversation are one event, as in the gateway; without the text they are known by what the
reader saw in them, which is the same to the last bit. Where a rule could not be judged, the correlations that hear of it
may miss events, and that is said.

Whoever would rather look for himself takes it into a notebook: \`rules export week.parquet --since 7d\` writes a Parquet file,
which DuckDB, pandas and others read ([columns and examples](activations.md)). \`rules replay --from week.parquet\` and
\`rules diff BEFORE AFTER --replay --from week.parquet\` hold rules against such files, or folders of them, as against the
store and with the same findings: for a history that is older than the store, of several gateways, or on another machine.

A million tokens in short texts, of which nearly every exchange fires, took 5.2 seconds with the 22 shipped rules and 2.9
with one changed rule, on two cores that others wanted too (load 6), and 206 MB of disk; from a Parquet file of 274 MB 12 and
11 seconds. To score them again took 13 minutes
(\`npm run bench:replay\`).
`;
