import { Decimal } from 'decimal.js';
import type { Registry } from '../registry-json.ts';
import type { OrganSystem } from '../registry-vocabulary.ts';
import {
  type AdverseEventSummary,
  type AdverseEventsBySeriousness,
  selectAffected,
  summariseAdverseEvents,
} from './adverse-event-summaries.ts';
import type { Participant } from './participant.ts';
import type { RequiredFields } from './required-fields.ts';
import { buildCountCell, buildEventCell, selectEnrolled } from './result-cells.ts';
import type {
  EventTerm,
  EvidenceSelector,
  ParticipantFlow,
  ReportedEvents,
  ReportingGroup,
  ResultCell,
} from './results-model.ts';

const EVENT_GROUP_ID = 'EG000';

const DEFAULT_DESCRIPTION = 'All enrolled subjects are at risk; terms as the hospitals sent them';

type EventSettings = NonNullable<NonNullable<Registry['results']>['events']>;

/** Whether a share exceeds the threshold, in percent: 5 of 100 do not exceed 5. */
export function isAboveThreshold(affected: number, atRisk: number, threshold: string): boolean {
  if (atRisk === 0) return false;
  return new Decimal(affected).times(100).div(atRisk).gt(threshold);
}

/** Finds the organ system that registry.json assigns to a term, regardless of its case; null where it assigns none. */
function findOrganSystem(term: string, settings: EventSettings): OrganSystem | null {
  const entry = Object.entries(settings.organSystems ?? {}).find(
    ([name]) => name.toLowerCase() === term.toLowerCase(),
  );
  return entry?.[1] ?? null;
}

function formatTermNotes(summary: AdverseEventSummary, hasOrganSystem: boolean): string | null {
  const notes = [
    hasOrganSystem ? null : 'No organ system was assigned to this term',
    summary.unknownSeriousness > 0
      ? `Seriousness not stated for ${summary.unknownSeriousness} of ${summary.events} events`
      : null,
  ].filter((note) => note !== null);
  return notes.length === 0 ? null : notes.join('. ');
}

function buildEventTerm(
  summary: AdverseEventSummary,
  participants: readonly Participant[],
  atRisk: ResultCell,
  settings: EventSettings,
): EventTerm {
  const organSystem = findOrganSystem(summary.term, settings);
  return {
    term: summary.term,
    organSystem: organSystem ?? 'General disorders',
    notes: formatTermNotes(summary, organSystem !== null),
    stats: [
      {
        group: EVENT_GROUP_ID,
        events: buildEventCell(summary.events, participants, summary.evidenceFor),
        affected: buildCountCell(participants, summary.evidenceFor),
        atRisk,
      },
    ],
  };
}

/** Formats the comment that the registry requires where deaths and participant flow differ; null where they agree. */
function formatMortalityComment(flow: ParticipantFlow, deaths: number): string | null {
  const deathsInFlow = flow.periods
    .flatMap(({ reasons }) => reasons.filter(({ type }) => type === 'Death'))
    .flatMap(({ affected }) => affected)
    .reduce((sum, { cell }) => sum + Number(cell.value), 0);
  const missing = deaths - deathsInFlow;
  return missing === 0 ? null : `${missing} deaths have another reason in participant flow`;
}

/**
 * Records the gaps in the settings for adverse events, and returns the time frame. Free text of a hospital may identify a
 * person, so a term without a code passes only once registry.json assigns it an organ system: then a person has read it.
 */
function requireEventSettings(
  settings: EventSettings,
  events: AdverseEventsBySeriousness,
  required: RequiredFields,
): string {
  const key = '/results/events';
  const timeFrame = required.textOrPlaceholder(
    settings.timeFrame,
    `${key}/timeFrame`,
    'reportedEvents/timeFrame',
  );
  if (settings.assessment === undefined)
    required.addGap(`${key}/assessment`, 'reportedEvents/assessmentType');
  if (settings.threshold === undefined)
    required.addGap(`${key}/threshold`, 'reportedEvents/frequencyReportingThreshold');
  if (events.unknownSeriousness > 0 && settings.unknownSeriousness === undefined)
    required.addGap(
      `${key}/unknownSeriousness`,
      `reportedEvents/seriousAdverseEvents: ${events.unknownSeriousness} events were sent without a statement of seriousness`,
    );
  const unreadTerms = [...events.serious, ...events.other].filter(
    ({ term, coded }) => !coded && findOrganSystem(term, settings) === null,
  );
  if (unreadTerms.length > 0)
    required.addGap(
      `${key}/organSystems`,
      `reportedEvents//term: ${unreadTerms.length} terms are free text that no person has read`,
    );
  return timeFrame;
}

/**
 * Builds the reported events: all serious ones, others above the threshold, and deaths from all causes. All enrolled
 * subjects are at risk, as in the report. Events without a statement of seriousness are listed as registry.json
 * specifies, in a draft with the others; a note states their number.
 */
export function buildReportedEvents(
  participants: readonly Participant[],
  registry: Registry,
  context: {
    readonly flow: ParticipantFlow;
    readonly arm: Omit<ReportingGroup, 'id'>;
    readonly required: RequiredFields;
  },
): ReportedEvents {
  const settings = registry.results?.events ?? {};
  const summaries = summariseAdverseEvents(participants, settings.unknownSeriousness);
  const timeFrame = requireEventSettings(settings, summaries, context.required);
  const threshold = settings.threshold ?? '0';
  const listedOther = summaries.other.filter(({ subjects }) =>
    isAboveThreshold(subjects, participants.length, threshold),
  );
  const count = (from: EvidenceSelector): ResultCell => buildCountCell(participants, from);
  const deaths = count(({ deathEvidence }) => deathEvidence);
  const atRisk = count(selectEnrolled);
  const buildTerm = (summary: AdverseEventSummary): EventTerm =>
    buildEventTerm(summary, participants, atRisk, settings);
  return {
    timeFrame,
    description: settings.description ?? DEFAULT_DESCRIPTION,
    mortalityComment: formatMortalityComment(context.flow, deaths.subjects),
    threshold,
    assessment: settings.assessment ?? 'Non-systematic Assessment',
    vocabulary: settings.vocabulary ?? null,
    groups: [
      {
        id: EVENT_GROUP_ID,
        ...context.arm,
        deaths,
        deathsAtRisk: atRisk,
        serious: count(selectAffected(summaries.serious)),
        seriousAtRisk: atRisk,
        other: count(selectAffected(listedOther)),
        otherAtRisk: atRisk,
      },
    ],
    serious: summaries.serious.map(buildTerm),
    other: listedOther.map(buildTerm),
  };
}
