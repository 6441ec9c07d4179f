// Frames that a person does not trust: a range at a time, taken back the same way.
import { useAsk, useWhyNot } from '../data/ask';
import { whole } from '../data/format';
import { useStream } from '../data/stream';
import { Card } from './card';

export interface Range {
  first: string;
  last: string;
}
export const no_range: Range = { first: '', last: '' };
export const as_numbers = (r: Range): [number, number] | null => {
  const [a, b] = [r.first, r.last].map((t) => (t === '' ? NaN : Math.round(Number(t))));
  return Number.isInteger(a) && Number.isInteger(b) && a >= 0 && b >= a ? [a, b] : null;
};

export function BadFrames(p: { range: Range; setRange: (r: Range) => void; className?: string }) {
  const { state } = useStream();
  const { said, busy, send } = useAsk('frames');
  const cannot = useWhyNot('classifier');
  const ranges = state?.bad_ranges ?? [];
  const count = ranges.reduce((sum, [a, b]) => sum + b - a + 1, 0);
  const wish = as_numbers(p.range);
  const field = (key: 'first' | 'last') => (
    <label>
      <span>{key}</span>
      <input id={`bad-${key}`} name={key} type="number" min={0} required value={p.range[key]} onChange={(e) => p.setRange({ ...p.range, [key]: e.target.value })} />
    </label>
  );
  return (
    <Card
      title="Bad frames"
      name="frames"
      note={count > 0 ? `${whole(count)} marked` : 'none marked'}
      why_not={cannot}
      said={said}
      busy={busy}
      hint="Click two frames on the map, or write their numbers."
      className={p.className}
    >
      <form
        className="controls"
        onSubmit={async (e) => {
          e.preventDefault();
          const form = new FormData(e.currentTarget);
          const asked = { first: Number(form.get('first')), last: Number(form.get('last')), bad: true };
          if ((await send(asked)).ok) p.setRange(no_range);
        }}
      >
        <div className="row frames">
          {field('first')}
          {field('last')}
          <button type="submit" className={wish ? 'primary' : ''}>
            Mark bad
          </button>
        </div>
        <ul className="ranges" data-testid="bad-ranges" tabIndex={ranges.length > 3 ? 0 : undefined}>
          {ranges.map(([first, last]) => (
            <li key={`${first}-${last}`}>
              <span>{first === last ? `frame ${first}` : `frames ${first} – ${last}`}</span>
              <button type="button" onClick={() => void send({ first, last, bad: false })} aria-label={`take back frames ${first} to ${last}`}>
                take back
              </button>
            </li>
          ))}
        </ul>
      </form>
    </Card>
  );
}
