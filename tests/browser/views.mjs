// The views that are looked at alone.
import assert from 'node:assert/strict';
import { number } from './page.mjs';
import { patience, until } from './support.mjs';

export async function plain(d, view) {
  await d.show(view);
  await d.drawn();
  await d.fits(view);
  await d.keep(view);
}

export async function overview(d) {
  await d.show('overview');
  await until('the bad frames are counted', async () => /bad frames\s+96/.test(await d.page.locator('.pulse').innerText()));
  await until('an image anew', async () => (await d.state()).image.frames_used > 100);
  await plain(d, 'overview');
}

// What the page works out of the positions is what is worked out here.
export async function positions(d) {
  await d.show('positions');
  await until('refined positions', async () => (await d.page.locator('[data-key="positions.rms"]').count()) === 1);
  const shown = () => d.text('positions.rms').then(number);
  await until('their rms is that of REST', async () => Math.abs((await shown()) - rms(await d.rest('api/positions'))) < 0.02);
  await until('arrows are drawn', async () => (await d.path('moved')).length > 0);
  await d.page.locator('.toolbar select').first().selectOption('50');
  await until('exaggerated', async () => (await d.page.getByTestId('factor').innerText()).endsWith('50'));
  await d.page.locator('.toolbar select').first().selectOption('0');
  await plain(d, 'positions');
}

function rms(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const column = (name) => {
    const a = head.arrays.find((x) => x.name === name);
    return new Float32Array(buffer, 4 + length + a.offset, a.shape[0]);
  };
  let sum = 0;
  for (const axis of ['x', 'y']) {
    const moved = Array.from(column(`refined_${axis}_m`), (v, i) => 1e9 * (v - column(`nominal_${axis}_m`)[i]));
    const mean = moved.reduce((a, b) => a + b, 0) / moved.length;
    sum += moved.reduce((a, v) => a + (v - mean) ** 2, 0) / moved.length;
  }
  return Math.sqrt(sum);
}

export async function slices(d) {
  await d.show('slices');
  await until('slices are done', async () => (await d.page.locator('section[aria-label="Slice 1"] .note').innerText()).match(/^epoch \d+$/), 5 * patience);
  for (const name of ['Slice 1', 'Slice 2', 'σ of slice 1', 'σ of slice 2']) assert.equal(await d.page.locator(`section[aria-label="${name}"] canvas`).count(), 1, name);
  for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1]]) assert.match(await d.text(`mixing.${i}.${j}`), /^\d+\.\d %$/);
  await plain(d, 'slices');
  // Once more, and stopped: both are answered, shown and written down.
  for (const [name, wish] of [['Separate now', 'start'], ['Stop', 'stop']]) {
    const line = await d.wish(d.panel('separation').getByRole('button', { name, exact: true }));
    assert.deepEqual([line.action, line.asked], ['separation', { do: wish }]);
    assert.equal(line.ok, true, line.why);
    await until('shown', async () => (await d.said('separation')).includes(line.why));
  }
}

export async function history(d) {
  await d.show('history');
  await until('a row', async () => (await d.page.locator('table.series td.uid').count()) === 1);
  const lines = await d.rest('api/audit');
  await until('every wish', async () => (await d.page.locator('[data-panel="audit"] tr').count()) === lines.length);
  // A note is kept with the series, and shown.
  await d.page.getByLabel('a note on this series').fill('the sample drifted in the last row');
  await d.page.getByRole('button', { name: 'Note', exact: true }).press('Enter');
  const note = await until('the note is written down', async () => (await d.rest('api/audit')).find((l) => l.action === 'note'));
  assert.equal(note.asked.text, 'the sample drifted in the last row');
  assert.deepEqual([note.asked.series_uid, note.asked.frames], [(await d.state()).series_uid, 36 * 48]);
  await until('the note is shown', async () => (await d.panel('audit').innerText()).includes('the sample drifted in the last row'));
  await until('another can be written', async () => (await d.page.getByLabel('a note on this series').inputValue()) === '');
  assert.match(await d.page.locator('table.series td').nth(1).innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  await d.page.getByRole('button', { name: 'report' }).press('Enter');
  await d.page.locator('pre').waitFor();
  await d.page.getByRole('button', { name: 'report' }).press('Enter');
  await plain(d, 'history');
}

// No simulated detector saturates: what the service says of a frame is changed on its way to the page.
export async function saturation(context, url) {
  const page = await context.newPage();
  await page.routeWebSocket(/\/ws\b/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => socket.send(typeof message === 'string' ? message : saturated(message)));
  });
  await page.goto(`${url}#detector`);
  await until('the alarm', async () => (await page.getByTestId('saturation').innerText()).includes('17 saturated pixels now, 3 frames with some'));
  assert.equal(await page.getByTestId('saturation').getAttribute('role'), 'alert');
  await page.close();
}

function saturated(piece) {
  // A small picture comes whole in its first piece, behind 16 bytes.
  const message = piece.subarray(16);
  if (piece.readUInt32LE(4) !== 0 || piece.readUInt32LE(0) !== message.length) return piece;
  const length = message.readUInt32LE(0);
  const head = JSON.parse(message.subarray(4, 4 + length).toString());
  if (head.topic !== 'frame' || head.reduced) return piece;
  const text = JSON.stringify({ ...head, saturated_pixels: 17, saturated_frames: 3 });
  const padded = text.padEnd(Math.ceil((Buffer.byteLength(text) + 4) / 8) * 8 - 4, ' ');
  const start = Buffer.alloc(4);
  start.writeUInt32LE(padded.length);
  const changed = Buffer.concat([start, Buffer.from(padded), message.subarray(4 + length)]);
  const pieced = Buffer.from(piece.subarray(0, 16));
  pieced.writeUInt32LE(changed.length, 0);
  return Buffer.concat([pieced, changed]);
}
