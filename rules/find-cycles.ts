/** The nodes that lie on a cycle, each with the way along it from the node itself; walked without recursion, in time
 *  linear in nodes and edges for each cycle that is found.
 *  @param next - the nodes that a node leads to */
export function findCycles<T>(
  nodes: readonly T[],
  next: (node: T) => readonly T[],
): ReadonlyMap<T, readonly T[]> {
  const cycles = new Map<T, readonly T[]>();
  const done = new Set<T>();
  for (const start of nodes) if (!done.has(start)) walk(start);
  return cycles;

  function walk(start: T): void {
    const way = [{ node: start, rest: [...next(start)] }];
    const onWay = new Map<T, number>([[start, 0]]);
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const following = step.rest.shift();
      if (following === undefined) {
        done.add(step.node);
        onWay.delete(step.node);
        way.pop();
        continue;
      }
      const since = onWay.get(following);
      if (since !== undefined) note(way.slice(since).map(({ node }) => node));
      else if (!done.has(following)) {
        onWay.set(following, way.length);
        way.push({ node: following, rest: [...next(following)] });
      }
    }
  }

  function note(circle: readonly T[]): void {
    for (const [i, node] of circle.entries()) {
      if (!cycles.has(node)) cycles.set(node, [...circle.slice(i), ...circle.slice(0, i)]);
    }
  }
}
