// Maps of scans of any path: what is drawn where is what the positions say, to a tenth of a step.
import assert from 'node:assert/strict';
import { fake_page, map_message } from './fake.mjs';
import { until } from './support.mjs';

const plan = { rows: 14, cols: 18, step_x_m: 0.2e-6, step_y_m: 0.15e-6, snake: false };
const turned = (degrees) => {
  const a = (degrees * Math.PI) / 180;
  return ([x, y]) => [Math.cos(a) * x - Math.sin(a) * y, Math.sin(a) * x + Math.cos(a) * y];
};
const raster = (p) =>
  Array.from({ length: p.rows * p.cols }, (_, i) => {
    const row = Math.floor(i / p.cols);
    const col = p.snake && row % 2 === 1 ? p.cols - 1 - (i % p.cols) : i % p.cols;
    return [(col - (p.cols - 1) / 2) * p.step_x_m * 1e6, (row - (p.rows - 1) / 2) * p.step_y_m * 1e6];
  });
const golden = Math.PI * (3 - Math.sqrt(5));
const spiral = Array.from({ length: 300 }, (_, i) => {
  const r = 0.2 * Math.sqrt(i / Math.PI);
  return [1.3 + r * Math.cos(i * golden), -0.4 + r * Math.sin(i * golden)];
});
// On a grid nobody knows of, each a third of a step beside it.
const free = raster(plan).map(([x, y], i) => [x + 0.05 * Math.sin(7.3 * i), y + 0.05 * Math.cos(4.1 * i * i)]);

const scans = [
  { name: 'raster', path: raster(plan), plan },
  { name: 'raster turned by 126 degrees', path: raster(plan).map(turned(126)), plan },
  { name: 'snake', path: raster({ ...plan, snake: true }), plan: { ...plan, snake: true } },
  { name: 'spiral', path: spiral, plan: null, loose: true },
  { name: 'free', path: free, plan: null, loose: true },
];

// Middle and size of what is bright in a picture of the screen.
async function bright(page, clip) {
  const shot = (await page.screenshot({ clip })).toString('base64');
  return page.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data: p } = context.getImageData(0, 0, image.width, image.height);
    let [n, x, y] = [0, 0, 0];
    // Viridis ends in yellow, where nothing else of the picture is.
    for (let i = 0; i < p.length; i += 4)
      if (p[i] > 220 && p[i + 1] > 200 && p[i + 2] < 90) {
        n += 1;
        x += (i / 4) % image.width;
        y += Math.floor(i / 4 / image.width);
      }
    return n > 0 ? { n, x: x / n + 0.5, y: y / n + 0.5 } : null;
  }, shot);
}

// The axes of the picture: where on the screen a place is.
async function axes(page) {
  return page.evaluate(() => {
    const heat = document.querySelector('main section[aria-label="Transmitted counts T"] .heat');
    const canvas = heat.querySelector('canvas').getBoundingClientRect();
    const ticks = (axis, side) =>
      [...heat.querySelectorAll(`svg[data-type="${axis}"] .visx-axis-tick`)].map((tick) => {
        const line = tick.querySelector('line').getBoundingClientRect();
        return { value: Number(tick.textContent.replace('−', '-')), at: side === 'x' ? line.left + line.width / 2 : line.top + line.height / 2 };
      });
    return { canvas: { x: canvas.left, y: canvas.top, width: canvas.width, height: canvas.height }, x: ticks('abscissa', 'x'), y: ticks('ordinate', 'y') };
  });
}

const screen_of = (ticks, value) => {
  const [a, b] = [ticks[0], ticks.at(-1)];
  return a.at + ((value - a.value) / (b.value - a.value)) * (b.at - a.at);
};

async function check(context, folder, scan, keep) {
  const step = 0.15;
  const fake = await fake_page(context, folder);
  const { page } = fake;
  await page.goto(`${fake.url}#maps`);
  const inner = scan.path.map((_, i) => i).filter((i) => {
    // With neighbours all around: a frame at the rim is drawn as far as its cell reaches.
    const others = scan.path.filter((_, j) => j !== i);
    const near = others.filter(([x, y]) => Math.hypot(x - scan.path[i][0], y - scan.path[i][1]) < 0.27);
    return near.length >= (scan.loose ? 5 : 8);
  });
  for (const id of [inner[3], inner[Math.floor(inner.length / 2)], inner.at(-4)]) {
    const labels = scan.path.map((_, i) => (i === id ? 2 : 1));
    fake.tell(map_message(scan.path, scan.plan, scan.path.map((_, i) => (i === id ? 1000 : 0)), labels));
    const [x, y] = scan.path[id];
    const tolerance = scan.loose ? 0.35 : 0.1;
    await until(`${scan.name}: frame ${id} is drawn where it is`, async () => {
      const a = await axes(page);
      const seen = await bright(page, a.canvas);
      if (!seen) return false;
      const per_step = Math.abs((step / (a.x.at(-1).value - a.x[0].value)) * (a.x.at(-1).at - a.x[0].at));
      const off = [a.canvas.x + seen.x - screen_of(a.x, x), a.canvas.y + seen.y - screen_of(a.y, y)].map((d) => d / per_step);
      if (Math.hypot(...off) <= tolerance) return true;
      throw new Error(`off by ${off.map((v) => v.toFixed(3))} steps`);
    });
    // Under the pointer is the frame, at the place that the positions say; beside it, another.
    await until(`${scan.name}: the pointer finds frame ${id}`, async () => {
      const a = await axes(page);
      await page.mouse.move(a.canvas.x + 1, a.canvas.y + 1);
      await page.mouse.move(screen_of(a.x, x), screen_of(a.y, y));
      return until('said', async () => (await page.locator('main .heat').first().innerText()).includes(`frame ${id}`), 1000);
    });
  }
  await keep?.(page, `map-${scan.name.replace(/\W+/g, '-')}`);
  await page.close();
}

export async function maps(context, folder, keep) {
  for (const scan of scans) await check(context, folder, scan, keep);
}
