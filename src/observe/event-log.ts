import { createHmac, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { Failure } from '../errors.ts';
import { selectLoggableFields } from './loggable-fields.ts';

interface EntryAcceptedEvent {
  readonly site: string;
  readonly door: string;
  readonly resourceType: string;
  readonly id: string | null;
  readonly disposition: string;
  readonly facts: number;
  readonly status: number;
}

interface FactRejectedEvent {
  readonly site: string;
  readonly resourceType: string;
  readonly id: string | null;
  /** A work item reason. */
  readonly reason: string;
}

interface AssessmentMadeEvent {
  readonly study: string;
  readonly subject: string;
  readonly assessments: number;
  readonly changed: number;
}

interface WritebackDeliveredEvent {
  readonly site: string;
  readonly entries: number;
}

interface WritebackFailedEvent extends WritebackDeliveredEvent {
  /** Whether it is given up. What the EHR said stays in the outbox: it is the EHR's text, not ours. */
  readonly dead: boolean;
}

interface RequestAnsweredEvent {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly site: string | null;
  readonly client: string | null;
  readonly code: string | null;
}

/** One function an event. What is not in fields.ts is dropped, whatever the caller hands over. */
export interface EventLog {
  entryAccepted(event: EntryAcceptedEvent): void;
  factRejected(event: FactRejectedEvent): void;
  assessmentMade(event: AssessmentMadeEvent): void;
  assessmentFailed(event: {
    readonly study: string;
    readonly subject: string;
    readonly error: unknown;
  }): void;
  mappingFailed(event: {
    readonly site: string;
    readonly resourceType: string;
    readonly error: unknown;
  }): void;
  writebackDelivered(event: WritebackDeliveredEvent): void;
  writebackFailed(event: WritebackFailedEvent): void;
  /** At start: the site's EHR is sent tokens and patient data unencrypted, as its configuration allows (`plainHttp`). */
  ehrUnencrypted(event: { readonly site: string }): void;
  requestAnswered(event: RequestAnsweredEvent): void;
  requestFailed(event: { readonly route: string; readonly error: unknown }): void;
  serviceBroken(event: { readonly error: unknown }): void;
  /** New mappings are in force, and so many resources that were held are facts now. */
  libraryReloaded(event: { readonly entries: number; readonly changed: number }): void;
  /** New mappings have so many problems; those before stay in force. */
  libraryRefused(event: { readonly entries: number }): void;
}

/** The class of an error and, for a Failure, its code; a message may quote what was sent, so it is not kept. */
function describeError(error: unknown): { error: string; code?: string } {
  if (error instanceof Failure) return { error: 'Failure', code: error.code };
  if (!(error instanceof Error)) return { error: 'other' };
  // A system's or a database's own code (EIO, SQLITE_BUSY) says what is broken, and nothing of a patient.
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { error: error.name, ...code };
}

/**
 * The events, written to the log. Ids of resources and subjects appear as a keyed hash: lines about one resource can
 * be put together, and without the key nobody can test a guess. Patients' ids do not appear at all: what is about a
 * Patient says so and no more. The key lasts as long as the process unless one is given.
 */
export function createEventLog(log: Logger, key: Uint8Array = randomBytes(32)): EventLog {
  const hash = (...parts: string[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  const resource = (site: string, type: string, id: string | null) =>
    id === null || type === 'Patient' ? {} : { resource: hash(site, type, id) };
  return {
    // One line a resource would drown the rest: it is for whoever looks for something.
    entryAccepted: ({ id, ...event }) => {
      if (!log.isLevelEnabled('debug')) return;
      log.debug(
        selectLoggableFields({ ...event, ...resource(event.site, event.resourceType, id) }),
        'entry accepted',
      );
    },
    factRejected: ({ id, ...event }) =>
      log.warn(
        selectLoggableFields({ ...event, ...resource(event.site, event.resourceType, id) }),
        'fact rejected',
      ),
    assessmentMade: ({ subject, ...event }) =>
      log.info(selectLoggableFields({ ...event, subject: hash(event.study, subject) }), 'assessment made'),
    assessmentFailed: ({ study, subject, error }) =>
      log.error(
        selectLoggableFields({ study, subject: hash(study, subject), ...describeError(error) }),
        'judging failed',
      ),
    mappingFailed: ({ error, ...event }) =>
      log.error(selectLoggableFields({ ...event, ...describeError(error) }), 'mapping failed'),
    writebackDelivered: (event) => log.info(selectLoggableFields({ ...event }), 'write-back delivered'),
    writebackFailed: (event) => log.warn(selectLoggableFields({ ...event }), 'write-back failed'),
    ehrUnencrypted: (event) =>
      log.warn(selectLoggableFields({ ...event }), 'EHR connection is not encrypted'),
    requestAnswered: (event) => log.info(selectLoggableFields({ ...event }), 'request answered'),
    requestFailed: ({ route, error }) =>
      log.error(selectLoggableFields({ route, ...describeError(error) }), 'request failed'),
    libraryReloaded: (event) => log.info(selectLoggableFields({ ...event }), 'mappings reloaded'),
    libraryRefused: (event) =>
      log.error(selectLoggableFields({ ...event }), 'mappings refused, the old ones stay'),
    serviceBroken: ({ error }) => log.error(selectLoggableFields(describeError(error)), 'service broken'),
  };
}
