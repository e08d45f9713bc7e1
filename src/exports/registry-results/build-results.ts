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
  /** The fields that a draft fills with placeholders; empty in a real export. */
  readonly gaps: readonly Gap[];
}

/** The part of a study's results that an upload of adverse events needs. */
export type EventResults = Pick<StudyResults, 'identity' | 'gaps'> & {
  readonly results: Pick<RegistryResults, 'flow' | 'events'>;
};

/** Builds the certain agreement. PRS asks for a restriction only where there is an agreement that restricts. */
function buildAgreement({ results }: Registry, required: RequiredFields): CertainAgreement {
  const agreement = results?.agreement;
  const requireText = (value: string | undefined, key: string, element: string): string =>
    required.textOrPlaceholder(value, `/results/agreement/${key}`, `certainAgreement/${element}`);
  const piSponsorEmployee = requireText(
    agreement?.piSponsorEmployee,
    'piSponsorEmployee',
    'piSponsorEmployee',
  );
  const restrictive =
    piSponsorEmployee === 'Yes'
      ? (agreement?.restrictive ?? null)
      : requireText(agreement?.restrictive, 'restrictive', 'restrictiveAgreement');
  const restriction =
    restrictive === 'Yes' ? requireText(agreement?.restriction, 'restriction', 'restrictionType') : null;
  return { piSponsorEmployee, restrictive, restriction, details: agreement?.details ?? null };
}

function buildPointOfContact({ results }: Registry, required: RequiredFields): PointOfContact {
  const contact = results?.contact;
  const requireField = (value: string | undefined, key: string, element: string) =>
    required.fieldOrPlaceholder(value, `/results/contact/${key}`, `pointOfContact/${element}`);
  return {
    title: requireField(contact?.title, 'title', 'title').text,
    organization: requireField(contact?.organization, 'organization', 'organizationName').text,
    phone: requireField(contact?.phone, 'phone', 'phoneNumber'),
    extension: contact?.extension ?? null,
    email: requireField(contact?.email, 'email', 'email'),
  };
}

/** Prepares the common part of both uploads: the identity gate, the subjects, and their flow through the study. */
async function prepareResults(input: StudyInput) {
  const registry = parseRegistry(input.registry, input.protocol.id);
  refuseUnconfirmedIdentity(registry, input.draft);
  const required = createRequiredFields();
  const participants = await deriveParticipants(input);
  const arm = selectSingleArm(registry, required);
  const flow = buildParticipantFlow(participants, input.protocol, registry, arm);
  return { registry, required, participants, arm, flow };
}

/**
 * Builds the whole record with its results. Refuses a study whose identity is not confirmed (`exports/identity`) or whose
 * record has gaps (`exports/incomplete`).
 */
export async function buildStudyResults(input: StudyInput): Promise<StudyResults> {
  const { registry, required, participants, arm, flow } = await prepareResults(input);
  const registeredOutcomes = listRegisteredOutcomes(registry, required);
  const asPercentage = registry.results?.responseRate === 'percentage';
  const study: StudyResults = {
    identity: buildRecordIdentity(registry, input.draft, required),
    record: buildProtocolRecord(registry, buildCountCell(participants, selectEnrolled), required),
    registeredOutcomes,
    results: {
      flow,
      baseline: buildBaseline(participants, {
        severityCriteria: input.protocol.criteria.severity,
        arm,
        regions: registry.results?.regions ?? {},
        required,
      }),
      outcomes: buildOutcomeMeasures(participants, input, registeredOutcomes, { arm, asPercentage }),
      events: buildReportedEvents(participants, registry, { flow, arm, required }),
      limitations: registry.results?.limitations ?? null,
      agreement: buildAgreement(registry, required),
      contact: buildPointOfContact(registry, required),
    },
    gaps: required.gaps,
  };
  if (!input.draft) refuseGaps(study.gaps);
  return study;
}

/** Builds identity and adverse events alone, for uploads that replace nothing else. The gate is the same. */
export async function buildEventResults(input: StudyInput): Promise<EventResults> {
  const { registry, required, participants, arm, flow } = await prepareResults(input);
  const identity = buildRecordIdentity(registry, input.draft, required);
  const events = buildReportedEvents(participants, registry, { flow, arm, required });
  if (!input.draft) refuseGaps(required.gaps);
  return { identity, results: { flow, events }, gaps: required.gaps };
}
