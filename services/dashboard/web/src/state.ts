// The JSON of /api/state; null where nothing was said yet.
export interface Service {
  heard_ms: number | null;
  alive: boolean;
  health: null | {
    ready: boolean;
    uptime_s: number;
    level: number;
    load: number;
    stages: { stage: string; state: string; silent_s: number; doing: string }[];
  };
}
export interface Alarm {
  service: string;
  id: string;
  severity: string;
  sentence: string;
  since_utc_ms: number;
}
export interface State {
  utc_ms: number;
  series_uid: string;
  rate_hz: number;
  ledger: null | { counts: Record<string, number>; total: number; arrived: number; ended: boolean };
  roi: null | {
    series_uid: string;
    revision: number;
    labelled: number;
    selected: number;
    latency_p50_ms: number;
    latency_p99_ms: number;
    next_segments: number | null;
  };
  map: null | { frames: number; segments: number; mode: string; border: number; fill_in: boolean; no_contrast: boolean };
  image: null | {
    series_uid: string;
    frames_used: number;
    last_frame: number;
    iteration: number;
    amplitude_error: number | null;
    age_ms: number;
    pixel_m: number;
    converged: boolean;
    running: boolean;
  };
  frame: null | { frame: number; saturated_pixels: number; saturated_frames: number };
  wanted: null | { border?: number; fill_in?: boolean; segments?: number };
  reconstruction: null | { running: boolean; frames: number; iteration: number };
  advice: null | {
    id: number;
    revision: number;
    accepted: boolean;
    confidence: number;
    expires_utc_ms: number;
    points: number;
    skip: number;
    stop: boolean;
    mode: string;
  };
  bad_ranges: [number, number][];
  controls: Record<'classifier' | 'reconstructor' | 'ddip', boolean>;
  services: Record<string, Service>;
  alarms: Alarm[];
}
