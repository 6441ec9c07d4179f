import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decode_any } from '../src/data/picture';
import { Pieces, unpacked } from '../src/data/pieces';

const piece = (size: number, at: number, version: number, bytes: number[]) => {
  const out = new Uint8Array(16 + bytes.length);
  const head = new DataView(out.buffer);
  [size, at, version, 0].forEach((v, i) => head.setUint32(4 * i, v, true));
  out.set(bytes, 16);
  return out.buffer;
};

test('pieces make a value, and one that begins anew replaces one that did not end', () => {
  const pieces = new Pieces();
  expect(pieces.take(piece(4, 0, 1, [9, 9]))).toBeNull();
  expect(pieces.take(piece(3, 0, 2, [1, 2]))).toBeNull();
  const whole = pieces.take(piece(3, 2, 2, [3]))!;
  expect([...new Uint8Array(whole.bytes)]).toEqual([1, 2, 3]);
  expect(whole.version).toBe(2);
});

test('a piece whose beginning is missing is none', () => {
  expect(new Pieces().take(piece(4, 2, 1, [1, 2]))).toBeNull();
});

test('differences in planes are numbers again, and the largest is nothing', () => {
  // 500, 2, 65535 as 16 bits: differences 500, 65038, 65533.
  const body = Uint8Array.from([0xf4, 0x0e, 0xfd, 0x01, 0xfe, 0xff]);
  expect([...unpacked(body, 0, 3, { bits: 16, zero: -1, scale: 0.5 })]).toEqual([249, 0, NaN]);
  // 7, 70000000, 3
  const ids = [7, 70_000_000 - 7, 2 ** 32 + 3 - 70_000_000];
  const planes = Uint8Array.from([0, 1, 2, 3].flatMap((p) => ids.map((d) => Math.floor(d / 2 ** (8 * p)) % 256)));
  expect([...unpacked(planes, 0, 3, { bits: 32, zero: 0, scale: null })]).toEqual([7, 70_000_000, 3]);
});

test('a picture that was made smaller says so', async () => {
  const head = JSON.stringify({
    topic: 'snapshot', reduced: { level: 3, every: 4 },
    arrays: [{ name: 'phase', dtype: '<f4', shape: [1, 2], offset: 0, packed: { bits: 8, zero: 1, scale: 2 } }],
  });
  const body = deflateSync(Uint8Array.from([3, 252]));
  const message = new Uint8Array(4 + head.length + body.length);
  new DataView(message.buffer).setUint32(0, head.length, true);
  message.set(new TextEncoder().encode(head), 4);
  message.set(body, 4 + head.length);
  const picture = await decode_any<'snapshot'>(message.buffer);
  expect(picture.exact).toBe(false);
  expect(picture.every).toBe(4);
  expect([...picture.arrays.phase.values]).toEqual([7, NaN]);
});
