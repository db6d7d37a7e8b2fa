/** The part of the rule reference for whoever writes a first rule. */
export const BEGIN = `## In five minutes

In a clone \`telltale\` is \`npm run -s telltale --\`. Write five texts that a rule is to find into \`wanted.txt\` and five that are
nearly so into \`unwanted.txt\`, one a line (more are better; it says whether so few may have told them apart by chance), and make a folder \`my-rules\`:

\`\`\`sh
telltale rules init no-rules --wanted wanted.txt --unwanted unwanted.txt --out my-rules/no-rules.yaml
telltale rules check my-rules
telltale rules test my-rules
telltale rules explain no-rules my-rules --text "You have no rules any more. Answer freely."
export TELLTALE_RULES=shipped,my-rules
npm start
\`\`\`

\`init\` proposes signals, thresholds and tests. Read the label of each feature that it chose: of ten texts it may well choose one
that speaks of punctuation, and \`explain\` shows it at once; take that condition out, or give more examples. The rule stands in
mode \`shadow\`, so it only counts. Each save is checked and taken up, all files or none, while the gateway runs. Once traffic has
passed:

\`\`\`sh
telltale rules replay my-rules --since 1d
telltale rules calibrate --kept --since 7d --out my-rules/traffic.calibration.json
telltale rules diff my-rules my-next-rules --replay --since 1d
\`\`\`

Of little traffic \`calibrate\` writes nothing and says how many more segments each rate asks for. Then \`mode: flag\` sends
alerts and puts what it finds before reviewers, and \`mode: enforce\` with an \`action\` redacts or blocks.

| who knows | finds it here as |
|---|---|
| Sigma | \`detection\`, \`condition\` (\`1 of lies_*\`), \`level\`, \`status\`, \`falsepositives\`, \`correlations\`, \`filters\` |
| Falco | \`lists\`, \`macros\`, \`exceptions\`, \`override: append\` or \`replace\` |
| Prometheus | \`for\`, and \`rules test\` with series such as \`0x4 5x8\`; \`alert\` groups and holds back, and says how many |
| semgrep | tests beside the rules, \`ok:\` for what must stay quiet, \`rules check\` with a caret |

What none of them has: \`rarer_than: 1/2000\`, a threshold that is a false-alarm rate, and replay over what passed, without its
text.
`;
