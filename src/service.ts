import type { Disposition } from './fhir/outcome.ts';
import type { Resource } from './fhir/resource.ts';
import type { Mapped } from './mapping/mapped.ts';
import type { Accept, Caller, Enroll } from './pipeline/doors.ts';
import type { OutboxEntry, OutboxState, WorkItem } from './store/store.ts';
import type { Judgement } from './trial/assessment.ts';

/** One finding of `check`: the file, the place in it, what is wrong and what to do. */
export interface Problem {
  readonly file: string;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** What the doors and the command line may do; the only thing they are handed. */
export interface Service {
  readonly accept: Accept;
  readonly enroll: Enroll;
  /** Who the Authorization header belongs to; null where nobody is admitted by it. */
  authenticate(authorization: string | undefined): Caller | null;
  ready(): Promise<boolean>;
  /** Dry run: what the resource would give for some subject; nothing is stored. */
  mapOnly(site: string, resource: Resource): Promise<Mapped>;
  /** Judges every subject whose facts changed; returns how many. */
  judgeDirty(progress?: (done: number) => void): Promise<number>;
  /** Fresh judgements from the stored facts. Throws `cli/failed` for an unknown study or subject. */
  assess(
    study: string,
    subject: string | null,
  ): Promise<readonly { subject: string; judgement: Judgement }[]>;
  explain(study: string, subject: string, visit: string | null): Promise<string>;
  report(study: string): Promise<unknown>;
  workList(status: WorkItem['status'] | null): Promise<readonly WorkItem[]>;
  /** Rejects the item: what waits for it is ignored from now on. Returns how many resources that is. */
  workReject(id: string): Promise<number>;
  outboxList(filter: {
    state?: OutboxState;
    site?: string;
    subject?: string;
  }): Promise<readonly OutboxEntry[]>;
  outboxMove(from: OutboxState, to: OutboxState, site: string | null): Promise<number>;
  /** Problems in mappings, protocols and criteria; empty where all is well. */
  check(): Promise<readonly Problem[]>;
  /** Study ids of the library. */
  studies(): readonly string[];
  /** Opens the HTTP doors (createApp + listen); the command line never imports http itself. */
  listen(at: { host: string; port: number }): Promise<{ readonly url: string; close(): Promise<void> }>;
  /** Judges and delivers in the background until close(). */
  startWorker(): void;
  /** Delivers what is due now, without waiting for later attempts; returns how many transactions were sent. */
  deliverDue(): Promise<number>;
  close(): Promise<void>;
}

export type { Disposition };

/**
 * The one place that constructs: opens the store, reads the library, connects the stages. Throws a Failure where
 * configuration, mappings or the store are not fit for use.
 */
export async function openService(_config: unknown): Promise<Service> {
  throw new Error('being written');
}
