/** The length of one of the two windows over which work is counted. */
const WINDOW_MS = 500;

interface WorkWindow {
  readonly begunAt: number;
  finished: number;
  busyMs: number;
}

/** How fast work is finished while there is any, measured over the last half to whole second. */
export class Throughput {
  private previous: WorkWindow | null = null;
  private current: WorkWindow;
  /** Since when there has been work without a break; null: there is none. */
  private busySince: number | null = null;

  /** `time` is here and elsewhere of one clock in milliseconds that never goes back. */
  constructor(time: number) {
    this.current = { begunAt: time, finished: 0, busyMs: 0 };
  }

  /** There is work from now on. */
  begin(time: number): void {
    this.busySince ??= time;
  }

  /** Counts work that is finished; `isIdle`: no other is left. */
  finish(time: number, weight: number, isIdle: boolean): void {
    this.account(time);
    this.current.finished += weight;
    if (isIdle) this.busySince = null;
  }

  /** Returns the weight that is finished in a millisecond of work; 0 where nothing is known. */
  measure(time: number): number {
    this.account(time);
    const busyMs = this.current.busyMs + (this.previous?.busyMs ?? 0);
    return busyMs < 1 ? 0 : (this.current.finished + (this.previous?.finished ?? 0)) / busyMs;
  }

  private account(time: number): void {
    if (this.busySince !== null) {
      this.current.busyMs += time - this.busySince;
      this.busySince = time;
    }
    if (time - this.current.begunAt < WINDOW_MS) return;
    this.previous =
      time - this.current.begunAt < 2 * WINDOW_MS || this.busySince !== null ? this.current : null;
    this.current = { begunAt: time, finished: 0, busyMs: 0 };
  }
}
