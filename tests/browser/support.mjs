// What the browser tests stand on: a pipeline as child processes, REST with a token, waiting for conditions.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';

// How many times slower than alone: a scan that waits for nobody would be over before a busy machine has asked for anything.
export const slower = Math.min(2.5, Math.max(1, loadavg()[0] / cpus().length / 2));
export const patience = 60_000 * slower;
export const token = 'a-token-for-the-browser-tests';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-sandbox'],
  });

export async function step(name, body) {
  const began = Date.now();
  await body();
  console.log(`ok   ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

export const free_port = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

// The first true answer of `check`; a throw is no answer yet.
export async function until(what, check, ms = patience) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    last = await Promise.resolve()
      .then(check)
      .catch((error) => error);
    if (last && !(last instanceof Error)) return last;
    await sleep(100);
  }
  throw new Error(`not within ${ms / 1000} s: ${what} (${last})`);
}

// Everything that was started; stop() ends it, whatever happened before.
export class Processes {
  scratch = mkdtempSync(join(tmpdir(), 'ptero-browser-'));
  all = [];

  start(program, args) {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data) => (said = (said + data).slice(-4000)));
    child.ended = new Promise((resolve) => child.on('exit', resolve));
    child.said = () => said;
    this.all.push(child);
    return child;
  }
  async stop() {
    for (const child of this.all) child.kill('SIGKILL');
    await Promise.all(this.all.map((child) => child.ended));
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

// ptero-ddip beside the pipeline and the program that makes a product for it; null where they are not built.
export async function separation(processes, ptero) {
  const worker = join(dirname(ptero), 'ptero-ddip');
  const maker = join(dirname(ptero), '..', 'tests', 'two_layers');
  if (!existsSync(worker) || !existsSync(maker)) return null;
  const [events, control] = [`tcp://127.0.0.1:${await free_port()}`, `tcp://127.0.0.1:${await free_port()}`];
  const products = join(processes.scratch, 'products');
  const sets = { products, events, control, runs: 2, epochs: 50, threads: 1, look_every_s: 0.2 };
  return {
    settings: [`dashboard.ddip_events=${events}`, `dashboard.ddip_control=${control}`],
    make: async (uid) => {
      const made = processes.start(maker, [join(products, 'made'), uid]);
      if ((await made.ended) !== 0) throw new Error(`two_layers: ${made.said()}`);
      return processes.start(worker, Object.entries(sets).flatMap(([k, v]) => ['--set', `ddip.${k}=${v}`]));
    },
  };
}

let run_number = 0;
// The whole pipeline on a simulated scan, behind a token.
export function live(processes, ptero, port, rate, settings = [], shown = token) {
  const out = join(processes.scratch, `run${++run_number}`);
  const secret = join(processes.scratch, 'token');
  writeFileSync(secret, `${shown}\n`, { mode: 0o600 });
  const sets = [
    'reconstructor.defocus_m=355e-6',
    'reconstructor.threads=1',
    'classifier.steering=propose',
    'classifier.steering_step_m=0.1e-6',
    'classifier.steering_margin_m=0.1e-6',
    `live.http_token_file=${secret}`,
    ...settings,
  ];
  const child = processes.start(ptero, [
    'live', '--source', 'sim:nanosheets', '--scan', '36x48', '--scan-step', '0.2e-6', '--pattern', '64',
    '--outer-zone-width', '70e-9', '--sim-seed', '3', '--jitter', '10e-9', '--refine-positions',
    '--rate', String(rate), '--out', out, '--keep-running', '--probe-modes', '2', '--epochs', '12',
    '--dashboard', String(port), ...sets.flatMap((s) => ['--set', s]),
  ]);
  child.out = out;
  return child;
}
