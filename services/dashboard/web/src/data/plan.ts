// A plan of points in rows, and where its frames turned out to lie.
export interface Plan {
  rows: number;
  cols: number;
  step_x_m: number;
  step_y_m: number;
  snake: boolean;
}
export interface PlanPlace {
  axes: boolean; // its rows lie along x
  x0: number; // the point that row 0, column 0 has, micrometres
  y0: number;
  spread: number; // how far frames lie from it: most of them, in steps
  of: (id: number) => [number, number];
}

const um = 1e6;

export function plan_at(plan: Plan, id: number): { row: number; col: number } {
  const row = Math.floor(id / plan.cols);
  const col = id % plan.cols;
  return { row, col: plan.snake && row % 2 === 1 ? plan.cols - 1 - col : col };
}

// Fits a turn, a scale and a shift of the plan to the frames that came: position = shift + w * planned, both as complex
// numbers. Null where the frames do not follow the plan: they are another's.
export function place_of_plan(plan: Plan, ids: ArrayLike<number>, x: ArrayLike<number>, y: ArrayLike<number>): PlanPlace | null {
  const sx = plan.step_x_m * um;
  const sy = plan.step_y_m * um;
  const used: number[] = [];
  for (let i = 0; i < ids.length; ++i) if (Number.isFinite(x[i]) && Number.isFinite(y[i])) used.push(i);
  const centred = { x0: (-(plan.cols - 1) / 2) * sx, y0: (-(plan.rows - 1) / 2) * sy };
  const along = (x0: number, y0: number, spread: number): PlanPlace => ({
    axes: true,
    x0,
    y0,
    spread,
    of: (id) => {
      const { row, col } = plan_at(plan, id);
      return [x0 + col * sx, y0 + row * sy];
    },
  });
  if (used.length === 0) return along(centred.x0, centred.y0, 0);
  const u = used.map((i) => {
    const { row, col } = plan_at(plan, ids[i]);
    return [col * sx, row * sy] as const;
  });
  const mean = (f: (k: number) => number) => used.reduce((sum, _, k) => sum + f(k), 0) / used.length;
  const [um_, vm] = [mean((k) => u[k][0]), mean((k) => u[k][1])];
  const [xm, ym] = [mean((k) => x[used[k]]), mean((k) => y[used[k]])];
  // 95 of 100 frames lie within so many steps of where `at` says.
  const spread_of = (at: (k: number) => readonly [number, number]) => {
    const away = used.map((i, k) => {
      const [a, b] = at(k);
      return Math.max(Math.abs(x[i] - a) / Math.abs(sx), Math.abs(y[i] - b) / Math.abs(sy));
    });
    away.sort((a, b) => a - b);
    return away[Math.floor(0.95 * (away.length - 1))];
  };
  // Unturned, the frame of the picture stays put while frames come: on the plan's own place where that is nearly right,
  // else in steps of a twentieth.
  const settle = (value: number, at: number, step: number) => (Math.abs(value - at) < 0.05 * Math.abs(step) ? at : at + Math.round((20 * (value - at)) / step) * (step / 20));
  const [x0, y0] = [settle(xm - um_, centred.x0, sx), settle(ym - vm, centred.y0, sy)];
  const unturned = spread_of((k) => [x0 + u[k][0], y0 + u[k][1]]);
  if (unturned < 0.1) return along(x0, y0, unturned);
  // Least squares: w = sum conj(u) z / sum |u|^2, about the means.
  let [re, im, power] = [0, 0, 0];
  used.forEach((i, k) => {
    const [a, b] = [u[k][0] - um_, u[k][1] - vm];
    const [c, d] = [x[i] - xm, y[i] - ym];
    re += a * c + b * d;
    im += a * d - b * c;
    power += a * a + b * b;
  });
  // Few frames tell a turn not from a stage that wanders.
  if (used.length < 6 || !(power > 0)) return along(x0, y0, unturned);
  const [wr, wi] = [re / power, im / power];
  const turned = (a: number, b: number) => [xm + wr * (a - um_) - wi * (b - vm), ym + wi * (a - um_) + wr * (b - vm)] as [number, number];
  const spread = spread_of((k) => turned(...u[k]));
  const scale = Math.hypot(wr, wi);
  if (spread > 0.75 || scale < 0.9 || scale > 1.1) return unturned < 0.75 ? along(x0, y0, unturned) : null;
  // A stage that only wanders is not turned.
  if (unturned < 1.3 * spread + 0.05) return along(x0, y0, unturned);
  const [px, py] = turned(0, 0);
  return {
    axes: false,
    x0: px,
    y0: py,
    spread,
    of: (id) => {
      const { row, col } = plan_at(plan, id);
      return turned(col * sx, row * sy);
    },
  };
}
