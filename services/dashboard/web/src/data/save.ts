// A picture as a file: what is seen with its scale as PNG, its values as TIFF; both say what they are.
import { INTERPOLATORS, type ColorMap } from '@h5web/lib';
import type { Grid } from './grid';
import { place_on_scale } from './look';

export interface Drawn {
  grid: Grid;
  what: string;
  unit: string;
  colours: ColorMap;
  invert: boolean;
  limits: [number, number];
  log: boolean;
  about: Record<string, string | number>; // series, frames, iteration ...
}

const facts = (d: Drawn) => ({
  ...d.about,
  what: d.what,
  unit: d.unit,
  pixel: `${Number(d.grid.dx.toPrecision(6))} x ${Number(d.grid.dy.toPrecision(6))} ${d.grid.unit}`,
  first_pixel: `${Number(d.grid.x0.toPrecision(6))}, ${Number(d.grid.y0.toPrecision(6))} ${d.grid.unit} (x, y of its middle)`,
  limits: d.limits.map((v) => Number(v.toPrecision(6))).join(' to '),
  scale: d.log ? 'logarithmic' : 'linear',
  colours: d.colours + (d.invert ? ', inverted' : ''),
  made: `${new Date().toISOString()} by ptero`,
});

function give(blob: Blob, name: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
const name_of = (d: Drawn, ending: string) => `${[d.about.series, d.what].join('-').replace(/[^\w.-]+/g, '_')}.${ending}`;

const crc_table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; ++k) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = crc_table[(c ^ b) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

// iTXt chunks behind the header of a PNG.
export function with_texts(png: Uint8Array, texts: Record<string, string>): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder();
  const chunks = Object.entries(texts).map(([key, text]) => {
    const data = new Uint8Array([...utf8.encode(`iTXt${key}`), 0, 0, 0, 0, 0, ...utf8.encode(text)]);
    const chunk = new Uint8Array(data.length + 8);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, data.length - 4);
    chunk.set(data, 4);
    view.setUint32(data.length + 4, crc32(data));
    return chunk;
  });
  const head = 33; // signature and IHDR
  const out = new Uint8Array(png.length + chunks.reduce((n, c) => n + c.length, 0));
  out.set(png.subarray(0, head));
  let at = head;
  for (const c of chunks) {
    out.set(c, at);
    at += c.length;
  }
  out.set(png.subarray(head), at);
  return out;
}

function paint(d: Drawn): HTMLCanvasElement {
  const { grid } = d;
  const zoom = Math.max(1, Math.floor(900 / Math.max(grid.rows, grid.cols)));
  const [w, h] = [grid.cols * zoom, Math.round((grid.rows * zoom * grid.dy) / grid.dx)];
  const small = document.createElement('canvas');
  [small.width, small.height] = [grid.cols, grid.rows];
  const pixels = small.getContext('2d')!.createImageData(grid.cols, grid.rows);
  const colour = INTERPOLATORS[d.colours];
  const parse = (t: number) => (colour(d.invert ? 1 - t : t).match(/\d+(\.\d+)?/g) ?? []).slice(0, 3).map(Number);
  const table = Array.from({ length: 256 }, (_, i) => parse(i / 255));
  grid.values.forEach((v, i) => {
    if (!Number.isFinite(v)) return;
    const t = Math.min(1, Math.max(0, place_on_scale(v, d.limits, d.log)));
    pixels.data.set([...table[Math.round(255 * t)], 255], 4 * i);
  });
  small.getContext('2d')!.putImageData(pixels, 0, 0);
  const [left, top, right, bottom] = [70, 54, 120, 64];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.max(420, w + left + right), h + top + bottom];
  const c = canvas.getContext('2d')!;
  c.fillStyle = '#fff';
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.imageSmoothingEnabled = false;
  c.drawImage(small, left, top, w, h);
  c.strokeStyle = c.fillStyle = '#222';
  c.strokeRect(left - 0.5, top - 0.5, w + 1, h + 1);
  c.font = '600 15px system-ui, sans-serif';
  c.fillText(d.what, left, 20);
  c.font = '12px system-ui, sans-serif';
  c.fillText(Object.entries(d.about).map(([k, v]) => `${k} ${v}`).join(' · '), left, 40);
  const text = (v: number) => String(Number(v.toPrecision(3)));
  c.textAlign = 'center';
  for (let k = 0; k <= 4; ++k) {
    const x = grid.x0 - grid.dx / 2 + (k / 4) * grid.cols * grid.dx;
    c.fillRect(left + (k / 4) * w - 0.5, top + h, 1, 5);
    c.fillText(text(x), left + (k / 4) * w, top + h + 18);
  }
  c.fillText(`x (${grid.unit})`, left + w / 2, top + h + 38);
  c.textAlign = 'right';
  for (let k = 0; k <= 4; ++k) {
    const y = grid.y0 - grid.dy / 2 + (k / 4) * grid.rows * grid.dy;
    c.fillRect(left - 5, top + (k / 4) * h - 0.5, 5, 1);
    c.fillText(text(y), left - 8, top + (k / 4) * h + 4);
  }
  c.textAlign = 'left';
  c.fillText(`y (${grid.unit})`, 6, top - 8);
  for (let i = 0; i < h; ++i) {
    c.fillStyle = `rgb(${table[Math.round((255 * (h - 1 - i)) / Math.max(1, h - 1))].join()})`;
    c.fillRect(left + w + 20, top + i, 16, 1);
  }
  c.fillStyle = '#222';
  for (let k = 0; k <= 4; ++k) {
    const v = d.limits[0] + (k / 4) * (d.limits[1] - d.limits[0]);
    const t = place_on_scale(v, d.limits, d.log);
    c.fillText(text(v), left + w + 42, top + h * (1 - t) + 4);
  }
  c.fillText(d.unit, left + w + 20, top - 8);
  return canvas;
}

export function save_png(d: Drawn) {
  paint(d).toBlob((blob) => {
    if (!blob) return;
    void blob.arrayBuffer().then((bytes) => {
      const texts = Object.fromEntries(Object.entries(facts(d)).map(([k, v]) => [k, String(v)]));
      give(new Blob([with_texts(new Uint8Array(bytes), texts)], { type: 'image/png' }), name_of(d, 'png'));
    });
  });
}

// One strip of 32 bit floats; values that are not there are NaN.
export function tiff_of(grid: Grid, description: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${description}\0`);
  const tags: [number, number, number, number][] = [
    // tag, type (2: text, 3: short, 4: long), count, value
    [256, 4, 1, grid.cols],
    [257, 4, 1, grid.rows],
    [258, 3, 1, 32],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [270, 2, text.length, 0],
    [273, 4, 1, 0],
    [277, 3, 1, 1],
    [278, 4, 1, grid.rows],
    [279, 4, 1, 4 * grid.rows * grid.cols],
    [339, 3, 1, 3],
  ];
  const text_at = 8 + 2 + 12 * tags.length + 4;
  const data_at = Math.ceil((text_at + text.length) / 4) * 4;
  const out = new Uint8Array(data_at + 4 * grid.values.length);
  const view = new DataView(out.buffer);
  out.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  view.setUint16(8, tags.length, true);
  tags.forEach(([tag, type, count, value], i) => {
    const at = 10 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    const written = tag === 270 ? text_at : tag === 273 ? data_at : value;
    if (type === 3) view.setUint16(at + 8, written, true);
    else view.setUint32(at + 8, written, true);
  });
  out.set(text, text_at);
  grid.values.forEach((v, i) => view.setFloat32(data_at + 4 * i, v, true));
  return out;
}

export function save_tiff(d: Drawn) {
  give(new Blob([tiff_of(d.grid, JSON.stringify(facts(d)))], { type: 'image/tiff' }), name_of(d, 'tif'));
}
