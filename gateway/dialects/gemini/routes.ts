import type { DialectRoute } from '../dialect.ts';

type UnversionedRoute = Omit<DialectRoute, 'version'>;

const METHODS = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
];
const VERTEX_METHODS = [...METHODS, 'computeTokens', 'predict'];
/** Where Vertex AI has what callers pay for. */
const PROJECT = '/projects/:project/locations/:location';
const VERTEX_PROVIDER = 'gcp.vertex_ai';

/** What Google's API for Gemini offers, and Vertex AI: there below a project, and where a key says whose it is also
 *  without one. */
export const routes: readonly DialectRoute[] = [
  ...inVersions(
    ['v1beta', 'v1', 'v1alpha'],
    [...methodsOf('/models', METHODS), ...methodsOf('/tunedModels', METHODS), ...cachesBelow('')],
  ),
  ...inVersions(['v1beta'], modelsIn('/models')),
  ...inVersions(
    ['v1', 'v1beta1'],
    [
      ...methodsOf(`${PROJECT}/publishers/google/models`, VERTEX_METHODS),
      ...methodsOf('/publishers/google/models', VERTEX_METHODS),
      ...methodsOf(`${PROJECT}/endpoints`, VERTEX_METHODS),
      ...modelsIn('/publishers/google/models'),
      ...cachesBelow(PROJECT),
    ].map(onVertex),
  ),
  ...inVersions(['v1beta1'], cachesBelow('').map(onVertex)),
];

function inVersions(versions: readonly string[], unversioned: readonly UnversionedRoute[]): DialectRoute[] {
  return versions.flatMap((version) => unversioned.map((route) => ({ ...route, version })));
}

function onVertex(route: UnversionedRoute): UnversionedRoute {
  return { ...route, provider: VERTEX_PROVIDER };
}

function methodsOf(models: string, methods: readonly string[]): UnversionedRoute[] {
  return methods.map((method) => ({
    method: 'POST',
    path: `${models}/:model\\:${method}`,
    reads: 'text',
    ...(/embed/i.test(method) && { operation: 'embeddings' }),
  }));
}

function modelsIn(list: string): UnversionedRoute[] {
  return [list, `${list}/:model`].map((path) => ({ method: 'GET', path, reads: 'nothing' }));
}

/** Contents that the upstream keeps for later requests, which name them. What is asked about them afterwards gives
 *  their times and sizes, never their words. */
function cachesBelow(parent: string): UnversionedRoute[] {
  const [all, one] = [`${parent}/cachedContents`, `${parent}/cachedContents/:cache`];
  return [
    { method: 'POST', path: all, reads: 'text' },
    { method: 'GET', path: all, reads: 'nothing' },
    { method: 'GET', path: one, reads: 'nothing' },
    { method: 'PATCH', path: one, reads: 'text' },
    { method: 'DELETE', path: one, reads: 'nothing' },
  ];
}
