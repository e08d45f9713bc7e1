import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceVersion } from '../../store/store.ts';

const MINUTE_MS = 60_000;
/** What two clocks that are kept by the network may differ (Kerberos allows as much). */
const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS;

/** What the sender should know about the version itself; nothing waits for it. */
export function checkIncomingVersion(
  before: ResourceVersion | undefined,
  arrived: Omit<ResourceVersion, 'version'>,
): readonly OutcomeIssue[] {
  return [...checkVersionGap(before, arrived), ...checkSenderClock(arrived)];
}

/**
 * Versions that have not come. Many EHRs skip numbers (one counter for all resources, one for a transaction): it is said
 * only of a resource whose versions were numbered 1, 2, … until now.
 */
function checkVersionGap(
  before: ResourceVersion | undefined,
  { resourceType, senderVersion }: Omit<ResourceVersion, 'version'>,
) {
  if (!before || before.senderVersion !== String(before.version)) return [];
  if (senderVersion === null || !/^\d{1,15}$/.test(senderVersion)) return [];
  const [first, last] = [before.version + 1, Number(senderVersion) - 1];
  if (last < first) return [];
  const missing = first === last ? `Version ${first} has` : `Versions ${first} to ${last} have`;
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail: 'version-gap',
    expression: `${resourceType}.meta.versionId`,
    diagnostics: `${missing} not come; this one is in force. Fix: send what is missing, if the history is to be whole.`,
  };
  return [issue];
}

/** The sender's clock orders his versions, whatever it says; but a day that has not come deserves a look. */
function checkSenderClock({ resourceType, senderUpdated, receivedAt }: Omit<ResourceVersion, 'version'>) {
  const ahead = Date.parse(senderUpdated ?? '') - Date.parse(receivedAt);
  if (!(ahead > CLOCK_TOLERANCE_MS)) return [];
  const issue: OutcomeIssue = {
    severity: 'warning',
    code: 'business-rule',
    detail: 'clock-ahead',
    expression: `${resourceType}.meta.lastUpdated`,
    diagnostics: `It was last updated ${Math.round(ahead / MINUTE_MS)} minutes from now. Fix: set the clock of the EHR; its own order is believed.`,
  };
  return [issue];
}
