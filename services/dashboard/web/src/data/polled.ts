// JSON that is asked for again and again.
import { useEffect, useState } from 'react';
import { useStream } from './stream';

export function usePolled<T>(path: string, every_ms: number, again = 0): T | null {
  const { connected } = useStream();
  const [value, set] = useState<T | null>(null);
  useEffect(() => {
    let live = true;
    const load = async () => {
      const answer = await fetch(path).catch(() => null);
      if (live && answer?.ok) set((await answer.json()) as T);
    };
    void load();
    const timer = window.setInterval(() => void load(), every_ms);
    return () => {
      live = false;
      window.clearInterval(timer);
    };
  }, [path, every_ms, connected, again]);
  return value;
}
