// Binary messages: numbers, and arrays by name.
import { inflated, unpacked, type Packed } from './pieces';
import type { Heads, Topic } from './state';

export type Column = Float32Array | Uint32Array | Uint8Array;
export interface Picture<T extends Topic = Topic> {
  head: Heads[T];
  arrays: Record<string, { shape: number[]; values: Column }>;
  came_ms: number;
  version?: number; // as the service counts them
  every: number; // pixels: 1: all are there
  exact: boolean; // false: sent smaller, over a slow link
}
// The newest of each topic.
export type Pictures = { [T in Topic]?: Picture<T> };

interface ArrayPlace {
  name: string;
  dtype: string;
  shape: number[];
  offset: number;
  packed?: Packed;
}

const readers: Record<string, (b: ArrayBuffer, at: number, n: number) => Column> = {
  '<f4': (b, at, n) => new Float32Array(b, at, n),
  '<c8': (b, at, n) => new Float32Array(b, at, 2 * n),
  '<u4': (b, at, n) => new Uint32Array(b, at, n),
  '|u1': (b, at, n) => new Uint8Array(b, at, n),
};

function head_of<T extends Topic>(buffer: ArrayBuffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as Heads[T] & { arrays: ArrayPlace[]; reduced?: { level: number; every: number } };
  return { head, length };
}

// As decode(), also of what was made smaller for a slow link.
export async function decode_any<T extends Topic>(buffer: ArrayBuffer): Promise<Picture<T>> {
  const { head, length } = head_of<T>(buffer);
  if (!head.reduced) return decode(buffer);
  const body = await inflated(new Uint8Array(buffer, 4 + length));
  const arrays: Picture['arrays'] = {};
  for (const a of head.arrays) {
    const count = a.shape.reduce((p, n) => p * n, 1) * (a.dtype === '<c8' ? 2 : 1);
    arrays[a.name] = { shape: a.shape, values: unpacked(body, a.offset, count, a.packed!) };
  }
  return { head, arrays, came_ms: performance.now(), every: head.reduced.every, exact: head.arrays.every((a) => a.packed!.scale === null) };
}

export function decode<T extends Topic>(buffer: ArrayBuffer): Picture<T> {
  const { head, length } = head_of<T>(buffer);
  const arrays: Picture['arrays'] = {};
  for (const a of head.arrays) {
    const count = a.shape.reduce((p, n) => p * n, 1);
    arrays[a.name] = { shape: a.shape, values: readers[a.dtype](buffer, 4 + length + a.offset, count) };
  }
  return { head, arrays, came_ms: performance.now(), every: 1, exact: true };
}
