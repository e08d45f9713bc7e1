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

interface AssessmentFailedEvent {
  readonly study: string;
  readonly subject: string;
  readonly error: unknown;
}

interface MappingFailedEvent {
  readonly site: string;
  readonly resourceType: string;
  readonly error: unknown;
}

interface WritebackDeliveredEvent {
  readonly site: string;
  readonly entries: number;
}

interface WritebackFailedEvent extends WritebackDeliveredEvent {
  /** Whether the entries are given up. The EHR's answer is not logged, since its text may name a patient. */
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
  /** The id of the request, which its answer has too (X-Request-Id). */
  readonly requestId: string;
}

/** One function per event. Fields that loggable-fields.ts does not list are removed. */
export interface EventLog {
  entryAccepted(event: EntryAcceptedEvent): void;
  assessmentFailed(event: AssessmentFailedEvent): void;
  mappingFailed(event: MappingFailedEvent): void;
  writebackDelivered(event: WritebackDeliveredEvent): void;
  writebackFailed(event: WritebackFailedEvent): void;
  /** The delivery to a site's EHR failed in this software; it goes on. */
  writebackBroken(event: { readonly site: string; readonly error: unknown }): void;
  /** At start: tokens and patient data are sent to the site's EHR unencrypted, as its configuration allows (`plainHttp`). */
  ehrUnencrypted(event: { readonly site: string }): void;
  requestAnswered(event: RequestAnsweredEvent): void;
  /** A request was not let in, and why. What it presented is not logged. */
  authenticationRefused(event: { readonly route: string; readonly reason: string }): void;
  /** A client has authenticated by its key, and got an access token. */
  tokenIssued(event: { readonly site: string; readonly client: string }): void;
  requestFailed(event: { readonly route: string; readonly error: unknown }): void;
  /** Stopping took too long: the connections of requests that were not answered yet were closed. */
  requestsCut(event: { readonly requests: number }): void;
  serviceBroken(event: { readonly error: unknown }): void;
  /** A head of the audit trail could not be signed or copied, or refused requests not be recorded; the service goes on. */
  auditFailed(event: { readonly error: unknown }): void;
  /** New mappings are in use: the number of held resources that were restated, and of those that are now mapped. */
  libraryReloaded(event: { readonly entries: number; readonly changed: number }): void;
  /** New mappings were refused because of `entries` problems; the previous mappings stay in use. */
  libraryRefused(event: { readonly entries: number }): void;
}

/** Returns the class of an error with its code. The message may quote a payload, so it is not logged. */
function describeError(error: unknown): { error: string; code?: string } {
  if (error instanceof Failure) return { error: 'Failure', code: error.code };
  if (!(error instanceof Error)) return { error: 'other' };
  // A code of the operating system (EIO) or the database (SQLITE_BUSY) identifies the fault and no patient.
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { error: error.name, ...code };
}

/**
 * Creates the event log. Ids of resources and subjects appear as a keyed hash: lines about one resource can be related to
 * each other, and nobody without the key can test a guess. Patient ids do not appear at all: an event about
 * a Patient has only the type. The key lives as long as the process unless one is passed.
 */
export function createEventLog(log: Logger, key: Uint8Array = randomBytes(32)): EventLog {
  const hashId = (...parts: string[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  const identifyResource = (site: string, type: string, id: string | null) =>
    id === null || type === 'Patient' ? {} : { resource: hashId(site, type, id) };
  const write = (level: 'info' | 'warn' | 'error', event: object, text: string) =>
    log[level](selectLoggableFields({ ...event }), text);
  return {
    // Written at level debug only: one line per resource would hide all other events.
    entryAccepted: ({ id, ...event }) => {
      if (!log.isLevelEnabled('debug')) return;
      const resource = identifyResource(event.site, event.resourceType, id);
      log.debug(selectLoggableFields({ ...event, ...resource }), 'entry accepted');
    },
    assessmentFailed: ({ study, subject, error }) =>
      write(
        'error',
        { study, subject: hashId(study, subject), ...describeError(error) },
        'assessment failed',
      ),
    mappingFailed: ({ error, ...event }) =>
      write('error', { ...event, ...describeError(error) }, 'mapping failed'),
    writebackDelivered: (event) => write('info', event, 'write-back delivered'),
    writebackFailed: (event) => write('warn', event, 'write-back failed'),
    writebackBroken: ({ site, error }) =>
      write('error', { site, ...describeError(error) }, 'write-back broken'),
    ehrUnencrypted: (event) => write('warn', event, 'EHR connection is not encrypted'),
    requestAnswered: (event) => write('info', event, 'request answered'),
    authenticationRefused: (event) => write('warn', event, 'authentication refused'),
    tokenIssued: (event) => write('info', event, 'access token issued'),
    requestFailed: ({ route, error }) => write('error', { route, ...describeError(error) }, 'request failed'),
    libraryReloaded: (event) => write('info', event, 'mappings reloaded'),
    libraryRefused: (event) => write('error', event, 'mappings refused'),
    requestsCut: (event) => write('error', event, 'requests cut'),
    auditFailed: ({ error }) => write('error', describeError(error), 'audit failed'),
    serviceBroken: ({ error }) => write('error', describeError(error), 'service broken'),
  };
}
