// Whether an image is to be believed, in its own words: doc/reconstruction.md has the codes.
import type { Finding } from '../data/state';

// What only says how it goes on.
const fine = ['converged', 'iterating'];
export const speaks_against = (findings: Finding[] | undefined) => (findings ?? []).filter((f) => !fine.includes(f.code));

// One line below a picture: the weightiest finding, and how many there are besides.
export function VerdictLine({ findings }: { findings: Finding[] | undefined }) {
  if (!findings || findings.length === 0) return null;
  const [first] = findings;
  const against = speaks_against(findings);
  return (
    <p className={`verdict ${against.length > 0 ? 'against' : first.code}`} data-testid="verdict" data-code={first.code} title={first.sentence}>
      <b>
        {against.length > 0 ? '▲' : first.code === 'converged' ? '✓' : '…'} {first.code.replaceAll('_', ' ')}
      </b>
      <span>{first.sentence}</span>
      {against.length > 1 && <a href="#image">and {against.length - 1} more</a>}
    </p>
  );
}

// All of it.
export function VerdictList({ findings }: { findings: Finding[] | undefined }) {
  if (!findings || findings.length === 0) return null;
  const against = speaks_against(findings);
  return (
    <ul className="verdicts" aria-label="What the image says of itself">
      {findings.map((f) => (
        <li key={f.code + f.sentence} className={against.includes(f) ? 'against' : f.code} data-finding={f.code}>
          <b>
            {against.includes(f) ? '▲' : f.code === 'converged' ? '✓' : '…'} {f.code.replaceAll('_', ' ')}
          </b>
          <span>{f.sentence}</span>
        </li>
      ))}
    </ul>
  );
}
