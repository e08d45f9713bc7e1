import { Failure } from '../../errors.ts';
import type { Caller } from '../../pipeline/ports.ts';
import { Throughput } from './throughput.ts';

/** How much may wait. */
export interface LoadLimits {
  /** How long a request may wait for those before it, in milliseconds. */
  readonly waitMs: number;
  /** The bytes of bodies in progress. */
  readonly bytes: number;
}

/** A request that was admitted, until it is answered. */
export interface AdmittedRequest {
  /** The body has arrived: from now on the request waits for the service, and not the service for it. */
  beginWork(): void;
  end(): void;
}

/** Decides, before a body is read, whether there is room for it. */
export interface Admission {
  /**
   * Admits a request with a body of so many bytes. Throws `http/overloaded` (503) where there is no room and
   * `http/too-many-requests` (429) where the sender has more than its share while others wait.
   */
  admit(sender: Caller, bytes: number): AdmittedRequest;
  /** Admits a stream, whose parts wait by themselves. Throws as `admit` does. */
  admitStream(sender: Caller): AdmittedRequest;
  /** Waits while requests wait, for at most `STREAM_PAUSE_MS`: a stream has time, a request has none. */
  waitForRequests(): Promise<void>;
}

/** The bytes that count as one unit of work: a resource of usual size. */
const BYTES_PER_UNIT = 4_096;
/** Work that may always wait, in units: below it nobody is refused, however slow the machine is. */
const MIN_WAITING = 32;
/** Where the first request has waited for less than this there is no queue, only a burst. */
const BURST_MS = 25;
/** The requests that a client may have in progress whatever others do, where there are few clients. */
const FREE_REQUESTS = 4;
/** The most bytes in progress, as a multiple of those beyond which shares are enforced. */
const BYTES_RESERVE = 4;
const MAX_STREAMS = 64;
const MAX_STREAMS_PER_CLIENT = 8;
/** A stream has a part of a file, a line and what is decompressed in memory. */
const STREAM_BYTES = 262_144;
const STREAM_PAUSE_MS = 2_000;
const STREAM_LOOK_MS = 20;
/** How often the lag of the event loop is measured. */
const LAG_INTERVAL_MS = 50;
/** Seconds of Retry-After, in turn: those who are refused together do not come back together. */
const RETRY_AFTER_SECONDS = [1, 2, 3, 4, 5];

/** What one sender, or all of a site, has in progress. */
interface Load {
  requests: number;
  units: number;
  bytes: number;
  streams: number;
}

const createLoad = (): Load => ({ requests: 0, units: 0, bytes: 0, streams: 0 });

interface SiteLoad extends Load {
  readonly clients: Map<string, Load>;
}

function addLoad(load: Load, more: Load, sign: 1 | -1): void {
  load.requests += sign * more.requests;
  load.units += sign * more.units;
  load.bytes += sign * more.bytes;
  load.streams += sign * more.streams;
}

const isEmpty = ({ requests, streams }: Load): boolean => requests === 0 && streams === 0;

/**
 * Keeps the waiting work so short that who is admitted is answered soon, and refuses the rest before it costs anything. A queue
 * is too long where it holds more than is finished in `waitMs`, or more bytes than the limit. Then only those are refused who
 * have their fair share already: the sites share the room evenly, and the clients of a site share the site's.
 */
class LoadAdmission implements Admission {
  private readonly limits: LoadLimits;
  private readonly now: () => number;
  private readonly total = createLoad();
  private readonly sites = new Map<string, SiteLoad>();
  /** When the requests that wait for the service began to, the first one first. */
  private readonly waiting = new Map<object, number>();
  private readonly throughput: Throughput;
  private lag = { ms: 0, measuredAt: 0 };
  private refusals = 0;

  constructor(limits: LoadLimits, now: () => number) {
    this.limits = limits;
    this.now = now;
    this.throughput = new Throughput(now());
    this.lag.measuredAt = now();
    // Timers run before sockets are read: what arrived while the loop was held is judged by that lag.
    setInterval(() => {
      const time = this.now();
      this.lag = { ms: time - this.lag.measuredAt - LAG_INTERVAL_MS, measuredAt: time };
    }, LAG_INTERVAL_MS).unref();
  }

  admit(sender: Caller, bytes: number): AdmittedRequest {
    const load = { requests: 1, units: 1 + Math.floor(bytes / BYTES_PER_UNIT), bytes, streams: 0 };
    const { site, client } = this.getLoads(sender);
    const isTooMuch = this.total.bytes + bytes > BYTES_RESERVE * this.limits.bytes;
    if (isTooMuch || (this.isFull(bytes) && this.hasShare(site, client))) this.refuse(sender);
    return this.count(sender, load);
  }

  admitStream(sender: Caller): AdmittedRequest {
    const { client } = this.getLoads(sender);
    if (client.streams >= MAX_STREAMS_PER_CLIENT) throw this.createShareFailure();
    if (this.total.streams >= MAX_STREAMS) this.refuse(sender);
    return this.count(sender, { requests: 0, units: 0, bytes: STREAM_BYTES, streams: 1 });
  }

  async waitForRequests(): Promise<void> {
    const until = this.now() + STREAM_PAUSE_MS;
    while (this.readAge(this.now()) > BURST_MS && this.now() < until)
      await new Promise((resolve) => setTimeout(resolve, STREAM_LOOK_MS));
  }

  private getLoads({ site: siteName, client: clientName }: Caller): { site: SiteLoad; client: Load } {
    const site = this.sites.get(siteName) ?? { ...createLoad(), clients: new Map<string, Load>() };
    return { site, client: site.clients.get(clientName) ?? createLoad() };
  }

  /** How long the first request that waits has waited, or what arrives now has, while the loop was held. */
  private readAge(time: number): number {
    const [begunAt] = this.waiting.values();
    const isLagCurrent = time - this.lag.measuredAt < LAG_INTERVAL_MS;
    return begunAt === undefined ? 0 : Math.max(time - begunAt, isLagCurrent ? this.lag.ms : 0);
  }

  private isFull(bytes: number): boolean {
    if (this.total.bytes + bytes > this.limits.bytes && this.total.bytes > 0) return true;
    const time = this.now();
    if (this.readAge(time) <= BURST_MS) return false;
    const finishedInTime = this.throughput.measure(time) * this.limits.waitMs;
    return this.total.units >= Math.max(MIN_WAITING, finishedInTime);
  }

  /** Whether a client has its share of the site's, and the site its share of all. */
  private hasShare(site: SiteLoad, client: Load): boolean {
    const others = [...this.sites.values()].filter((other) => other !== site && !isEmpty(other)).length;
    const siblings = [...site.clients.values()].filter((other) => other !== client && !isEmpty(other)).length;
    const free = Math.max(1, Math.min(FREE_REQUESTS, Math.floor(MIN_WAITING / (others + siblings + 1))));
    if (client.requests < free) return false;
    const isOver = (part: Load, whole: Load, parts: number) =>
      part.units * parts >= whole.units || part.bytes * parts >= whole.bytes;
    return isOver(site, this.total, others + 1) && isOver(client, site, siblings + 1);
  }

  private refuse(sender: Caller): never {
    const own = this.sites.get(sender.site)?.clients.get(sender.client)?.requests ?? 0;
    if (this.total.requests > own) throw this.createShareFailure();
    throw new Failure('http/overloaded', 'More arrives than can be stored at once.', {
      fix: 'Send the same request again after the seconds of Retry-After.',
      retryAfterSeconds: this.chooseRetryAfter(),
    });
  }

  private createShareFailure(): Failure {
    return new Failure('http/too-many-requests', 'This client has its share in progress, and others wait.', {
      fix: 'Send the same request again after the seconds of Retry-After, and fewer at once.',
      retryAfterSeconds: this.chooseRetryAfter(),
    });
  }

  private chooseRetryAfter(): number {
    this.refusals += 1;
    return RETRY_AFTER_SECONDS[this.refusals % RETRY_AFTER_SECONDS.length] ?? 1;
  }

  private count(sender: Caller, load: Load): AdmittedRequest {
    const { site, client } = this.getLoads(sender);
    this.sites.set(sender.site, site);
    site.clients.set(sender.client, client);
    for (const part of [this.total, site, client]) addLoad(part, load, 1);
    const admitted: AdmittedRequest = {
      beginWork: () => {
        if (load.requests === 0) return;
        const time = this.now();
        this.waiting.set(admitted, time);
        this.throughput.begin(time);
      },
      end: () => {
        for (const part of [this.total, site, client]) addLoad(part, load, -1);
        if (isEmpty(client)) site.clients.delete(sender.client);
        if (isEmpty(site)) this.sites.delete(sender.site);
        if (this.waiting.delete(admitted))
          this.throughput.finish(this.now(), load.units, this.waiting.size === 0);
      },
    };
    return admitted;
  }
}

/** Creates the admission of a service. `now`: a clock in milliseconds that never goes back. */
export function createAdmission(limits: LoadLimits, now: () => number = () => performance.now()): Admission {
  return new LoadAdmission(limits, now);
}
