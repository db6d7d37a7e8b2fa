/** The part of the rule reference on what comes together over exchanges and time. */
export const CORRELATIONS = `## Correlations

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
  - id: 4f8a2d16-93c7-4e05-b6d1-08e5c7f3a942
    name: a-few-refusals
    title: Two to four refusals of one caller in an hour
    description: Once is chance, and five are told elsewhere; this is somebody who tries.
    status: test
    version: 1
    level: low
    mode: flag
    type: event_count
    rules: [refusal]
    group_by: [caller]
    timespan: 1h
    condition: {gte: 2, lte: 4}
    tests:
      - name: two in the hour that begins with the first
        fields: {caller: one}
        events: [{at: 0s, rule: refusal}, {at: 40m, rule: refusal}, {at: 70m, rule: refusal}]
        expect: [60m]
      - name: five in one hour
        fields: {caller: one}
        events:
          - {at: 0s, rule: refusal}
          - {at: 1m, rule: refusal}
          - {at: 2m, rule: refusal}
          - {at: 3m, rule: refusal}
          - {at: 4m, rule: refusal}
        expect: quiet
\`\`\`

| type | it fires when, within the timespan and the group, |
|---|---|
| \`event_count\` | the rules had so many findings |
| \`value_count\` | their findings had so many different values of \`field\`; a finding without it does not count |
| \`temporal\` | all the rules had a finding, or so many of them |
| \`temporal_ordered\` | all the rules had a finding, in their order |

Events are judged as they come, in the order of exchanges. With \`gte\` or \`gt\` alone a correlation fires with the
event that makes them enough, of those within the timespan before it. Fewer than three holds at the first, so a
condition with an upper bound (\`lte\`, \`lt\`, \`eq\`, also \`{gte: 2, lte: 4}\`) is decided when a window closes: the
first event of a group opens it, it lasts the timespan, and at its end it fires or not; the next event opens the next
one. So every event is in one window, and one that comes at the moment in which a window closes is in the next. A group
of which nothing came has no window: that nothing came at all is told by \`unless_then\` of what it should have
followed. \`unless\` looks at the window alone. \`unless_then\` does not go with an upper bound; a second correlation
that takes the findings of the first may have it.

Absence before is \`unless\`: no event of those rules in the group within the timespan before. Absence after is
\`unless_then\`: what came together waits, and fires when \`within\` has passed without an event of those rules in the
group; one that comes in time undoes all that waits there. What is decided so, or when a window closes, fires by itself,
though nothing comes any more: while the gateway runs at that moment, after a stop at the next start. It is then a
record of its own, which names the exchanges that it is about, with the time at which it was due. The events that made
it fire count no more, so \`gte: 3\` fires again with the sixth and not with the fourth. Clients send earlier messages
again with each request: the same words at the same place of a conversation count once within the timespan. A group
remembers 4,096 of them: the oldest go first, would count again, and are counted
(\`telltale_event_words_forgotten_total\`). Events that lack a field of \`group_by\` are one group. A correlation may take
findings of other correlations, in a circle never; one that fires late is an event at the time at which it was due. It
comes after the exchange, so it flags and cannot enforce.

Each correlation remembers at most 4,096 groups, and of a group no more than can still count; past that the group that
was quiet longest is given up, and counted (\`telltale_event_groups_evicted_total\`). So is what waits longest where
more than 4,096 matches or windows of one correlation wait. A restart goes on counting, and so does a reload for
correlations whose meaning has not changed. Each gateway, and each worker, counts what passes it and no more
(\`events.json\` in its data folder), also where several share a store: what is to be counted together has to go through
one of them, by a balancer that keeps a conversation, caller or tenant at one gateway.

## Alerts that are held back

\`alert: {group_by: [conversation], threshold: limit, count: 1, window: 10m}\` lets the first finding of a conversation
become an alert and holds the others back for ten minutes. \`threshold: threshold\` lets every \`count\`-th through, \`both\`
only the \`count\`-th of a window. A window begins with its first finding. Nothing is lost: what is held back is recorded
with its exchange, counted (\`telltale_alerts_held_back_total\`), and the next alert of its group says how many there were.
What a rule enforces it enforces all the same.

`;
