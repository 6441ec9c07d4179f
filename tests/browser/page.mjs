// A page of the dashboard as a test sees it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { token, until } from './support.mjs';

export const desk = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };
export const number = (text) => Number(text.replace(/[\u2009 ,%]/g, ''));

export class Dashboard {
  constructor(page, url, pictures) {
    Object.assign(this, { page, url, pictures });
    this.complaints = [];
    this.foreign = [];
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      const target = new URL(request.url());
      if (!['data:', 'blob:'].includes(target.protocol) && target.host !== new URL(url).host) this.foreign.push(request.url());
    });
  }
  async rest(path) {
    const answer = await fetch(this.url + path, { headers: { Authorization: `Bearer ${token}` } });
    return answer.headers.get('content-type').includes('json') ? answer.json() : answer.arrayBuffer();
  }
  state = () => this.rest('api/state');
  text = (key) => this.page.locator(`[data-key="${key}"]`).first().innerText();
  panel = (name) => this.page.locator(`[data-panel="${name}"]`);
  said = (name) => this.page.locator(`#said-${name}`).innerText();
  path = async (kind) => (await this.page.getByTestId(kind).first().getAttribute('d', { timeout: 2000 }).catch(() => '')) ?? '';
  status = async () => (await this.page.getByTestId('status').innerText()).toLowerCase();

  async show(view) {
    await this.page.evaluate((v) => (window.location.hash = v), view);
    await this.page.locator(`main[data-view="${view}"]`).waitFor();
  }
  // Every picture of the view has been given its size and drawn.
  async drawn() {
    await until('pictures have a size', () =>
      this.page.evaluate(() => [...document.querySelectorAll('main .heat canvas, main .paint canvas, main .plot canvas')].every((c) => c.clientWidth > 20 && c.clientHeight > 20)),
    );
    // h5web follows a new size after a fifth of a second, the axes last.
    await until('axes are as long as their pictures', () =>
      this.page.evaluate(() =>
        [...document.querySelectorAll('main .heat')].every((heat) => {
          const room = heat.querySelector('canvas').parentElement;
          const [x, y] = ['abscissa', 'ordinate'].map((axis) => heat.querySelector(`svg[data-type="${axis}"]`));
          return Math.abs(x.clientWidth - room.clientWidth) <= 1 && Math.abs(y.clientHeight - room.clientHeight) <= 1;
        }),
      ),
    );
    await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
  }
  async keep(name) {
    if (!this.pictures) return;
    mkdirSync(this.pictures, { recursive: true });
    await this.page.mouse.move(0, 0);
    await this.page.evaluate(() => document.activeElement?.blur());
    await this.drawn();
    await this.page.screenshot({ path: join(this.pictures, `dashboard-${name}.png`) });
  }
  // From now on the page notes when something appears on it; the answer asks for that time, in ms as Date.now() says.
  // Looking from outside would add what a busy machine takes to answer.
  async notes_when(id) {
    await this.page.evaluate((id) => {
      window.noted = new Promise((resolve) => {
        const look = () => document.querySelector(`[data-testid="${id}"]`) && resolve(Date.now());
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
        look();
      });
    }, id);
    return () => this.page.evaluate(() => window.noted);
  }
  // Presses a button with the keyboard until the wish has come to the service; its line in the audit log.
  async wish(button) {
    const before = (await this.rest('api/audit')).length;
    const line = async () => (await this.rest('api/audit'))[before];
    return until('a wish in the audit log', async () => {
      const late = await line();
      if (late) return late;
      await button.press('Enter', { timeout: 5000 });
      return until('a line', line, 10_000);
    });
  }
  // Nothing is wider than the window, and no text of a button or figure is cut off.
  async fits(what) {
    const found = await this.page.evaluate(() => ({
      wide: document.documentElement.scrollWidth - window.innerWidth,
      cut: [...document.querySelectorAll('button, h2, dt, dd, .said, .in-force, label')].filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent),
    }));
    assert.ok(found.wide <= 0, `${what} is ${found.wide} pixels too wide`);
    assert.deepEqual(found.cut, [], `${what}: text is cut off`);
  }
}
