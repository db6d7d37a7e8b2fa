/** Lets a fixed number in at once; the others wait in their order. */
export interface Gate {
  /** Resolves to the function that leaves again. */
  enter(): Promise<() => void>;
  /** From now on nobody enters before that; it never rejects. */
  keepShut(until: Promise<void>): void;
}

export function createGate(places: number): Gate {
  let free = places;
  const waiting: (() => void)[] = [];
  let shut: Promise<void> | null = null;
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const once = () => {
    let hasLeft = false;
    return () => {
      if (!hasLeft) leave();
      hasLeft = true;
    };
  };
  return {
    async enter() {
      if (shut !== null) await shut;
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return once();
    },
    keepShut(until) {
      shut = until.then(() => {
        shut = null;
      });
    },
  };
}
