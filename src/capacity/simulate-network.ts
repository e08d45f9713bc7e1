import { createEventQueue } from './event-queue.ts';
import type { NetworkModel } from './network-model.ts';
import {
  createHourRecord,
  findWorstHour,
  type HourRecord,
  type NetworkReport,
  type RecoveryReport,
  summariseHour,
} from './network-report.ts';
import { createGenerator, createServiceTimes, drawExponential, type Generator } from './seeded-generator.ts';
import { createPushLine, createSender, type Push, type Sender } from './sender.ts';

const HOUR = 3_600;

/** Events: a new push, the two ends of the outage, then the instances that finish, then the hospitals that try again. */
const ARRIVAL = 0;
const OUTAGE_BEGINS = 1;
const OUTAGE_ENDS = 2;
const FIRST_INSTANCE = 3;

/** The work of an instance: the pushes that share a commit, and when it is done. */
interface Work {
  readonly pushes: readonly Push[];
  readonly done: number;
}

class NetworkSimulation {
  readonly #model: NetworkModel;
  readonly #start: number;
  readonly #end: number;
  readonly #next: Generator;
  readonly #drawCpu: () => number;
  readonly #events = createEventQueue();
  readonly #senders: readonly Sender[];
  readonly #queue = createPushLine();
  readonly #works: (Work | null)[];
  readonly #idle: number[];
  readonly #records: readonly HourRecord[];
  readonly #queueLimit: number;
  #now: number;
  #isDown = false;
  #arrived = 0;
  #served = 0;
  #heldBack = 0;
  #recovery: { readonly ended: number; readonly backlog: number; unserved: number; last: number } | null =
    null;

  constructor(model: NetworkModel) {
    const { hours, instances, cpu, resultsPerPush, seed } = model;
    this.#model = model;
    [this.#start, this.#end] = [hours[0] * HOUR, hours[1] * HOUR];
    this.#now = this.#start;
    this.#next = createGenerator(seed);
    const mean = cpu.perPush + cpu.perResult * resultsPerPush;
    this.#drawCpu = createServiceTimes(this.#next, mean, model.cpuVariation);
    this.#senders = Array.from({ length: model.hospitals }, createSender);
    this.#works = Array.from({ length: instances }, () => null);
    this.#idle = Array.from({ length: instances }, (_, i) => i);
    this.#records = Array.from({ length: Math.ceil(hours[1] - hours[0]) }, createHourRecord);
    this.#queueLimit = model.queueLimit;
  }

  run(): NetworkReport {
    const { outage } = this.#model;
    this.#planArrival();
    if (outage) {
      this.#events.add(outage.from * HOUR, OUTAGE_BEGINS);
      this.#events.add((outage.from + outage.hours) * HOUR, OUTAGE_ENDS);
    }
    while (this.#events.time < this.#end) {
      this.#now = this.#events.time;
      this.#handle(this.#events.take());
    }
    return this.#report();
  }

  #handle(event: number): void {
    if (event === ARRIVAL) this.#receiveResults();
    else if (event === OUTAGE_BEGINS) this.#beginOutage();
    else if (event === OUTAGE_ENDS) this.#endOutage();
    else if (event < FIRST_INSTANCE + this.#works.length) this.#finishWork(event - FIRST_INSTANCE);
    else this.#tryAgain(event - FIRST_INSTANCE - this.#works.length);
  }

  #recordAt(time: number): HourRecord {
    const record = this.#records[Math.floor((time - this.#start) / HOUR)];
    if (!record) throw new Error('A time outside of the simulated hours.');
    return record;
  }

  /** Plans the next push of any hospital: a Poisson process whose rate changes with the hour, and has no memory. */
  #planArrival(): void {
    const { hospitals, resultsPerMinute, resultsPerPush, dailyProfile } = this.#model;
    const averageRate = (hospitals * resultsPerMinute) / resultsPerPush / 60;
    for (let from = this.#now; from < this.#end; ) {
      const hour = Math.floor(from / HOUR);
      const rate = averageRate * (dailyProfile[hour % dailyProfile.length] ?? 0);
      const time = rate > 0 ? from + drawExponential(this.#next, 1 / rate) : Number.POSITIVE_INFINITY;
      from = (hour + 1) * HOUR;
      if (time >= from) continue;
      this.#events.add(time, ARRIVAL);
      return;
    }
  }

  #receiveResults(): void {
    const hospital = Math.floor(this.#next() * this.#senders.length);
    this.#arrived += 1;
    this.#recordAt(this.#now).pushes += 1;
    this.#getSender(hospital).waiting.add({ hospital, created: this.#now, accepted: 0 });
    this.#heldBack += 1;
    this.#send(hospital);
    this.#noteLengths();
    this.#planArrival();
  }

  #getSender(hospital: number): Sender {
    const sender = this.#senders[hospital];
    if (!sender) throw new Error('A hospital that does not exist.');
    return sender;
  }

  #send(hospital: number): void {
    const sender = this.#getSender(hospital);
    while (sender.waiting.length > 0 && sender.underWay < this.#model.connections && !sender.isBackingOff) {
      if (this.#isDown || this.#queue.length >= this.#queueLimit) {
        this.#backOff(hospital);
        return;
      }
      const push = sender.waiting.take();
      if (!push) return;
      push.accepted = this.#now;
      sender.underWay += 1;
      this.#heldBack -= 1;
      this.#queue.add(push);
      const instance = this.#idle.pop();
      if (instance !== undefined) this.#beginWork(instance);
    }
  }

  #backOff(hospital: number): void {
    const { first, longest, jitter } = this.#model.backOff;
    const sender = this.#getSender(hospital);
    this.#recordAt(this.#now).refusals += 1;
    const full = Math.min(longest, first * 2 ** sender.failures);
    sender.failures += 1;
    sender.isBackingOff = true;
    const wait = full * (1 - jitter * this.#next());
    this.#events.add(this.#now + wait, FIRST_INSTANCE + this.#works.length + hospital);
  }

  #tryAgain(hospital: number): void {
    this.#getSender(hospital).isBackingOff = false;
    this.#send(hospital);
  }

  /** Takes as many pushes as share a commit. The instance must be idle, and a push must wait. */
  #beginWork(instance: number): void {
    const { commit } = this.#model;
    const pushes: Push[] = [];
    let duration = commit.duration;
    while (pushes.length < commit.pushes) {
      const push = this.#queue.take();
      if (!push) break;
      pushes.push(push);
      duration += this.#drawCpu();
      this.#recordAt(push.accepted).waiting.add(this.#now - push.accepted);
    }
    const done = this.#now + duration;
    this.#works[instance] = { pushes, done };
    this.#recordAt(this.#now).busy += duration;
    this.#events.add(done, FIRST_INSTANCE + instance);
  }

  #finishWork(instance: number): void {
    const work = this.#works[instance];
    // The outage has ended what was planned before it.
    if (!work || work.done !== this.#now) return;
    this.#works[instance] = null;
    this.#idle.push(instance);
    for (const push of work.pushes) this.#acknowledge(push);
    for (const { hospital } of work.pushes) this.#send(hospital);
    if (this.#queue.length === 0) return;
    const free = this.#idle.pop();
    if (free !== undefined) this.#beginWork(free);
  }

  #acknowledge({ hospital, created }: Push): void {
    const sender = this.#getSender(hospital);
    sender.underWay -= 1;
    sender.failures = 0;
    this.#served += 1;
    this.#recordAt(created).age.add(this.#now - created);
    if (!this.#recovery || created > this.#recovery.ended) return;
    this.#recovery.unserved -= 1;
    this.#recovery.last = this.#now;
  }

  /** Every instance goes: what they had accepted and not acknowledged is sent again. */
  #beginOutage(): void {
    this.#isDown = true;
    const lost: Push[] = [];
    for (const work of this.#works) lost.push(...(work?.pushes ?? []));
    for (let push = this.#queue.take(); push; push = this.#queue.take()) lost.push(push);
    this.#works.fill(null);
    this.#idle.splice(0, this.#idle.length, ...this.#works.keys());
    lost.sort((a, b) => a.created - b.created);
    this.#heldBack += lost.length;
    for (const [hospital, pushes] of Map.groupBy(lost, (push) => push.hospital)) {
      const sender = this.#getSender(hospital);
      sender.underWay = 0;
      sender.waiting.putBack(pushes);
      if (!sender.isBackingOff) this.#backOff(hospital);
    }
  }

  #endOutage(): void {
    this.#isDown = false;
    const backlog = this.#arrived - this.#served;
    this.#recovery = { ended: this.#now, backlog, unserved: backlog, last: this.#now };
  }

  #noteLengths(): void {
    const record = this.#recordAt(this.#now);
    record.longestQueue = Math.max(record.longestQueue, this.#queue.length);
    record.mostHeldBack = Math.max(record.mostHeldBack, this.#heldBack);
  }

  #report(): NetworkReport {
    const { hours, instances } = this.#model;
    const reports = this.#records.map((record, i) => summariseHour(hours[0] + i, record, instances));
    const recovery: RecoveryReport | null = this.#recovery && {
      backlog: this.#recovery.backlog,
      caughtUpAfter: this.#recovery.unserved > 0 ? null : this.#recovery.last - this.#recovery.ended,
    };
    return {
      arrived: this.#arrived,
      served: this.#served,
      outstanding: this.#arrived - this.#served,
      hours: reports,
      worst: findWorstHour(reports),
      recovery,
    };
  }
}

/**
 * Simulates the network event by event: hospitals send in order, an instance works on pushes that share a commit, a refused
 * hospital backs off, and an outage loses nothing that was acknowledged. All instances take from one queue, as behind a
 * balancer that knows which is idle. The same model yields the same report.
 */
export function simulateNetwork(model: NetworkModel): NetworkReport {
  return new NetworkSimulation(model).run();
}
