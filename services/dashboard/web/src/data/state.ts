// What the service says, as ../../../src/openapi.json describes it: the types are made from that.
import type { components } from '../../generated/api';

type Schemas = components['schemas'];
export type State = Schemas['State'];
export type Service = Schemas['Service'];
export type Finding = Schemas['Finding'];
export type Alarm = Schemas['Alarm'];
export type Advice = Schemas['Advice'];
export type Answer = Schemas['Answer'];
export type Action = Schemas['Action'];
export type Reported = Schemas['Reported'];
export type History = Schemas['History'];
// What the page reads of a report; not all of it comes at once.
export interface Report {
  ledger?: Record<string, number>;
  roi?: { fraction?: number };
  reconstruction?: { amplitude_error?: number[]; algorithm?: string };
  latency_ms?: { frame_to_label?: { p99: number } };
  warnings?: { code: string; sentence: string }[];
}

// Heads of the binary messages, by topic.
export interface Heads {
  map: Schemas['MapHead'];
  frame: Schemas['FrameHead'];
  snapshot: Schemas['SnapshotHead'];
  probe: Schemas['ProbeHead'];
  slices: Schemas['SlicesHead'];
  positions: Schemas['PositionsHead'];
  segment: Schemas['SegmentHead'];
}
export type Topic = keyof Heads;
