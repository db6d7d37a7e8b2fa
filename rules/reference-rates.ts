/** The part of the rule reference on false-alarm rates: learned from traffic, and measured on it. */
export const RATES = `
## Rates of your own traffic

### Calibrate

The featureset's calibration is of other people's traffic. \`rules calibrate TRAFFIC.jsonl RULES\` scores your own ordinary
traffic and writes \`traffic.calibration.json\` into the folder of the rules; every rule that is loaded together with it
looks its rates up there, for each signal and aggregate that the file holds (all concepts, and what the rules read), by the
role that the target reads where that role has segments enough. It keeps the sample's size and what the traffic was; a
finding's interval is that of the sample. A rate is carried where the sample is expected to go over it five times: 1/2000
asks for 10,000 segments. Where a rule asks for more, nothing is written and the errors say how many segments are missing.

Nobody needs to write that traffic down: \`rules calibrate --kept --since 7d RULES\` learns of what the gateway kept of its own
exchanges ([as replay reads it](#replay)), without their text and without the reader, beside the gateway, which takes the
file up by itself. Each text, in a file too, counts as it stands, once for a role and a route, however often it comes;
drift counts live traffic so too, since clients send it again with each turn. Left out and counted are segments that nobody read to their end, those of which something
that is to be learned was not kept, and exchanges that a reviewer confirmed, since they are not ordinary. What was flagged and never
reviewed is learned of: where there is much of it, review first, or choose a calmer range.

What the featureset has no calibration of can be learned so: write the rule with \`rarer_than\` on any feature, on a \`sum\`,
\`count_above\` or \`ema\`, or on the difference of two signals (\`minus\`); \`rules check\` refuses it until the file that
\`rules calibrate\` writes for it stands beside it. Every segment is scored as the rule scores it, to its end, so the rate
holds on the sample exactly. A curve is of one level, window and pair of signals: with another the rule is refused until it
is learned anew.

Rows may say their \`route\`, as rules call it (\`/v1/chat/completions\`; an alert's record names it). A route that has
segments enough of the role that a rule reads gives the rule a threshold of its own there; on every other route the
threshold is that of all routes together, by the role where it has enough. The command says for every rule and route
which of them it is, and how many more segments the route needs. Up to 64 routes are learned by themselves, others count
for the whole. Which threshold holds is settled before a segment's first token, with the other fields of its exchange, so
the same text is judged alike in the gateway, in tests with \`fields\` and in replay.

The file holds for one featureset and is part of the set's digest. It is tried with the rules that are named, so name all that
are loaded together, or none for those of \`TELLTALE_RULES\`: a gateway that loads it beside others refuses the whole set where
the sample cannot carry their rates, says which, and goes on with the old one.

### Drift

The gateway holds every rate that an active rule states against what passes through. For each condition with
\`rarer_than\` it counts the segments that the rule read to their end and those that reached the threshold, within a
window that slides (\`drift.window_hours\`, 24), and gives the live rate with its Wilson 95 % interval as metrics beside
the promised one (\`telltale_rule_live_rate_ratio\`, \`…_interval_ratio\`, \`telltale_rule_promised_rate_ratio\`). The
text counts as it stands, as in a calibration; a text that comes again on the same route, as a conversation's earlier
messages do with every request, counts once a window. Where the interval's lower bound exceeds \`drift.factor\` (3)
times the promised rate and five segments reached it, or its upper bound lies below the promised rate over the factor,
an alert goes to every sink, once a window for a threshold and a direction: \`threshold_drift_above\` (medium) or
\`threshold_drift_below\` (low), tagged \`telltale.drift.RULE\`, with the figures as its condition. Either state lasts
until the interval reaches the promised rate itself. Of \`for\` and \`then\` the rate is a bound: only more of them is
drift.

What the figure can tell is that this traffic reaches a threshold more or less often than ordinary traffic was promised
to. It cannot tell why: attacks raise it exactly as unfamiliar but harmless traffic does, since nobody labels what passes
through. Read what the rule flagged: if it is right, there is something going on; if it is not, learn the threshold from
your own traffic. An interval of much traffic is narrow and notices small differences, one of little traffic is wide and
says nothing for long: to see that 1/2000 has become 1/500, some thousand segments are needed.

The counts are written to \`drift.json\` beside the store every minute and go on after a restart; those of a threshold
that has changed, of another featureset or under another window begin anew, and the log says so. Each gateway measures
its own traffic.
`;
