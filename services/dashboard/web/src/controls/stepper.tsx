// A whole number with a button on each side.
export function Stepper(p: { name: string; min: number; max: number; value: number; onChange: (value: number) => void }) {
  const set = (value: number) => p.onChange(Math.max(p.min, Math.min(p.max, Math.round(value))));
  return (
    <span className="stepper">
      <button type="button" onClick={() => set(p.value - 1)} aria-label={`${p.name}: one less`}>
        −
      </button>
      <input
        id={p.name}
        name={p.name}
        type="number"
        min={p.min}
        max={p.max}
        value={p.value}
        onChange={(e) => p.onChange(Math.round(Number(e.target.value)))}
      />
      <button type="button" onClick={() => set(p.value + 1)} aria-label={`${p.name}: one more`}>
        +
      </button>
    </span>
  );
}
