// The page over slow links, beside one over a fast link: numbers keep coming, pictures are as large as the link takes.
// Usage: node slow.mjs PTERO. What is compared are counts and sizes, never how fast this machine is.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { desk } from './page.mjs';
import { free_port, launch, live, patience, Processes, sleep, slower, step, token, until } from './support.mjs';

// A link of so many bits a second in front of a port, for all connections together; its own port.
async function link(port, bits_per_s) {
  const waiting = []; // { chunk, to, from, last }: in the order in which it came; last: nothing follows
  let last = performance.now();
  let allowed = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    allowed = Math.min(bits_per_s / 8 / 10, allowed + ((now - last) / 1000) * (bits_per_s / 8));
    last = now;
    while (waiting.length > 0 && allowed >= 1) {
      const { chunk, to, from, last: ends } = waiting[0];
      const part = chunk.subarray(0, Math.floor(allowed));
      if (!to.destroyed) to.write(part);
      allowed -= part.length;
      waiting[0].chunk = chunk.subarray(part.length);
      if (waiting[0].chunk.length > 0) continue;
      waiting.shift();
      if (ends) to.end();
      else from.resume();
    }
  }, 10);
  const server = createServer((client) => {
    const service = connect(port, '127.0.0.1');
    for (const socket of [client, service]) socket.on('error', () => socket.destroy()).setNoDelay(true);
    client.on('close', () => service.destroy());
    service.on('close', () => waiting.push({ chunk: Buffer.alloc(0), to: client, from: service, last: true }));
    client.pipe(service);
    service.on('data', (chunk) => {
      service.pause();
      waiting.push({ chunk, to: client, from: service });
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { port: server.address().port, close: () => (clearInterval(timer), server.close()) };
}

// What came over the WebSocket of a page since it was told to count.
class Received {
  constructor(page) {
    this.reset();
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => this.take(payload)));
  }
  reset() {
    Object.assign(this, { states: 0, pictures: [], piece: 0 });
  }
  take(payload) {
    if (typeof payload === 'string') {
      this.states += 1;
      return;
    }
    const [size, at, version, level] = [0, 4, 8, 12].map((i) => payload.readUInt32LE(i));
    this.piece = Math.max(this.piece, payload.length);
    if (at + payload.length - 16 === size) this.pictures.push({ size, version, level });
  }
}

const [ptero] = process.argv.slice(2);
const processes = new Processes();
const port = await free_port();
const browser = await launch();
try {
  const pipeline = live(processes, ptero, port, 12 / slower);
  await until('the dashboard answers', async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
  const context = await browser.newContext({ viewport: desk });
  context.setDefaultTimeout(patience);
  const open = async (at) => {
    const page = await context.newPage();
    const received = new Received(page);
    // Drawing is not what is tried here.
    await page.goto(`http://127.0.0.1:${at}/?token=${token}#health`);
    return { page, received };
  };
  const fast = await open(port);
  await until('an image', async () => (await fast.page.locator('[data-key="image.frames_used"]').innerText()) !== '–');

  for (const mbit of [1, 4, 8])
    await step(`at ${mbit} Mbit/s`, async () => {
      const slow = await link(port, mbit * 1e6);
      const { page, received } = await open(slow.port);
      await until('numbers', () => received.states > 0);
      await until('a picture', () => received.pictures.length > 0);
      for (const r of [received, fast.received]) r.reset();
      // Until the one over the fast link was told 40 times.
      await until('states', () => fast.received.states >= 40);
      await until('pictures', () => received.pictures.length >= 4 && fast.received.pictures.length >= 4);
      const ratio = received.states / fast.received.states;
      const news = new Map();
      // Of each version the first is what the link takes, what follows is the same again.
      for (const p of received.pictures) if (!news.has(p.version)) news.set(p.version, p);
      const largest = Math.max(...[...news.values()].map((p) => p.size));
      console.log(`     ${(100 * ratio).toFixed(0)} % of the states; ${received.pictures.length} pictures (${fast.received.pictures.length} over the fast link), the largest ${(largest / 1e3).toFixed(0)} kB, pieces up to ${(received.piece / 1e3).toFixed(0)} kB`);
      // Four a second are said: half of them is twice a second.
      assert.ok(ratio >= 0.5, `${(100 * ratio).toFixed(0)} % of the states came`);
      const bytes_per_s = (mbit * 1e6) / 8;
      assert.ok(largest <= 3 * bytes_per_s, `a picture of ${largest} bytes is ${(largest / bytes_per_s).toFixed(1)} s of the link`);
      assert.ok(received.piece <= bytes_per_s, `a piece of ${received.piece} bytes`);
      // And the page shows them, saying so where they are smaller.
      await page.evaluate(() => (window.location.hash = 'image'));
      await page.locator('section[aria-label="Phase"] canvas').waitFor();
      await until('its age is said', async () => /age|waiting|converged/.test(await page.locator('section[aria-label="Phase"] .note').innerText()));
      if (mbit === 1) await until('it says that the link is slow', async () => (await page.getByTestId('coarse').count()) > 0);
      await page.close();
      slow.close();
    });
  assert.equal(await fast.page.getByTestId('disconnected').count(), 0);
  assert.equal(pipeline.exitCode, null);
} catch (error) {
  console.error(`failed: ${error.stack ?? error}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  await processes.stop();
}
process.exit();
