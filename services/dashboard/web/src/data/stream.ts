// What the service says, kept where React can see it. One WebSocket; it is tried again for ever.
import { useSyncExternalStore } from 'react';
import { decode_any, type Picture, type Pictures } from './picture';
import { Pieces, type Whole } from './pieces';
import type { State } from './state';

interface Held {
  connected: boolean;
  ever: boolean;
  lost_ms: number;
  refused: string; // the service is there, and does not let this page in
  state: State | null;
  pictures: Pictures;
}

// The state comes four times a second; nothing for so long is as good as a closed connection.
const silent_ms = 1500;
const retry_ms = 500;

const next_frame = () => new Promise(requestAnimationFrame);
const pause = (ms: number) => new Promise((done) => window.setTimeout(done, ms));

class Stream {
  private held: Held = { connected: false, ever: false, lost_ms: performance.now(), refused: '', state: null, pictures: {} };
  // What came since the page was last drawn: the newest of each, so that a page that draws slowly skips and never lags.
  private waiting: Pick<Held, 'state' | 'pictures'> = { state: null, pictures: {} };
  private drawing = false;
  private listeners = new Set<() => void>();
  private socket: WebSocket | null = null;
  private heard_ms = 0;
  private watched_ms = performance.now();

  constructor() {
    this.open();
    window.setInterval(() => this.watch(), 250);
  }
  subscribe = (f: () => void) => {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  };
  get = () => this.held;

  private set(change: Partial<Held>) {
    this.held = { ...this.held, ...change };
    this.listeners.forEach((f) => f());
  }
  private show(change: Partial<Held> = {}) {
    const { state, pictures } = this.waiting;
    this.waiting = { state: null, pictures: {} };
    this.set({ ...change, state: state ?? this.held.state, pictures: { ...this.held.pictures, ...pictures } });
  }
  // For as long as a drawing took nothing is drawn after it: a slow machine has half of its time for what people do,
  // and for hearing that the connection is lost.
  private async draw() {
    if (this.drawing) return;
    this.drawing = true;
    await next_frame();
    const began = performance.now();
    this.show();
    await next_frame();
    await next_frame();
    await pause(performance.now() - began);
    this.drawing = false;
    if (this.waiting.state || Object.keys(this.waiting.pictures).length > 0) void this.draw();
  }
  private open() {
    // Beside the page, wherever a proxy has put it; ws: for http:, wss: for https:.
    const socket = new WebSocket(new URL('ws?pieces', document.baseURI).href.replace(/^http/, 'ws'));
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.heard_ms = performance.now();
    const pieces = new Pieces();
    let unpacking = Promise.resolve(); // one after the other, in the order in which they came
    socket.onmessage = (message) => {
      if (socket !== this.socket) return;
      this.heard_ms = performance.now();
      if (typeof message.data === 'string') {
        this.waiting.state = JSON.parse(message.data);
        this.shown_soon();
        return;
      }
      // The next piece comes when this one was answered.
      socket.send('ack');
      const whole = pieces.take(message.data);
      if (whole) unpacking = unpacking.then(() => this.take(whole)).catch((e) => console.error('a picture that cannot be read', e));
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.lose();
      void this.ask_why();
      window.setTimeout(() => this.open(), retry_ms);
    };
  }
  private async take({ bytes, version }: Whole) {
    const picture: Picture = await decode_any(bytes);
    const { topic } = picture.head;
    const before = this.waiting.pictures[topic] ?? this.held.pictures[topic];
    // A better picture of the same is no newer.
    if (before?.version === version) picture.came_ms = before.came_ms;
    Object.assign(this.waiting.pictures, { [topic]: { ...picture, version } });
    this.shown_soon();
  }
  private shown_soon() {
    if (!this.held.connected || this.held.refused) this.show({ connected: true, ever: true, refused: '' });
    else void this.draw();
  }
  // A browser does not tell a page why its WebSocket was refused.
  private async ask_why() {
    const answer = await fetch('api/state').catch(() => null);
    const refused = answer?.status === 401 || answer?.status === 403 ? (await answer.text()).trim() : '';
    if (refused !== this.held.refused) this.set({ refused });
  }
  private lose() {
    if (this.held.connected) this.set({ connected: false, lost_ms: performance.now() });
  }
  private watch() {
    const now = performance.now();
    // A page that was itself held up (a busy machine, a tab in the background) has not listened.
    if (now - this.watched_ms > 1000) this.heard_ms = now;
    this.watched_ms = now;
    if (now - this.heard_ms < silent_ms) return;
    this.lose();
    // A socket that says nothing may never say that it is closed.
    const old = this.socket;
    if (!old || old.readyState === WebSocket.CLOSED) return;
    this.socket = null;
    old.close();
    this.open();
  }
}

const stream = new Stream();
export const held_now = () => stream.get();
export const useStream = () => useSyncExternalStore(stream.subscribe, stream.get);
