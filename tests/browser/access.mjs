// What people with other eyes, hands and screens need: axe-core finds nothing serious on any view, pictures are read and
// zoomed with the keyboard, what is pressed is large enough. On a page that is told everything by this test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fake_page, map_message, message, state } from './fake.mjs';
import { desk, phone } from './page.mjs';
import { until } from './support.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const views = ['overview', 'control', 'maps', 'image', 'positions', 'slices', 'detector', 'health', 'history'];
const plan = { rows: 20, cols: 30, step_x_m: 0.2e-6, step_y_m: 0.2e-6, snake: false };
const path = Array.from({ length: 600 }, (_, i) => [((i % 30) - 14.5) * 0.2, (Math.floor(i / 30) - 9.5) * 0.2]);

const stage = (name) => ({ stage: name, state: 'running', silent_s: 0, doing: '' });
const service = { heard_ms: 100, alive: true, health: { ready: true, uptime_s: 60, level: 0, load: 0.2, stages: [stage('receive'), stage('record')] } };
const told = state({
  services: { ingest: service, classifier: service, reconstructor: service },
  alarms: [{ service: 'ingest', id: 'queue', severity: 'warning', sentence: 'The queue is nearly full.', since_utc_ms: 0 }],
  ledger: { series_uid: 'fake', counts: { selected: 200, background: 350, pending: 50 }, total: 600, arrived: 600, ended: true },
  reconstruction: { series_uid: 'fake', running: true, frames: 200, iteration: 30, waiting: 12, left_out: { saturated: 3, no_position: 1 } },
  warnings: [{ service: 'reconstructor', series_uid: 'fake', code: 'few_counts', sentence: 'The patterns have few counts.' }],
  bad_ranges: [[3, 5], [40, 49], [60, 61], [70, 71]],
});

function pictures() {
  const [rows, cols] = [120, 160];
  const n = rows * cols;
  const image = (f) => ['<f4', [rows, cols], Array.from({ length: n }, (_, i) => f(i % cols, Math.floor(i / cols)))];
  const inside = (x, y) => Math.hypot(x - 80, y - 60) < 40;
  return [
    map_message(path, plan, path.map(([x, y]) => 100 + 50 * Math.sin(3 * x) * Math.cos(4 * y)), path.map(([x, y]) => (Math.hypot(x, y) < 1 ? 2 : 1))),
    message(
      { topic: 'snapshot', series_uid: 'fake', frames_used: 200, last_frame: 599, iteration: 30, amplitude_error: 0.01, age_ms: 5, shape: [rows, cols], pixel_m: 25e-9, converged: false, centre_m: [0, 0], errors: [0.1, 0.05, 0.02], noise_floor: 0.004,
        verdict: [{ code: 'misfit', number: 5, sentence: 'the error has stopped falling at 2 %, 5 times what counting noise leaves (0.4 %): the defocus or its sign, the orientation, the positions or the number of modes are wrong' }, { code: 'mode_empty', number: 1e-5, sentence: 'mode 2 of the probe has 1e-05 of the light: one mode less will do' }] },
      { phase: image((x, y) => (inside(x, y) ? 0.5 : 0)), coverage: image(() => 1), amplitude: image(() => 1) },
    ),
    message({ topic: 'frame', series_uid: 'fake', frame: 599, full_shape: [64, 64], bin: 1, max_counts: 90, mean_max_counts: 60, averaged: 600, saturated_pixels: 2, saturated_frames: 1, flagged_pixels: 0 },
      { newest: ['|u1', [64, 64], Array.from({ length: 4096 }, (_, i) => i % 200)], mean: ['|u1', [64, 64], Array.from({ length: 4096 }, (_, i) => i % 100)] }),
    message({ topic: 'probe', series_uid: 'fake', iteration: 30, modes: 1, pixel_m: 25e-9 }, { modes: ['<c8', [1, 16, 16], Array.from({ length: 512 }, (_, i) => Math.cos(i))] }),
    message({ topic: 'positions', series_uid: 'fake', iteration: 30, frames: 600, every: 1 },
      Object.fromEntries([['id', ['<u4', [600], path.map((_, i) => i)]], ...['nominal_x_m', 'nominal_y_m', 'refined_x_m', 'refined_y_m'].map((name, k) => [name, ['<f4', [600], path.map((p, i) => p[k % 2] * 1e-6 + (k > 1 ? 5e-9 * Math.sin(i) : 0))]])])),
    message({ topic: 'slices', series_uid: 'fake', slices: 2, pixel_m: 25e-9, epoch: 9, done: true, runs: 1, mixing: [0.9, 0.1, 0.2, 0.8], alarms: [] }, { phase: ['<f4', [2, 16, 16], Array.from({ length: 512 }, (_, i) => i)] }),
  ];
}

export async function open(context, folder, view = 'overview') {
  const fake = await fake_page(context, folder, pictures());
  fake.set_state(told);
  await fake.page.goto(`${fake.url}#${view}`);
  await until('told', async () => (await fake.page.getByTestId('status').innerText()).toLowerCase() === 'ended');
  return fake;
}

const show = async (page, view) => {
  await page.evaluate((v) => (window.location.hash = v), view);
  await page.locator(`main[data-view="${view}"]`).waitFor();
};

// Every finding that axe calls serious or critical, and landmarks and headings besides.
export async function audit(browser, folder) {
  for (const viewport of [desk, phone]) {
    const context = await browser.newContext({ viewport, bypassCSP: true });
    const { page } = await open(context, folder);
    await page.evaluate(axe);
    for (const view of views) {
      await show(page, view);
      const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      const serious = found.violations
        .filter((v) => ['serious', 'critical', 'moderate'].includes(v.impact))
        .map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} (${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''})`).join('; ')}`);
      assert.deepEqual(serious, [], `${view}, ${viewport.width} pixels wide`);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, select, summary, input, [role=tab]')]
          .map((e) => [e, e.getBoundingClientRect()])
          .filter(([, b]) => b.width > 0 && (b.width < 24 || b.height < 23.5))
          .map(([e, b]) => `${e.tagName} ${e.textContent} ${b.width}x${b.height}`),
      );
      assert.deepEqual(small, [], `${view}: smaller than 24 pixels`);
    }
    await context.close();
  }
}

// A picture takes keys from when it says so: what is pressed before is lost.
async function listening(page, picture) {
  await picture.focus();
  await until('the picture takes keys', async () => (await picture.getAttribute('aria-keyshortcuts'))?.includes('ArrowRight'));
}

// A map read, zoomed and chosen from without a mouse.
export async function keyboard(context, folder) {
  const { page } = await open(context, folder, 'control');
  const map = page.getByRole('group', { name: 'Transmitted counts with the region' });
  await listening(page, map);
  const readout = page.locator('.readout').first();
  const frame = async () => Number((await readout.innerText()).match(/frame (\d+)/)?.[1] ?? NaN);
  await page.keyboard.press('ArrowRight');
  const first = await until('a frame is said', frame);
  await page.keyboard.press('ArrowRight');
  await until('the one beside it', async () => (await frame()) === first + 1);
  await page.keyboard.press('ArrowDown');
  await until('the one below', async () => (await frame()) === first + 31);
  // Faster than anything is drawn, each key counts.
  await map.evaluate((e) => ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft', 'ArrowRight', 'ArrowLeft', 'ArrowRight', 'ArrowRight'].forEach((key) => e.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))));
  await until('two to the right', async () => (await frame()) === first + 33);
  for (const key of ['ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  await until('two back', async () => (await frame()) === first + 31);
  await page.keyboard.press('Shift+ArrowLeft');
  await until('ten to the left', async () => (await frame()) === first + 21);
  const [x, y] = path[first + 21];
  const said = (await readout.innerText()).match(/x (-?[\d.]+), y (-?[\d.]+)/);
  assert.ok(Math.abs(Number(said[1]) - x) < 0.011 && Math.abs(Number(said[2]) - y) < 0.011, said[0]);
  await page.keyboard.press('Enter');
  await until('chosen', async () => (await page.locator('#bad-first').inputValue()) === String(first + 21));
  const ticks = () => page.evaluate(() => [...document.querySelectorAll('main .heat svg[data-type="abscissa"] text')].map((t) => t.textContent).join());
  const before = await ticks();
  for (let i = 0; i < 4; ++i) await page.keyboard.press('+');
  await until('zoomed', async () => (await ticks()) !== before);
  await page.keyboard.press('0');
  await until('all again', async () => (await ticks()) === before);
  await page.close();
}

// Limits by hand, a logarithmic scale, other colours, a line profile, and files of what is seen.
export async function adjust(context, folder) {
  const { page } = await open(context, folder, 'control');
  await page.locator('.tools summary').first().click();
  const tools = page.getByRole('group', { name: /^How Transmitted counts/ });
  await tools.getByLabel('low').fill('80');
  await tools.getByLabel('high').fill('120');
  await until('limits by hand', async () => (await page.locator('.colour-bar').first().innerText()).includes('120') && !(await page.locator('.colour-bar').first().innerText()).includes('140'));
  await tools.getByLabel('Limits').selectOption('percentile');
  await tools.getByLabel('Scale').selectOption('true');
  await tools.getByLabel('Colours').selectOption('Magma');
  await tools.getByLabel('line profile').check();
  // The picture takes up dragging some time after the box was ticked: a drag before is none.
  await until('a profile', async () => {
    const box = await page.locator('main .heat canvas').first().boundingBox();
    await page.mouse.move(box.x + 20, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 80, box.y + 60, { steps: 5 });
    await page.mouse.move(box.x + 140, box.y + 80, { steps: 5 });
    await page.mouse.up();
    return until('drawn', async () => (await page.getByTestId('profile').count()) === 1, 2000);
  });
  for (const [name, begins] of [['PNG', '89504e47'], ['TIFF', '49492a00']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), tools.getByRole('button', { name }).click()]);
    const bytes = readFileSync(await download.path());
    assert.equal(bytes.subarray(0, 4).toString('hex'), begins, name);
    // The file says what it is.
    for (const fact of ['fake', 'counts', 'logarithmic', 'by ptero']) assert.ok(bytes.includes(fact), `${name} does not say ${fact}`);
  }
  // The choice is kept.
  await page.reload();
  await page.locator('.tools summary').first().click();
  assert.equal(await page.getByRole('group', { name: /^How Transmitted counts/ }).getByLabel('Colours').inputValue(), 'Magma');
  await page.close();
}
