// Binary values as they come over the WebSocket: in pieces, and perhaps smaller than they are.
export interface Whole {
  bytes: ArrayBuffer;
  version: number; // the same again: better, not newer
}

// Puts pieces together: u32 bytes of the value, place of the piece, version, level; then the piece.
export class Pieces {
  private bytes = new Uint8Array(0);
  private have = 0;

  // The value that this piece makes whole; null: more is to come.
  take(piece: ArrayBuffer): Whole | null {
    const head = new DataView(piece);
    const [size, at, version] = [0, 4, 8].map((i) => head.getUint32(i, true));
    if (at === 0) {
      this.bytes = new Uint8Array(size);
      this.have = 0;
    }
    // The end of a value whose beginning went to another connection.
    if (at !== this.have || size !== this.bytes.length) return null;
    const part = new Uint8Array(piece, 16);
    this.bytes.set(part, at);
    this.have += part.length;
    return this.have === size ? { bytes: this.bytes.buffer, version } : null;
  }
}

export interface Packed {
  bits: number;
  zero: number;
  scale: number | null; // null: the numbers themselves
}

// Undoes what services/dashboard/src/smaller.hpp describes.
export function unpacked(body: Uint8Array, at: number, count: number, { bits, zero, scale }: Packed): Float32Array | Uint32Array | Uint8Array {
  const planes = bits / 8;
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  const out = scale !== null ? new Float32Array(count) : bits === 8 ? new Uint8Array(count) : new Uint32Array(count);
  // Each plane has the differences' bytes: put together they are the differences.
  let q = 0;
  for (let i = 0; i < count; ++i) {
    let difference = 0;
    for (let p = 0; p < planes; ++p) difference += body[at + p * count + i] * 2 ** (8 * p);
    q = (q + difference) % (mask + 1);
    out[i] = scale === null ? q : q === mask ? NaN : zero + scale * q;
  }
  return out;
}

export async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
