import type { Contradiction, Look } from './contradiction.ts';
import type { Config } from './schema.ts';

type Path = readonly PropertyKey[];
type Security = Pick<Config['kafka'], 'tls' | 'sasl'>;

/** Connections to Kafka that would be less safe than somebody meant: half a certificate, half a login, and what is set of a
 *  connection that is not made. */
export function kafkaProblems({ kafka, scoring, sinks }: Config): Look[] {
  const connections: [path: Path, security: Security][] = [
    [['kafka'], kafka],
    [['scoring'], scoring],
    ...sinks.flatMap((sink, index): [Path, Security][] =>
      sink.type === 'kafka' ? [[['sinks', index], sink]] : [],
    ),
  ];
  const takesOthers = scoring.where === 'kafka' && scoring.brokers.length === 0;
  return [
    ...connections.flatMap(([path, { tls, sasl }]) => [
      certificateProblem([...path, 'tls'], tls),
      ...loginProblems([...path, 'sasl'], sasl),
    ]),
    ...(takesOthers ? unusedProblems(scoring) : []),
  ];
}

function certificateProblem(path: Path, { cert_file: cert, key_file: key }: Security['tls']): Look {
  if ((cert === null) === (key === null)) return false;
  const [given, missing] = cert === null ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
  return {
    path: [...path, given],
    message: 'a certificate and its key come together, and the other is missing',
    beside: [...path, missing],
  };
}

function loginProblems(path: Path, { mechanism, username, password_env }: Security['sasl']): Contradiction[] {
  const login = { username: username !== '', password_env: password_env !== null };
  const isAsked = mechanism !== 'none';
  return (['username', 'password_env'] as const)
    .filter((key) => login[key] !== isAsked)
    .map((key) =>
      isAsked
        ? {
            path: [...path, 'mechanism'],
            message: 'it needs sasl.username and sasl.password_env, and one is missing',
            beside: [...path, key],
          }
        : {
            path: [...path, key],
            message: 'without a mechanism nobody says who connects: name one, or leave it out',
            beside: [...path, 'mechanism'],
          },
    );
}

/** What is set of the connection to brokers of which none is named. */
function unusedProblems({ tls, sasl }: Security): Contradiction[] {
  const set = (['enabled', 'ca_file', 'cert_file', 'key_file'] as const).find((key) => tls[key]);
  const paths = [
    ...(set === undefined ? [] : [['tls', set]]),
    ...(sasl.mechanism === 'none' ? [] : [['sasl', 'mechanism']]),
  ];
  return paths.map((path) => ({
    path: ['scoring', ...path],
    message: 'brokers, TLS and SASL are those of kafka, since scoring names no brokers',
    beside: ['scoring', 'brokers'],
  }));
}
