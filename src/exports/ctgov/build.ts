import type { StudyInput } from '../format.ts';
import { parseRegistry, type Registry } from '../registry.ts';
import { baselineOf } from './baseline.ts';
import { countOf, enrolled } from './cell.ts';
import { reportedEventsOf } from './events.ts';
import { flowOf } from './flow.ts';
import { checkIdentity } from './identity.ts';
import type { CertainAgreement, PointOfContact, Results } from './model.ts';
import { outcomesOf } from './outcomes.ts';
import { participantsOf } from './participant.ts';
import { armOf, identityOf, type ProtocolRecord, type RecordIdentity, recordOf } from './record.ts';
import { type RegisteredOutcome, registeredOutcomes } from './registered.ts';
import { type Gap, refuseGaps, type Wanted, wantedFields } from './wanted.ts';

/** A study with its results, ready to be rendered. */
export interface StudyResults {
  readonly identity: RecordIdentity;
  readonly record: ProtocolRecord;
  readonly registered: readonly RegisteredOutcome[];
  readonly results: Results;
  /** What a draft fills with placeholders; empty in a real export. */
  readonly gaps: readonly Gap[];
}

/** The part of it that an upload of adverse events needs. */
export type EventResults = Pick<StudyResults, 'identity' | 'gaps'> & {
  readonly results: Pick<Results, 'flow' | 'events'>;
};

function agreementOf({ results }: Registry, wanted: Wanted): CertainAgreement {
  const given = results?.agreement;
  const at = '/results/agreement';
  const piSponsorEmployee = wanted.text(
    given?.piSponsorEmployee,
    `${at}/piSponsorEmployee`,
    'certainAgreement/piSponsorEmployee',
  );
  const restrictive =
    piSponsorEmployee === 'Yes'
      ? (given?.restrictive ?? null)
      : wanted.text(given?.restrictive, `${at}/restrictive`, 'certainAgreement/restrictiveAgreement');
  const restriction =
    restrictive === 'Yes'
      ? wanted.text(given?.restriction, `${at}/restriction`, 'certainAgreement/restrictionType')
      : null;
  return { piSponsorEmployee, restrictive, restriction, details: given?.details ?? null };
}

function contactOf({ results }: Registry, wanted: Wanted): PointOfContact {
  const given = results?.contact;
  const want = (value: string | undefined, key: string, element: string): string =>
    wanted.text(value, `/results/contact/${key}`, `pointOfContact/${element}`);
  return {
    title: want(given?.title, 'title', 'title'),
    organization: want(given?.organization, 'organization', 'organizationName'),
    phone: want(given?.phone, 'phone', 'phoneNumber'),
    extension: given?.extension ?? null,
    email: want(given?.email, 'email', 'email'),
  };
}

/** What both uploads begin with: the gate, the subjects, and their way through the study. */
async function begun(input: StudyInput) {
  const registry = parseRegistry(input.registry, input.protocol.id);
  checkIdentity(registry, input.draft);
  const wanted = wantedFields();
  const participants = await participantsOf(input);
  const arm = armOf(registry, wanted);
  return { registry, wanted, participants, arm, flow: flowOf(participants, input.protocol, registry, arm) };
}

/** The whole record with its results. Refuses a study whose identity nobody confirmed, or whose record has gaps. */
export async function studyResultsOf(input: StudyInput): Promise<StudyResults> {
  const { registry, wanted, participants, arm, flow } = await begun(input);
  const registered = registeredOutcomes(registry, wanted);
  const asPercentage = registry.results?.responseRate === 'percentage';
  const built: StudyResults = {
    identity: identityOf(registry, input.draft, wanted),
    record: recordOf(registry, countOf(participants, enrolled), wanted),
    registered,
    results: {
      flow,
      baseline: baselineOf(participants, {
        severityCriteria: input.protocol.criteria.severity,
        arm,
        regions: registry.results?.regions ?? {},
        wanted,
      }),
      outcomes: outcomesOf(participants, input, registered, { group: arm, asPercentage }),
      events: reportedEventsOf(participants, registry, { flow, arm, wanted }),
      limitations: registry.results?.limitations ?? null,
      agreement: agreementOf(registry, wanted),
      contact: contactOf(registry, wanted),
    },
    gaps: wanted.gaps,
  };
  if (!input.draft) refuseGaps(built.gaps);
  return built;
}

/** Identity and adverse events alone, for uploads that replace nothing else. The same gate, fewer fields. */
export async function eventResultsOf(input: StudyInput): Promise<EventResults> {
  const { registry, wanted, participants, arm, flow } = await begun(input);
  const identity = identityOf(registry, input.draft, wanted);
  const events = reportedEventsOf(participants, registry, { flow, arm, wanted });
  if (!input.draft) refuseGaps(wanted.gaps);
  return { identity, results: { flow, events }, gaps: wanted.gaps };
}
