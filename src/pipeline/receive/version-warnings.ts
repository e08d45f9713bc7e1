import { createNotice, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceVersion } from '../../store/inbox-store.ts';
import type { NewResourceVersion } from './version-markers.ts';

const MINUTE_MS = 60_000;
/** The tolerated difference between two clocks that are set over the network, as in Kerberos (RFC 4120). */
const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS;

/** Checks the version itself and returns issues for its sender. The version takes effect in any case. */
export function checkIncomingVersion(
  previous: ResourceVersion | undefined,
  incoming: NewResourceVersion,
): readonly OutcomeIssue[] {
  return [...checkVersionGap(previous, incoming), ...checkSenderClock(incoming)];
}

/**
 * Reports versions that have not arrived. Many EHRs skip numbers (one counter for all resources, or one for each
 * transaction), so a gap is reported only where the resource's versions were numbered 1, 2, … until now.
 */
function checkVersionGap(
  previous: ResourceVersion | undefined,
  { resourceType, senderVersion }: NewResourceVersion,
): readonly OutcomeIssue[] {
  if (!previous || previous.senderVersion !== String(previous.version)) return [];
  if (senderVersion === null || !/^\d{1,15}$/.test(senderVersion)) return [];
  const [first, last] = [previous.version + 1, Number(senderVersion) - 1];
  if (last < first) return [];
  const missing = first === last ? `Version ${first} has` : `Versions ${first} to ${last} have`;
  const diagnostics = `${missing} not arrived; this version is now current. Fix: send the missing versions if the history is to be complete.`;
  return [createNotice('version-gap', `${resourceType}.meta.versionId`, diagnostics)];
}

/** Warns of a sender's clock that is ahead. The order of its versions is still used. */
function checkSenderClock({
  resourceType,
  senderUpdated,
  receivedAt,
}: NewResourceVersion): readonly OutcomeIssue[] {
  const aheadMs = Date.parse(senderUpdated ?? '') - Date.parse(receivedAt);
  if (!(aheadMs > CLOCK_TOLERANCE_MS)) return [];
  const minutes = Math.round(aheadMs / MINUTE_MS);
  return [
    {
      severity: 'warning',
      code: 'business-rule',
      detail: 'clock-ahead',
      expression: `${resourceType}.meta.lastUpdated`,
      diagnostics: `Its lastUpdated is ${minutes} minutes in the future. Fix: set the clock of the EHR; the order of its versions is still used.`,
    },
  ];
}
