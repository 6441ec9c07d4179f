// The dashboard's page in a real browser against a running `ptero live` on the simulator.
// Usage: node dashboard.mjs PTERO [FOLDER FOR PICTURES]
import assert from 'node:assert/strict';
import * as controls from './controls.mjs';
import { Dashboard, desk, number, phone } from './page.mjs';
import { free_port, launch, live, patience, Processes, separation, sleep, slower, step, token, until } from './support.mjs';
import * as views from './views.mjs';

const [ptero, pictures] = process.argv.slice(2);
const processes = new Processes();
const port = await free_port();
const url = `http://127.0.0.1:${port}/`;
const ddip = await separation(processes, ptero);
const rate = 20 / slower;
let pipeline;
let browser;
let d;

try {
  browser = await launch();
  pipeline = live(processes, ptero, port, rate, ddip?.settings);
  await until('the dashboard answers', async () => (await fetch(url + 'healthz')).ok);
  const context = await browser.newContext({ viewport: desk });
  context.setDefaultTimeout(patience);
  await step('nobody comes in without the token', () => controls.only_with_token(context, url));
  const page = await context.newPage();
  d = new Dashboard(page, url, pictures);

  await step('the map fills while the scan runs', async () => {
    await page.goto(url);
    await until('live', async () => (await d.status()) === 'live');
    const before = await until('frames came', async () => number(await d.text('ledger.arrived')) || 0);
    await until('more frames came', async () => number(await d.text('ledger.arrived')) > before + 60);
    await page.locator('section[aria-label="Transmitted counts T"] canvas').waitFor();
  });

  await step('the region of interest and the phase are there', async () => {
    await until('an outline', async () => (await d.path('roi-outline')).length > 20);
    await page.locator('section[aria-label="Phase"] canvas').waitFor({ timeout: patience });
    await page.locator('section[aria-label="Detector"] canvas').waitFor({ timeout: patience });
  });

  await step('border and segments', () => controls.region(d, pipeline.out));
  await step('reconstruction stopped, started, begun anew', () => controls.reconstruction(d));
  await step('bad frames, marked and taken back', () => controls.bad_frames(d));
  await step('advice over the map, accepted and rejected', () => controls.advice(d, () => d.keep('control')));
  await step('planned frames to skip', () => controls.skipped(context, d));
  await step('every control is reached by tab', () => controls.by_tab(d));
  // From here on, so that the networks take no time from what people ask for.
  const { series_uid } = await d.state();
  if (ddip) await ddip.make(series_uid);
  else console.log('skip slices: ptero-ddip was not built');
  await step('overview', () => views.overview(d));
  if (ddip) await step('slices as ptero-ddip says them, separated again', () => views.slices(d));
  await step('refined positions', () => views.positions(d));
  for (const view of ['maps', 'image', 'detector', 'health']) await step(`view ${view}`, () => views.plain(d, view));

  await step('saturated pixels are an alarm', () => views.saturation(context, url));

  await step('numbers are those of the REST state', async () => {
    await d.show('overview');
    // At the end, when nothing moves any more.
    await until('the series has ended and is reported', async () => (await d.rest('api/series'))[0]?.reported_by.length >= 3, 8 * patience);
    const state = await d.state();
    assert.equal(state.ledger.ended, true);
    assert.equal(state.ledger.arrived, 36 * 48);
    await until('ended', async () => (await d.status()) === 'ended');
    const value = (key) => key.split('.').reduce((o, k) => o?.[k], state) ?? 0;
    for (const key of ['ledger.arrived', 'ledger.total', 'ledger.counts.selected', 'ledger.counts.background', 'ledger.counts.missing', 'image.frames_used'])
      await until(key, async () => number(await d.text(key)) === value(key));
    assert.equal(await d.text('series_uid'), state.series_uid);
    await d.show('maps');
    for (const key of ['roi.labelled', 'roi.selected', 'map.border']) assert.equal(number(await d.text(key)), value(key), key);
    assert.equal(await d.text('roi.latency_p99_ms'), state.roi.latency_p99_ms.toFixed(1));
  });
  await step('the history has the series and what was asked', () => views.history(d));
  await step('on a phone', async () => {
    await page.setViewportSize(phone);
    for (const view of ['overview', 'control', 'maps', 'image', 'positions', 'slices', 'detector', 'health']) {
      await d.show(view);
      await d.drawn();
      await d.fits(`${view} on a phone`);
      if (!['detector', 'slices'].includes(view)) await d.keep(`phone-${view}`);
    }
    await page.setViewportSize(desk);
  });

  await step('killed, it says so within 2 s, and comes back', async () => {
    await d.show('overview');
    await until('connected', async () => (await page.getByTestId('disconnected').count()) === 0);
    await d.drawn();
    const said = await d.notes_when('disconnected');
    const killed = Date.now();
    pipeline.kill('SIGKILL');
    const after = (await said()) - killed;
    console.log(`     said after ${after} ms`);
    assert.ok(after < 2000, `said after ${after} ms`);
    await page.getByTestId('disconnected').waitFor();
    await sleep(1500);
    await d.keep('disconnected');
    await d.show('control');
    assert.match(await d.said('region'), /^Disconnected/);
    await pipeline.ended;
    // This one knows of no ptero-ddip.
    pipeline = live(processes, ptero, port, 200);
    await until('back', async () => (await page.getByTestId('disconnected').count()) === 0);
    await until('live', async () => (await d.status()) === 'live');
  });
  await step('what cannot be asked says why', async () => {
    await d.show('slices');
    assert.equal((await d.state()).controls.ddip, false);
    assert.equal(await d.panel('separation').getByRole('button', { name: 'Separate now' }).isDisabled(), true);
    await until('why', async () => (await d.said('separation')).includes('ddip_control in [dashboard] is not set'));
  });
  await step('a scan that is over offers no advice', async () => {
    await until('ended', async () => (await d.state()).ledger?.ended);
    await controls.no_advice_any_more(d);
  });
  await step('a page that is not let in any more says so', async () => {
    pipeline.kill('SIGKILL');
    await pipeline.ended;
    pipeline = live(processes, ptero, port, 200, [], `${token}-and-another`);
    await until('refused', async () => (await page.getByTestId('refused').innerText()).includes('the token is wrong'));
    await page.goto(`${url}?token=${token}-and-another#control`);
    await until('let in', async () => (await d.status()) === 'live' && (await page.getByTestId('refused').count()) === 0);
  });

  assert.deepEqual(d.complaints, [], 'errors on the page');
  assert.deepEqual(d.foreign, [], 'something was asked of another host');
} catch (error) {
  const asked = await d?.rest('api/audit').catch(() => []);
  const state = await d?.state().catch(() => null);
  const told = [...(d?.complaints ?? []), JSON.stringify({ ...state, services: undefined }), ...(asked ?? []).slice(-5).map((line) => JSON.stringify(line))];
  console.error(`failed: ${error.stack ?? error}\n${told.join('\n')}\n${pipeline?.said().slice(-2000)}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  await processes.stop();
}
