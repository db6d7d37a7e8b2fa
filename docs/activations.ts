import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIVATION_COLUMNS } from '../gateway/replay/activation-table.ts';

/** `npm run docs` writes docs/activations.md from the columns that `telltale rules export` writes. */

/** The reference in Markdown. */
export function activationsReference(): string {
  const rows = ACTIVATION_COLUMNS.map(
    ({ name, type, isOptional, meaning }) =>
      `| \`${name}\` | ${TYPES[type]} | ${isOptional === true ? 'yes' : ''} | ${meaning} |`,
  );
  return [HEAD, '| column | type | may be null | meaning |', '|---|---|---|---|', ...rows, '', USE].join(
    '\n',
  );
}

const TYPES = {
  text: 'string',
  whole: 'int32',
  real: 'float32',
  time: 'timestamp, milliseconds, UTC',
  flag: 'boolean',
} as const;

const HEAD = `# Activations in a notebook

This page is generated from the code by \`npm run docs\`.

A gateway keeps what its reader saw of the exchanges that it records (\`TELLTALE_REPLAY_KEEP\`), so that rules can be held
against what passed. \`telltale rules export\` copies that to a Parquet file, for whoever wants to look for himself:

\`\`\`sh
telltale rules export week.parquet --since 7d
telltale rules export week.parquet --since 7d --concepts
\`\`\`

There is a row for each token and signal: every feature that was active there, every probe, and with \`--concepts\` every
concept whose features were all kept. A feature without a row at a token was 0 there, if it was computed: of a gateway that
keeps \`concepts\` those that concepts and probes name, and those that some rule read; of one that keeps \`dictionary\` all.
There is **no text** in it, no token's identity and no place of a token in the text, since none of that is kept (the lengths of
tokens in a row are known to give answers away); whoever may read the text finds it in the store under the exchange's id.

The file is a copy: retention and \`telltale erase\` do not reach it. What the features of a text were is about its text, so
treat it as you would the texts; it is readable by its owner alone. A file that is there is not written over, and one that could
not be written to its end is taken away. Exchanges that were read with another featureset than the loaded one are left out
and counted, as are damaged ones. The file's own metadata names the featureset and its digest.

## Back into replay

\`\`\`sh
telltale rules replay my-rules --from week.parquet
telltale rules diff rules-now rules-next --replay --from exports/
\`\`\`

Rules are held against the file as they are against the store, with the same findings to the last bit, correlations,
verdicts of reviewers and all: what has no column of its own stands in \`replay\`, in the first row of each exchange. Verdicts are those of the
moment of the export, and nothing that came after it is known. Several files and folders of them are one history; an exchange that is in two of them is refused.

Replay reads the columns \`replay\`, \`token\`, \`signal\` and \`value\`; all others are for people. DuckDB, pandas and others may
write the file again (tried with DuckDB 2.0.1, pandas 3.1.1 and pyarrow 26.0.1), in groups of rows of their own size (up to 4 million) and compressed with zstd, snappy, gzip, brotli or not at all. They may
leave out exchanges, each whole:

\`\`\`sql
copy (select * from 'week.parquet' where verdict <> 'pass') to 'flagged.parquet' (format parquet);
\`\`\`

(every row has the exchange's own fields, so a condition on \`exchange\`, \`conversation\`, \`ended_at\`, \`verdict\`, \`fired\` or \`reviewed\` keeps
exchanges whole; one on a segment, a token or a signal does not, and one on \`route\`, \`model\`, \`tenant\` or \`caller\` does where all
segments agree). A file that has an exchange in part, in another order, twice, or with other values than were exported is refused with
the row; so is one of another featureset, one without \`replay\` (exported by an older telltale), and one compressed with LZ4 or encoded as DELTA_BYTE_ARRAY.
What a file claims of itself is held against bounds before memory is asked for it.
`;

const USE = `## With DuckDB

The statements on this page were run with DuckDB 2.0.1 on such a file of 1,020 exchanges (2.7 million rows, 6.8 MB; with
\`--concepts\` 4.0 million, 10.2 MB). DuckDB is not part of Telltale.

Which features tell apart what a rule fired on from what it did not:

\`\`\`sql
select signal, any_value(label) as label, count(*) as tokens,
  avg(value) filter (fired like '%hate%') - avg(value) filter (fired not like '%hate%') as difference
from 'week.parquet'
where feature is not null and role = 'user' and undone is null
group by signal having count(*) > 500
order by difference desc nulls last limit 20;
\`\`\`

How high the segments of a route score by a concept, as a rule with \`aggregate: max\` sees them:

\`\`\`sql
with segments as (
  select exchange, segment, route, max(value) as score
  from 'week.parquet'
  where signal = 'concept/hate' and undone is null and is_whole
  group by all
)
select route, count(*) as segments, quantile_cont(score, [0.5, 0.9, 0.99]) as quantiles
from segments group by route;
\`\`\`

A rule's value is that of its aggregate over the tokens of one reading (\`exchange\`, \`segment\`, \`undone\`); an average over
the rows of a feature is one over the tokens where it was active, so divide its sum by \`tokens\` where a mean is wanted. What
a threshold means is looked up best with \`rules replay\`, which judges by the rules' own code.

## What it costs

Rows are written in groups of 65,536, compressed with zstd, and one group at a time is in memory: the command took 395 MB for
290,000 rows and 454 MB for 2.7 million. It took 3.5 µs of processor a row, which is 155 µs a token (44 rows a token); the
gateway beside it is read in pages and waits for nothing.

To read such a file for replay takes 5 to 10 µs of processor a token (0.1 to 0.2 µs a row) beside the rules' own time, and memory for one group of rows of
each file that overlaps another in time: 247 MB for 2.6 million rows, 311 MB as DuckDB wrote them again, and 486 MB as pandas did, in groups of a million.
`;

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'activations.md'), activationsReference());
