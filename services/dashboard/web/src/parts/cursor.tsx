// Reading and zooming a picture with the keyboard.
import { DataToHtml, SvgElement } from '@h5web/lib';
import { useThree } from '@react-three/fiber';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { Vector3 } from 'three';
import type { Place } from '../data/grid';

export const keys_help = 'Arrow keys move a cursor, with shift ten times as far; plus and minus zoom, 0 shows all again, enter chooses.';
const keys = 'ArrowLeft ArrowRight ArrowUp ArrowDown Plus - 0 Enter Escape';

interface CursorProps {
  host: RefObject<HTMLElement>;
  place: Place;
  stride: number; // cells that an arrow goes
  say: (cell: number | null) => void;
  onPick?: (cell: number) => void;
}

export function Cursor({ host, place, stride, say, onPick }: CursorProps) {
  const { rows, cols, x0, y0, dx, dy } = place;
  const [cell, set] = useState<number | null>(null);
  const newest = useRef<number | null>(null); // two keys may come before anything is drawn
  const camera = useThree((s) => s.camera);
  const invalidate = useThree((s) => s.invalidate);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const show = (next: number | null) => {
      newest.current = next;
      set(next);
      say(next);
    };
    const zoom = (factor: number) => {
      const scale = Math.min(1, camera.scale.x * factor);
      camera.scale.set(scale, scale, 1);
      if (scale === 1) camera.position.set(0, 0, camera.position.z);
      camera.updateMatrixWorld();
      invalidate();
    };
    const move = (right: number, down: number) => {
      const cell = newest.current;
      const at = cell !== null && cell < rows * cols ? cell : Math.floor(rows / 2) * cols + Math.floor(cols / 2);
      const first = cell === null;
      const c = Math.min(cols - 1, Math.max(0, (at % cols) + (first ? 0 : right)));
      const r = Math.min(rows - 1, Math.max(0, Math.floor(at / cols) + (first ? 0 : down)));
      show(r * cols + c);
    };
    const press = (e: KeyboardEvent) => {
      if (e.target !== element || e.ctrlKey || e.metaKey || e.altKey) return;
      const far = stride * (e.shiftKey ? 10 : 1);
      const done = {
        ArrowLeft: () => move(-far, 0),
        ArrowRight: () => move(far, 0),
        ArrowUp: () => move(0, -far),
        ArrowDown: () => move(0, far),
        '+': () => zoom(0.8),
        '=': () => zoom(0.8),
        '-': () => zoom(1.25),
        '0': () => zoom(Infinity),
        Escape: () => show(null),
        Enter: () => newest.current !== null && onPick?.(newest.current),
      }[e.key];
      if (!done) return;
      e.preventDefault();
      done();
    };
    const leave = () => show(null);
    element.addEventListener('keydown', press);
    element.addEventListener('blur', leave);
    // From here on a key that is pressed counts.
    element.setAttribute('aria-keyshortcuts', keys);
    return () => {
      element.removeAttribute('aria-keyshortcuts');
      element.removeEventListener('keydown', press);
      element.removeEventListener('blur', leave);
    };
  });
  if (cell === null || cell >= rows * cols) return null;
  const at = new Vector3(x0 + (cell % cols) * dx, y0 + Math.floor(cell / cols) * dy);
  return (
    <DataToHtml points={[at]}>
      {(p) => (
        <SvgElement>
          <path d={`M${p.x - 9} ${p.y}h7m4 0h7M${p.x} ${p.y - 9}v7m0 4v7`} className="mark shadow" />
          <path d={`M${p.x - 9} ${p.y}h7m4 0h7M${p.x} ${p.y - 9}v7m0 4v7`} className="mark cursor" data-testid="cursor" />
        </SvgElement>
      )}
    </DataToHtml>
  );
}
