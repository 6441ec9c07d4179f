// The dashboard's page in a real browser against a running `ptero live` on the simulator.
// Usage: node dashboard.mjs PTERO [FOLDER FOR PICTURES]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [ptero, pictures] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'ptero-browser-'));
const patience = 60_000;

const free_port = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, check, ms = patience) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    last = await check().catch((error) => error);
    if (last && !(last instanceof Error)) return last;
    await sleep(100);
  }
  throw new Error(`not within ${ms / 1000} s: ${what} (${last})`);
}

let run_number = 0;
function start(port, rate) {
  const out = join(scratch, `run${++run_number}`);
  const child = spawn(
    ptero,
    ['live', '--source', 'sim:nanosheets', '--scan', '36x48', '--scan-step', '0.2e-6', '--pattern', '64',
     '--outer-zone-width', '70e-9', '--sim-seed', '3', '--rate', String(rate), '--out', out, '--keep-running',
     '--probe-modes', '2', '--epochs', '12', '--dashboard', String(port),
     '--set', 'reconstructor.defocus_m=355e-6', '--set', 'reconstructor.threads=1'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  child.ended = new Promise((resolve) => child.on('exit', resolve));
  child.said = () => said;
  child.out = out;
  return child;
}

const port = await free_port();
const url = `http://127.0.0.1:${port}/`;
const rest = async (path) => (await fetch(url + path)).json();
let pipeline = start(port, 30);
let browser;

async function step(name, body) {
  const began = Date.now();
  await body();
  console.log(`ok   ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

try {
  await until('the dashboard answers', async () => (await fetch(url + 'healthz')).ok);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-sandbox'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  const foreign = [];
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (!['data:', 'blob:'].includes(target.protocol) && target.host !== `127.0.0.1:${port}`) foreign.push(request.url());
  });
  const text = (key) => page.locator(`[data-key="${key}"]`).first().innerText();
  const show = async (view) => {
    await page.goto(`${url}#${view}`);
    await page.locator(`main[data-view="${view}"]`).waitFor();
  };
  const keep = async (name) => {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `dashboard-${name}.png`) });
  };
  const number = (t) => Number(t.replace(/\u2009/g, ''));

  await step('the map fills while the scan runs', async () => {
    await page.goto(url);
    await until('live', async () => (await page.getByTestId('status').innerText()).toLowerCase() === 'live');
    const before = await until('frames came', async () => number(await text('ledger.arrived')) || 0);
    await until('more frames came', async () => number(await text('ledger.arrived')) > before + 100);
    await page.locator('section[aria-label="Transmitted counts T"] canvas').waitFor();
  });

  await step('the region of interest and the phase are there', async () => {
    await until('an outline', async () => ((await page.getByTestId('roi-outline').first().getAttribute('d')) ?? '').length > 20);
    await page.locator('section[aria-label="Phase (rad)"] canvas').waitFor({ timeout: patience });
    await page.locator('section[aria-label^="Detector"] canvas').waitFor({ timeout: patience });
  });

  await step('a control changes the region', async () => {
    const before = await rest('api/state');
    assert.equal(before.map.border, 0);
    const outline = await page.getByTestId('roi-outline').first().getAttribute('d');
    // With the keyboard alone.
    await page.locator('#border').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await until('two steps', async () => (await page.locator('#border').inputValue()) === '2');
    await page.keyboard.press('Enter');
    await until('in force', async () => (await rest('api/state')).map.border === 2, 30_000).catch(async (error) => {
      throw new Error(`${error.message}; the page says: ${await page.locator('.said').innerText()}; asked: ${JSON.stringify((await rest('api/state')).wanted)}`);
    });
    await until('shown', async () => (await text('map.border')) === '2');
    await until('another outline', async () => (await page.getByTestId('roi-outline').first().getAttribute('d')) !== outline);
    const lines = readFileSync(join(pipeline.out, 'dashboard-audit.jsonl'), 'utf8').trim().split('\n').map(JSON.parse);
    assert.equal(lines.length, 1);
    assert.deepEqual(lines[0].asked, { border: 2, fill_in: false });
    assert.equal(lines[0].ok, true);
  });
  await sleep(6000);
  await keep('overview');

  for (const view of ['maps', 'image', 'detector', 'health'])
    await step(`view ${view}`, async () => {
      await show(view);
      await sleep(2500);
      await keep(view);
    });

  await step('numbers are those of the REST state', async () => {
    await show('overview');
    // At the end, when nothing moves any more.
    await until('the series has ended and is reported', async () => (await rest('api/series'))[0]?.reported_by.length === 3, 120_000);
    const state = await rest('api/state');
    assert.equal(state.ledger.ended, true);
    assert.equal(state.ledger.arrived, 36 * 48);
    await until('ended', async () => (await page.getByTestId('status').innerText()).toLowerCase() === 'ended');
    const value = (key) => key.split('.').reduce((o, k) => o?.[k], state) ?? 0;
    for (const key of ['ledger.arrived', 'ledger.total', 'ledger.counts.selected', 'ledger.counts.background', 'ledger.counts.missing', 'image.frames_used', 'map.border'])
      assert.equal(number(await text(key)), value(key), key);
    assert.equal(await text('series_uid'), state.series_uid);
    await show('maps');
    for (const key of ['roi.labelled', 'roi.selected']) assert.equal(number(await text(key)), value(key), key);
    assert.equal(await text('roi.latency_p99_ms'), state.roi.latency_p99_ms.toFixed(1));
  });

  await step('the history has the series', async () => {
    await show('history');
    await until('a row', async () => (await page.locator('table.series td.uid').count()) === 1);
    await sleep(500);
    await keep('history');
  });

  await step('on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const view of ['overview', 'maps', 'image', 'health']) {
      await show(view);
      await sleep(2000);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${view} is ${wide} pixels wide`);
      await keep(`phone-${view}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await step('killed, it says so within 2 s, and comes back', async () => {
    await show('overview');
    await until('connected', async () => (await page.getByTestId('disconnected').count()) === 0);
    const killed = Date.now();
    pipeline.kill('SIGKILL');
    await page.getByTestId('disconnected').waitFor({ timeout: 2000 });
    console.log(`     said after ${Date.now() - killed} ms`);
    await sleep(1500);
    await keep('disconnected');
    await pipeline.ended;
    pipeline = start(port, 200);
    await until('back', async () => (await page.getByTestId('disconnected').count()) === 0);
    await until('live', async () => (await page.getByTestId('status').innerText()).toLowerCase() === 'live');
  });

  assert.deepEqual(complaints, [], 'errors on the page');
  assert.deepEqual(foreign, [], 'something was asked of another host');
} catch (error) {
  console.error(`failed: ${error.stack ?? error}\n${pipeline.said().slice(-2000)}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  pipeline.kill('SIGKILL');
  await pipeline.ended;
  rmSync(scratch, { recursive: true, force: true });
}
