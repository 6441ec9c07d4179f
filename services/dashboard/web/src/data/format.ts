export const whole = (n: number | null | undefined) =>
  n === null || n === undefined ? '–' : Math.round(n).toLocaleString('en-US').replace(/,/g, '\u2009');
export const fixed = (n: number | null | undefined, digits: number) =>
  n === null || n === undefined || !Number.isFinite(n) ? '–' : n.toFixed(digits).replace(/^-(0\.?0*)$/, '$1');
export const percent = (n: number | null | undefined, digits = 1) =>
  n === null || n === undefined || !Number.isFinite(n) ? '–' : `${(100 * n).toFixed(digits)} %`;
export const duration = (ms: number | null | undefined) => {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
};
export const clock = (utc_ms: number) => new Date(utc_ms).toLocaleTimeString('en-GB');
// What a stage says that it does; waiting, it says for what.
export const stage_text = (stage: { state: string; doing: string }) =>
  stage.doing.startsWith('for ') ? `waiting ${stage.doing}` : stage.doing || (stage.state === 'running' ? '' : stage.state);

// Of another day, too: as the clock on the wall says it.
export const date_time = (utc_ms: number) => {
  const d = new Date(utc_ms);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
};
