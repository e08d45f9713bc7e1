import type { StudyInput } from '../export-format.ts';
import { parseRegistry, type Registry } from '../registry-json.ts';
import { buildBaseline } from './baseline-characteristics.ts';
import { refuseUnconfirmedIdentity } from './identity-gate.ts';
import { buildOutcomeMeasures } from './outcome-measures.ts';
import { deriveParticipants } from './participant.ts';
import { buildParticipantFlow } from './participant-flow.ts';
import {
  buildProtocolRecord,
  buildRecordIdentity,
  type ProtocolRecord,
  type RecordIdentity,
  selectSingleArm,
} from './protocol-record.ts';
import { listRegisteredOutcomes, type RegisteredOutcome } from './registered-outcomes.ts';
import { buildReportedEvents } from './reported-events.ts';
import { createRequiredFields, type Gap, type RequiredFields, refuseGaps } from './required-fields.ts';
import { buildCountCell, selectEnrolled } from './result-cells.ts';
import type { CertainAgreement, PointOfContact, RegistryResults } from './results-model.ts';

/** A study with its results, ready to be rendered. */
export interface StudyResults {
  readonly identity: RecordIdentity;
  readonly record: ProtocolRecord;
  readonly registeredOutcomes: readonly RegisteredOutcome[];
  readonly results: RegistryResults;
  /** What a draft fills with placeholders; empty in a real export. */
  readonly gaps: readonly Gap[];
}

/** The part of it that an upload of adverse events needs. */
export type EventResults = Pick<StudyResults, 'identity' | 'gaps'> & {
  readonly results: Pick<RegistryResults, 'flow' | 'events'>;
};

function buildAgreement({ results }: Registry, wanted: RequiredFields): CertainAgreement {
  const given = results?.agreement;
  const at = '/results/agreement';
  const piSponsorEmployee = wanted.textOrPlaceholder(
    given?.piSponsorEmployee,
    `${at}/piSponsorEmployee`,
    'certainAgreement/piSponsorEmployee',
  );
  const restrictive =
    piSponsorEmployee === 'Yes'
      ? (given?.restrictive ?? null)
      : wanted.textOrPlaceholder(
          given?.restrictive,
          `${at}/restrictive`,
          'certainAgreement/restrictiveAgreement',
        );
  const restriction =
    restrictive === 'Yes'
      ? wanted.textOrPlaceholder(given?.restriction, `${at}/restriction`, 'certainAgreement/restrictionType')
      : null;
  return { piSponsorEmployee, restrictive, restriction, details: given?.details ?? null };
}

function buildPointOfContact({ results }: Registry, wanted: RequiredFields): PointOfContact {
  const given = results?.contact;
  const want = (value: string | undefined, key: string, element: string): string =>
    wanted.textOrPlaceholder(value, `/results/contact/${key}`, `pointOfContact/${element}`);
  return {
    title: want(given?.title, 'title', 'title'),
    organization: want(given?.organization, 'organization', 'organizationName'),
    phone: want(given?.phone, 'phone', 'phoneNumber'),
    extension: given?.extension ?? null,
    email: want(given?.email, 'email', 'email'),
  };
}

/** What both uploads begin with: the gate, the subjects, and their way through the study. */
async function prepareResults(input: StudyInput) {
  const registry = parseRegistry(input.registry, input.protocol.id);
  refuseUnconfirmedIdentity(registry, input.draft);
  const wanted = createRequiredFields();
  const participants = await deriveParticipants(input);
  const arm = selectSingleArm(registry, wanted);
  return {
    registry,
    wanted,
    participants,
    arm,
    flow: buildParticipantFlow(participants, input.protocol, registry, arm),
  };
}

/** The whole record with its results. Refuses a study whose identity nobody confirmed, or whose record has gaps. */
export async function buildStudyResults(input: StudyInput): Promise<StudyResults> {
  const { registry, wanted, participants, arm, flow } = await prepareResults(input);
  const registered = listRegisteredOutcomes(registry, wanted);
  const asPercentage = registry.results?.responseRate === 'percentage';
  const built: StudyResults = {
    identity: buildRecordIdentity(registry, input.draft, wanted),
    record: buildProtocolRecord(registry, buildCountCell(participants, selectEnrolled), wanted),
    registeredOutcomes: registered,
    results: {
      flow,
      baseline: buildBaseline(participants, {
        severityCriteria: input.protocol.criteria.severity,
        arm,
        regions: registry.results?.regions ?? {},
        required: wanted,
      }),
      outcomes: buildOutcomeMeasures(participants, input, registered, { group: arm, asPercentage }),
      events: buildReportedEvents(participants, registry, { flow, arm, wanted }),
      limitations: registry.results?.limitations ?? null,
      agreement: buildAgreement(registry, wanted),
      contact: buildPointOfContact(registry, wanted),
    },
    gaps: wanted.gaps,
  };
  if (!input.draft) refuseGaps(built.gaps);
  return built;
}

/** Identity and adverse events alone, for uploads that replace nothing else. The same gate, fewer fields. */
export async function buildEventResults(input: StudyInput): Promise<EventResults> {
  const { registry, wanted, participants, arm, flow } = await prepareResults(input);
  const identity = buildRecordIdentity(registry, input.draft, wanted);
  const events = buildReportedEvents(participants, registry, { flow, arm, wanted });
  if (!input.draft) refuseGaps(wanted.gaps);
  return { identity, results: { flow, events }, gaps: wanted.gaps };
}
