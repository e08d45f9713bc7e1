import type { BenchSettings } from './bench-settings.ts';
import type { BenchSubjects } from './data/bench-subjects.ts';
import type { Workspace } from './workspace.ts';

/** What the parts of one run share. */
export interface BenchRun {
  readonly settings: BenchSettings;
  readonly workspace: Workspace;
  readonly subjects: BenchSubjects;
  /** Data folders by the number of resources that were delivered to them, for the parts that need a filled store. */
  readonly stores: Map<number, string>;
  /** Processes and services that are stopped at the end of the part, also where it fails. */
  readonly opened: AsyncDisposableStack;
  /** Reports progress. */
  report(text: string): void;
  /** Notes what was not measured, and why. */
  leaveOut(what: string, reason: string): void;
}
