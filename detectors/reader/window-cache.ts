/** Positions of one block of a cache. They divide a window. */
export const CACHE_BLOCK_POSITIONS = 32;

/** The keys and values of one window's positions, in memory that threads share. */
export interface WindowCache {
  /** float32 [CACHE_BLOCK_POSITIONS, layers * 2 * dModel] each, in the order of positions. */
  readonly blocks: readonly Float32Array[];
  /** Neither recycled nor forgotten. */
  isOpen(): boolean;
  /** Takes blocks until there is room for so many positions. */
  reserve(positions: number): void;
  /** No run reads or writes it any more: its blocks serve other windows. */
  recycle(): void;
  /** It is given up while a run may still write to it: its blocks serve nobody else. */
  forget(): void;
}

/** Gives out caches, from blocks that were used before where there are any: shared memory that is merely dropped stays
 *  until every thread that saw it collects garbage, and an idle thread does not. */
export interface WindowCaches {
  /** Caches that are open. */
  open(): number;
  create(): WindowCache;
}

/** @param width - floats that one position keeps: layers * 2 * dModel
 *  @param maxIdleBlocks - blocks that wait for their next use */
export function createWindowCaches(width: number, maxIdleBlocks: number): WindowCaches {
  const idle: Float32Array[] = [];
  let open = 0;
  const newBlock = () => new Float32Array(new SharedArrayBuffer(4 * CACHE_BLOCK_POSITIONS * width));
  return {
    open: () => open,
    create: () => {
      const blocks: Float32Array[] = [];
      let isOpen = true;
      open++;
      const close = (isIdle: boolean) => {
        if (!isOpen) return;
        isOpen = false;
        open--;
        if (isIdle) idle.push(...blocks.slice(0, maxIdleBlocks - idle.length));
        blocks.length = 0;
      };
      return {
        blocks,
        isOpen: () => isOpen,
        reserve: (positions) => {
          while (blocks.length * CACHE_BLOCK_POSITIONS < positions) blocks.push(idle.pop() ?? newBlock());
        },
        recycle: () => close(true),
        forget: () => close(false),
      };
    },
  };
}

/** Copies the positions 0 .. `positions` of a cache to `out` at `at`. */
export function readCache(blocks: readonly Float32Array[], positions: number, out: Float32Array, at: number) {
  let left = positions;
  let to = at;
  for (const block of blocks) {
    if (left <= 0) return;
    const width = block.length / CACHE_BLOCK_POSITIONS;
    const rows = Math.min(left, CACHE_BLOCK_POSITIONS);
    out.set(block.subarray(0, rows * width), to);
    to += rows * width;
    left -= rows;
  }
}

/** Copies `values`, float32 [n, width], to the positions from `position` on. */
export function writeCache(blocks: readonly Float32Array[], position: number, values: Float32Array): void {
  for (let from = 0, at = position; from < values.length; ) {
    const block = blocks[Math.floor(at / CACHE_BLOCK_POSITIONS)];
    if (block === undefined)
      throw new Error(`position ${at} is beyond the ${blocks.length} blocks of its cache`);
    const width = block.length / CACHE_BLOCK_POSITIONS;
    const row = at % CACHE_BLOCK_POSITIONS;
    const part = values.subarray(from, from + (CACHE_BLOCK_POSITIONS - row) * width);
    block.set(part, row * width);
    from += part.length;
    at += part.length / width;
  }
}
