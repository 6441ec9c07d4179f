// The page without a service: what it is told is made here, so that nothing depends on how fast anything runs.
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };

const columns = { '<f4': Float32Array, '<u4': Uint32Array, '|u1': Uint8Array, '<c8': Float32Array };

// A binary message as the dashboard makes it: head, then arrays { name: [dtype, shape, values] }.
export function message(head, arrays) {
  const padded = (n) => Math.ceil(n / 8) * 8;
  let end = 0;
  const places = Object.entries(arrays).map(([name, [dtype, shape, values]]) => {
    const bytes = Buffer.from(columns[dtype].from(values).buffer);
    const place = { name, dtype, shape, offset: end, bytes };
    end += padded(bytes.length);
    return place;
  });
  let text = JSON.stringify({ ...head, arrays: places.map(({ bytes: _, ...rest }) => rest) });
  text = text.padEnd(padded(Buffer.byteLength(text) + 4) - 4, ' ');
  const out = Buffer.alloc(4 + text.length + end);
  out.writeUInt32LE(text.length);
  out.write(text, 4);
  for (const p of places) p.bytes.copy(out, 4 + text.length + p.offset);
  return out;
}

// As the service sends it: in one piece.
let version = 0;
const piece = (m) => {
  if (typeof m === 'string') return m;
  const head = Buffer.alloc(16);
  [m.length, 0, ++version, 0].forEach((v, i) => head.writeUInt32LE(v, 4 * i));
  return Buffer.concat([head, m]);
};

// path: [x, y] in micrometres by frame.
export function map_message(path, raster, total, label = path.map(() => 1)) {
  const n = [path.length];
  return message(
    { topic: 'map', series_uid: 'fake', revision: 1, frames: path.length, segments: 1, mode: 'robust', border: 0, fill_in: false, no_contrast: false, raster },
    {
      id: ['<u4', n, path.map((_, i) => i)],
      x_m: ['<f4', n, path.map(([x]) => x * 1e-6)],
      y_m: ['<f4', n, path.map(([, y]) => y * 1e-6)],
      total: ['<f4', n, total],
      com_x: ['<f4', n, path.map(() => 0)],
      com_y: ['<f4', n, path.map(() => 0)],
      label: ['|u1', n, label],
      confidence: ['|u1', n, path.map(() => 255)],
    },
  );
}

export const state = (more = {}) => ({
  utc_ms: Date.now(), series_uid: 'fake', over: false, rate_hz: 0,
  ledger: null,
  roi: null, map: null, image: null, reconstruction: null, advice: null, bad_ranges: [], controls: { classifier: true, reconstructor: true, ddip: false },
  frame: null, wanted: null, services: {}, alarms: [], warnings: [], ...more,
});

// A page that is told by `tell(socket message)`; `first`: what it is told when it comes.
export async function fake_page(context, folder, first = []) {
  if (!existsSync(join(folder, 'index.html'))) throw new Error(`there is no page in ${folder}`);
  const page = await context.newPage();
  const url = 'http://page.test/';
  await page.route('**/*', (route) => {
    const path = new URL(route.request().url()).pathname;
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (path.startsWith('/api/') || !existsSync(file)) return route.fulfill({ status: 404, json: [] });
    return route.fulfill({ contentType: types[extname(file)] ?? 'text/plain', body: readFileSync(file) });
  });
  let socket = null;
  const early = []; // told before the page has asked
  let shown = state();
  await page.routeWebSocket(/\/ws\b/, (ws) => {
    socket = ws;
    for (const m of [JSON.stringify(shown), ...first, ...early.splice(0)]) ws.send(piece(m));
  });
  // A sign of life, as the service gives it.
  const beat = setInterval(() => socket?.send(JSON.stringify({ ...shown, utc_ms: Date.now() })), 250);
  page.on('close', () => clearInterval(beat));
  return {
    page, url,
    tell: (m) => (socket ? socket.send(piece(m)) : early.push(m)),
    set_state: (s) => { shown = s; },
  };
}
