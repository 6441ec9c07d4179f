// Asking the service for something, and what it said.
import { useEffect, useRef, useState } from 'react';
import type { Answer } from './state';
import { useStream } from './stream';

export async function ask(what: string, wish: object): Promise<Answer> {
  const answer = await fetch(`api/control/${what}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wish),
  }).catch(() => null);
  if (!answer) return { ok: false, why: 'the dashboard did not answer' };
  const text = await answer.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return { ok: false, why: text.trim() || `refused (${answer.status})` };
  }
}

// One control: what was said to the last wish, and whether one is under way.
export function useAsk(what: string) {
  const [said, say] = useState<Answer | null>(null);
  const [busy, set] = useState(false);
  const there = useRef(true);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
    };
  }, []);
  const send = async (wish: object): Promise<Answer> => {
    set(true);
    const answer = await ask(what, wish);
    asked.forEach((f) => f());
    if (there.current) {
      say(answer);
      set(false);
    }
    return answer;
  };
  return { said, busy, send };
}

// Who wants to know that something was asked (the audit list).
const asked = new Set<() => void>();
export function onAsked(f: () => void) {
  asked.add(f);
  return () => void asked.delete(f);
}

export type Asked = 'classifier' | 'reconstructor' | 'ddip';
const why_not: Record<Asked, string> = {
  classifier: 'The classifier cannot be asked from here: classifier_control in [dashboard] is not set.',
  reconstructor: 'The reconstructor cannot be asked from here: reconstructor_control in [dashboard] is not set.',
  ddip: 'No ptero-ddip can be asked from here: ddip_control in [dashboard] is not set.',
};

// A busy service is late with its sign of life, and still to be asked.
const silent_ms = 5000;

// Null: it can be asked. Otherwise why not.
export function useWhyNot(service: Asked): string | null {
  const { state, connected } = useStream();
  if (!connected || !state) return 'Disconnected: nothing can be asked now.';
  if (state.over) return 'The scan is over and the pipeline has ended: nothing can be asked any more.';
  if (!state.controls?.[service]) return why_not[service];
  const heard_ms = state.services[service]?.heard_ms ?? 0;
  if (heard_ms > silent_ms) return `The ${service} is silent: it cannot be asked now.`;
  return null;
}
