// What all controls have in common: a panel that says why it cannot be used, and what was answered.
import type { ReactNode } from 'react';
import type { Answer } from '../data/state';
import { Panel } from '../parts/panel';

interface CardProps {
  title: string;
  name: string; // for tests and the answer's label
  note?: ReactNode;
  why_not: string | null;
  said: Answer | null;
  busy: boolean;
  hint?: ReactNode; // what is shown where nothing was asked yet
  className?: string;
  children: ReactNode;
}

export function Card(p: CardProps) {
  return (
    <Panel title={p.title} note={p.note} className={`card ${p.className ?? ''}`} name={p.name}>
      <fieldset disabled={p.why_not !== null} aria-describedby={`said-${p.name}`}>
        {p.children}
      </fieldset>
      <Said {...p} />
    </Panel>
  );
}

function Said(p: CardProps) {
  const tone = p.why_not ? 'cannot' : p.busy || !p.said ? '' : p.said.ok ? 'yes' : 'no';
  return (
    <p className={`said ${tone}`} id={`said-${p.name}`} role="status">
      {p.why_not ?? (p.busy ? 'asking …' : p.said ? sentence(p.said) : p.hint)}
    </p>
  );
}

function sentence(said: Answer) {
  const text = said.why || (said.ok ? 'done' : 'refused');
  return (
    <>
      <b>{said.ok ? '✓' : '✕'}</b> {text}
      {said.ok && said.audited === false && ' (could not be written into the audit log)'}
    </>
  );
}
