/** The part of the rule reference on what is made of tokens' values, over a segment and over a whole exchange. */
export const VALUES = `## Values and thresholds

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

So a rule judges a token by \`max\`, a span by \`max_rolling_mean\`, \`ema\` or \`for\`, a segment by the others, and an exchange with
\`per: exchange\`.

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
token. The featureset's calibration is of concepts and the features that they are made of, under the usual aggregates. Of
other features, and of \`sum\`, \`count_above\`, \`ema\` and \`minus\`, a rate is learned from your own traffic: \`telltale
rules calibrate\` learns what the rules ask for. With \`per: exchange\` there is no rate, only \`above\`: exchanges are
not sampled, and their values grow with how long a conversation has become. A rate that the sample cannot support is
refused, with the number of segments that are missing.

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
  what such segments read; where some stand in parts, once more with all parts of a list as one.
- When: before the upstream is asked, what nothing in the answer can undo (a value that cannot fall, or a target that no
  answer has, such as \`input\`); the rest at the answer's end. A rule that blocks such answers makes them wait for their
  end.
- Beside conditions over the exchange a rule may have others: those are of one segment, and the rule holds where all is
  true of some segment. It makes one finding for the exchange, at the segment that adds most; \`exchange\` in the finding
  lists what each segment adds, with its tokens and span.
- It goes with \`above\`: calibrations are of segments. It does not go with \`for\` and \`then\`, which look at tokens of one
  segment, nor with \`action: redact\`, since no passage alone is at fault. Tests judge \`messages\` as one exchange, a text or
  a series alone as an exchange of one segment; so do explain and backtest.

`;
