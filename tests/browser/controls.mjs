// Each control of the page: its effect in the REST state and on the page. With the keyboard wherever one would use it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dashboard, number } from './page.mjs';
import { token, until } from './support.mjs';

export async function region(d, out) {
  const { page } = d;
  await d.show('control');
  assert.equal((await d.state()).map.border, 0);
  const outline = await until('an outline', () => d.path('roi-outline'));
  await page.locator('#border').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await until('two steps', async () => (await page.locator('#border').inputValue()) === '2');
  await page.locator('#segments').fill('6');
  await page.keyboard.press('Enter');
  await until('in force', async () => (await d.state()).map.border === 2).catch(async (error) => {
    throw new Error(`${error.message}; the page says: ${await d.said('region')}; asked: ${JSON.stringify((await d.state()).wanted)}`);
  });
  await until('shown', async () => (await d.text('map.border')) === '2');
  await until('another outline', async () => ![outline, ''].includes(await d.path('roi-outline')));
  // Segments are those of features: they wait for the next series, and the page says so.
  await until('segments wait', async () => (await d.state()).roi.next_segments === 6);
  assert.equal((await d.state()).map.segments, 8);
  await until('and are shown', async () => (await d.text('roi.next_segments')) === '6');
  const lines = readFileSync(join(out, 'dashboard-audit.jsonl'), 'utf8').trim().split('\n').map(JSON.parse);
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0].asked, { border: 2, fill_in: false, segments: 6 });
  assert.equal(lines[0].ok, true);
}

export async function bad_frames(d) {
  const { page } = d;
  await d.show('control');
  const excluded = () => d.state().then((s) => s.ledger.counts.excluded ?? 0);
  const fill = async (first, last) => {
    await page.locator('#bad-first').fill(String(first));
    await page.locator('#bad-last').fill(String(last));
    await page.keyboard.press('Enter');
  };
  // A row in the middle of the sample, as far as the scan has come.
  const middle = await until('a row of the sample', async () => {
    const { ledger } = await d.state();
    return ledger.arrived > 48 * 12 && 48 * 10;
  });
  await fill(middle, middle + 95);
  await until('marked', async () => JSON.stringify((await d.state()).bad_ranges) === JSON.stringify([[middle, middle + 95]]));
  await until('on the map', async () => (await d.path('bad-frames')).length > 20);
  await until('in the list', async () => (await page.getByTestId('bad-ranges').innerText()).includes(`frames ${middle} – ${middle + 95}`));
  await until('out of the set', async () => (await excluded()) === 96);
  await fill(7, 9);
  await until('two ranges', async () => (await d.state()).bad_ranges.length === 2 && (await excluded()) === 99);
  await d.wish(page.getByRole('button', { name: 'take back frames 7 to 9' }));
  await until('one range', async () => (await d.state()).bad_ranges.length === 1);
  await until('in the set again', async () => (await excluded()) === 96);
  await until('one in the list', async () => (await page.getByTestId('bad-ranges').locator('li').count()) === 1);

  // Two clicks on the map choose a range.
  const canvas = page.locator('main .heat canvas');
  const box = await canvas.boundingBox();
  await canvas.click({ position: { x: 4, y: 4 } });
  await until('a first frame', async () => (await page.locator('#bad-first').inputValue()) !== '');
  await canvas.click({ position: { x: box.width - 4, y: 4 } });
  await until('a last frame', async () => (await page.locator('#bad-last').inputValue()) !== '');
  assert.deepEqual([await page.locator('#bad-first').inputValue(), await page.locator('#bad-last').inputValue()], ['0', '47']);
  await until('and it is drawn', async () => (await d.path('chosen-frames')).length > 10);

  // What is wrong is refused in the service's words, and written down all the same.
  await fill(50, 40);
  const line = await until('a refusal', async () => {
    const last = (await d.rest('api/audit')).at(-1);
    return last.ok === false && last;
  });
  await until('shown as it was said', async () => (await d.said('frames')).includes(line.why));
  await until('in the list of what people did', async () => (await d.panel('audit').innerText()).includes(line.why));
  await page.locator('#bad-first').fill('');
  await page.locator('#bad-last').fill('');
}

export async function reconstruction(d) {
  const { page } = d;
  await d.show('control');
  const card = d.panel('reconstruction');
  const button = (name) => card.getByRole('button', { name, exact: true });
  const running = () => d.state().then((s) => s.image.running);
  assert.equal(await running(), true);
  await d.wish(button('Stop'));
  await until('stopped', async () => (await running()) === false);
  await until('the page says so', async () => (await d.text('image.running')) === 'stopped');
  assert.equal(await button('Stop').isDisabled(), true);
  await until('the pictures say so', async () => (await d.show('overview'), await page.locator('section[aria-label="Phase"] .note').innerText()).endsWith('stopped'));
  await d.show('control');
  const at = (await d.state()).reconstruction.iteration;
  await d.wish(button('Start'));
  await until('running', async () => (await running()) === true);
  await until('iterations go on', async () => (await d.state()).image.iteration > at);

  // Beginning anew asks back; Escape and the first answer keep the image.
  await button('Restart …').press('Enter');
  const sure = card.getByRole('alertdialog');
  const keep = sure.getByRole('button', { name: 'Keep it' });
  const asked = () => until('the question has the focus', () => keep.evaluate((e) => e === document.activeElement));
  await asked();
  await page.keyboard.press('Escape');
  await until('not asked any more', async () => (await sure.count()) === 0);
  const lines = (await d.rest('api/audit')).length;
  await button('Restart …').press('Enter');
  await asked();
  await page.keyboard.press('Enter');
  await until('kept', async () => (await sure.count()) === 0);
  assert.equal((await d.rest('api/audit')).length, lines, 'a kept image is no wish');
  const iteration = (await d.state()).image.iteration;
  await button('Restart …').press('Enter');
  const line = await d.wish(button('Begin anew'));
  assert.deepEqual([line.asked, line.ok], [{ do: 'restart' }, true]);
  await until('begun anew', async () => (await d.state()).image.iteration < iteration);
}

export async function advice(d, keep) {
  const { page } = d;
  await d.show('control');
  const now = () => d.state().then((s) => s.advice);
  await until('points are proposed', async () => (await now())?.points > 0);
  await until('drawn over the map', async () => (await d.path('advice-region')).length > 20 && (await d.path('advice-points')).length > 20);
  // Advice is made anew with every revision: what the page shows is one that was.
  await until('the figures are those of REST', async () => {
    const a = await now();
    return a && number(await d.text('advice.points')) === a.points && number(await d.text('advice.skip')) === a.skip && number(await d.text('advice.confidence')) === Math.round(100 * a.confidence);
  });
  assert.ok(number(await d.text('advice.expires')) > 0);
  await keep();
  const accepted = await d.wish(d.panel('advice').getByRole('button', { name: 'Accept' }));
  assert.equal(accepted.action, 'accept_advice');
  await until('said on the page', async () => (await d.said('advice')).includes(accepted.why));
  await until('an advice to reject', () => now());
  assert.equal((await d.wish(d.panel('advice').getByRole('button', { name: 'Reject' }))).action, 'reject_advice');
}

// A scan that takes every planned frame in its order has none to skip: they are put into what the service says, on its
// way to the page.
export async function skipped(context, d) {
  const page = await context.newPage();
  const rows = [26, 27, 28, 29, 30, 31, 32, 33, 34, 35];
  const skip = rows.flatMap((row) => (row < 32 ? [[48 * row, 48 * row + 9], [48 * row + 38, 48 * row + 47]] : [[48 * row, 48 * row + 47]]));
  const count = skip.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  await page.routeWebSocket(/\/ws\b/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (typeof message !== 'string') return socket.send(message);
      const state = JSON.parse(message);
      socket.send(JSON.stringify({ ...state, advice: state.advice && { ...state.advice, skip: count } }));
    });
  });
  await page.route('**/api/advice', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), skip } });
  });
  await page.goto(`${d.url}#control`);
  const other = new Dashboard(page, d.url, d.pictures);
  await until('crosses over the map', async () => (await other.path('advice-skip')).split('M').length > 2 * count);
  await until('and their number', async () => number(await other.text('advice.skip')) === count);
  await other.keep('control-skip');
  await page.close();
}

// Nobody follows advice for a scan that is over: the page offers none, though REST still has the last one.
export async function no_advice_any_more(d) {
  await d.show('control');
  await until('said on the page', async () => (await d.page.getByTestId('no-advice').innerText()).includes('The series has ended'));
  assert.equal(await d.panel('advice').getByRole('button').count(), 0);
}

// Every control that can be used is reached with the tab key alone. Advice comes and goes, and its buttons with it.
export async function by_tab(d) {
  const { page } = d;
  await d.show('control');
  await page.evaluate(() => {
    window.name_of = (e) => `${e.closest('[data-panel]')?.dataset.panel}: ${e.getAttribute('aria-label') || e.id || e.textContent}`;
  });
  const usable = () =>
    page.evaluate(() => [...document.querySelectorAll('main :is(button, input, select)')].filter((e) => e.checkVisibility() && !e.matches(':disabled') && !e.closest('.heat')).map((e) => window.name_of(e)));
  const reached = new Set();
  await page.locator('[role="tab"][aria-selected="true"]').focus();
  await until('all are reached', async () => {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      return e?.matches(':focus-visible') ? window.name_of(e) : null;
    });
    if (at) reached.add(at);
    const wanted = await usable();
    return wanted.length >= 10 && wanted.every((name) => reached.has(name));
  }).catch(async (error) => {
    throw new Error(`${error.message}: ${(await usable()).filter((name) => !reached.has(name))}`);
  });
}

// Without a token nothing is shown and nothing is done; with it once in the address, everything is.
export async function only_with_token(context, url) {
  const stranger = await context.newPage();
  const answer = await stranger.goto(url);
  assert.equal(answer.status(), 401);
  assert.match(await stranger.locator('body').innerText(), /A token is needed: give it here, or open this address with \?token=TOKEN/);
  assert.equal((await stranger.goto(`${url}?token=not-the-right-token`)).status(), 401);
  assert.match(await stranger.locator('body').innerText(), /The token is wrong\. Give the right one here/);
  for (const path of ['api/state', 'api/advice']) assert.equal((await fetch(url + path)).status, 401, path);
  const wish = await fetch(`${url}api/control/region`, { method: 'POST', body: '{"border": 5}' });
  assert.equal(wish.status, 401);
  await stranger.goto(`${url}?token=${token}#overview`);
  assert.ok(!stranger.url().includes('token'), 'the address keeps no token');
  // The WebSocket came through with the cookie.
  await until('live', async () => ['live', 'waiting'].includes((await stranger.getByTestId('status').innerText()).toLowerCase()));
  await stranger.close();
}
