/** The part of the rule reference on what rules cost. */
export const COST = `
## What rules cost

Which signals active rules read is what the reader's dictionary computes, and nothing else of it; judging them costs
processor time beside the reader's own. Microseconds a token, medians of seven rounds of 20,000 tokens, in the same
process as the reader, which took 427 µs a token (two cores of an AMD EPYC; \`npm run bench:rules\`,
[bench/results/rules.json](../bench/results/rules.json)):

| rules | signals | stream, 8 tokens at once | of the reader | whole text, 256 at once | of the reader |
|---|---|---|---|---|---|
| 1 | 2 | 0.65 | 0.15 % | 0.03 | 0.01 % |
| 100 | 73 | 3.8 | 0.9 % | 1.2 | 0.3 % |
| 1,000 | 523 | 43 | 10 % | 20 | 4.8 % |

Every rule has two conditions here, half of the rules a feature of their own, and about one in a hundred fires. What
every batch asks for once is spread over its tokens, so that streams cost more. From 100 rules to 1,000 the cost grows
about elevenfold on streams and seventeenfold on whole texts, no less than the rules do: they also read seven times as many signals.
`;
