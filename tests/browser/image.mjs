// What the page says of an image: whether it is to be believed, what noise leaves, whether it waits.
import assert from 'node:assert/strict';
import { fake_page, map_message, message, state } from './fake.mjs';
import { until } from './support.mjs';

const path = Array.from({ length: 40 }, (_, i) => [0.1 * (i % 8), 0.1 * Math.floor(i / 8)]);
const side = 24;
const flat = (value) => ['<f4', [side, side], new Array(side * side).fill(value)];
const snapshot = (more) =>
  message(
    { topic: 'snapshot', series_uid: 'fake', frames_used: 12, last_frame: 39, iteration: 3, amplitude_error: 0.02, age_ms: 5, shape: [side, side], pixel_m: 25e-9, converged: false, centre_m: [0, 0], errors: [0.1, 0.05, 0.02], noise_floor: null, verdict: [], ...more },
    { phase: flat(0.5), coverage: flat(1), amplitude: flat(1) },
  );
const misfit = { code: 'misfit', number: 5, sentence: 'the error has stopped falling at 2 %, 5 times what counting noise leaves' };
const empty = { code: 'mode_empty', number: 1e-5, sentence: 'mode 2 of the probe has 1e-05 of the light: one mode less will do' };
const image = { topic: 'snapshot', series_uid: 'fake', frames_used: 12, last_frame: 39, iteration: 3, amplitude_error: 0.02, age_ms: 5, shape: [side, side], pixel_m: 25e-9, converged: false, centre_m: [0, 0], running: true, noise_floor: null, verdict: [] };

export async function believed(context, folder) {
  const fake = await fake_page(context, folder);
  const { page } = fake;
  fake.set_state(state({ image, ledger: { series_uid: 'fake', counts: { selected: 12, background: 28 }, total: 80, arrived: 40, ended: false } }));
  await page.goto(`${fake.url}#overview`);
  // A service that says nothing of it: nothing is made up.
  fake.tell(snapshot({}));
  await page.locator('section[aria-label="Phase"] canvas').waitFor();
  assert.equal(await page.getByTestId('verdict').count(), 0);
  fake.tell(snapshot({ verdict: [misfit, empty], noise_floor: 0.004 }));
  await until('below the phase', async () => (await page.getByTestId('verdict').getAttribute('data-code')) === 'misfit');
  const said = await page.getByTestId('verdict').innerText();
  assert.ok(said.includes(misfit.sentence) && said.includes('and 1 more'), said);
  assert.match(await page.locator('section[aria-label="Amplitude error"] .legend').innerText(), /counting noise, 0\.400 %/);
  await page.getByTestId('verdict').getByRole('link').click();
  await until('all of it', async () => (await page.locator('[data-finding]').count()) === 2);
  assert.ok((await page.locator('[data-finding="mode_empty"]').innerText()).includes(empty.sentence));
  fake.tell(snapshot({ verdict: [{ code: 'converged', number: 1.3, sentence: 'the error has stopped falling' }], noise_floor: null }));
  await until('converged', async () => (await page.getByTestId('verdict').innerText()).includes('converged'));
  assert.equal(await page.locator('section[aria-label="Amplitude error"] .legend').count(), 0);
  // Over background the image waits, instead of ageing.
  const note = () => page.locator('section[aria-label="Phase"] .note').innerText();
  fake.tell(map_message(path, null, path.map(() => 10), path.map((_, i) => (i < 12 ? 2 : 1))));
  await until('it waits for the sample', async () => (await note()).includes('waiting for the sample'));
  fake.tell(map_message(path, null, path.map(() => 10), path.map((_, i) => (i < 12 || i > 36 ? 2 : 1))));
  await until('it ages', async () => (await note()).includes('age'));
  await page.close();
}
