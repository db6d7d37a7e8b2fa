/** Memory that each run of a thread uses again: what a run allocates anew is freed only when the thread next collects
 *  garbage, which it puts off because its heap is small. */
export interface Scratch {
  /** float32 [length] under this name; what it held before is undefined. */
  floats(name: string, length: number): Float32Array;
}

/** Empty scratch memory; each name grows to the next power of two of what was asked for. */
export function createScratch(): Scratch {
  const known = new Map<string, Float32Array>();
  return {
    floats: (name, length) => {
      let found = known.get(name);
      if (found === undefined || found.length < length) {
        found = new Float32Array(2 ** Math.ceil(Math.log2(Math.max(1, length))));
        known.set(name, found);
      }
      return found.subarray(0, length);
    },
  };
}
