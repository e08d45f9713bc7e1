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

type EventSettings = NonNullable<NonNullable<Registry['results']>['events']>;

/** Whether a share lies above the threshold (percent): 5 of 100 are not above 5. */
export function isAboveThreshold(affected: number, atRisk: number, threshold: string): boolean {
  if (atRisk === 0) return false;
  return new Decimal(affected).times(100).div(atRisk).gt(threshold);
}

function findOrganSystem(term: string, settings: EventSettings): OrganSystem | null {
  const found = Object.entries(settings.organSystems ?? {}).find(
    ([name]) => name.toLowerCase() === term.toLowerCase(),
  );
  return found?.[1] ?? null;
}

function formatTermNotes(harm: AdverseEventSummary, known: boolean): string | null {
  const notes = [
    known ? null : 'No organ system was assigned to this term',
    harm.unknownSeriousness > 0
      ? `Seriousness not stated for ${harm.unknownSeriousness} of ${harm.events} events`
      : null,
  ].filter((note) => note !== null);
  return notes.length === 0 ? null : notes.join('. ');
}

function buildEventTerm(
  harm: AdverseEventSummary,
  participants: readonly Participant[],
  atRisk: ResultCell,
  settings: EventSettings,
): EventTerm {
  const organSystem = findOrganSystem(harm.term, settings);
  return {
    term: harm.term,
    organSystem: organSystem ?? 'General disorders',
    notes: formatTermNotes(harm, organSystem !== null),
    stats: [
      {
        group: EVENT_GROUP_ID,
        events: buildEventCell(harm.events, participants, harm.evidenceFor),
        affected: buildCountCell(participants, harm.evidenceFor),
        atRisk,
      },
    ],
  };
}

/** Participant flow counts every death in the period in which it fell: elsewhere a comment would have to say why. */
function formatMortalityComment(flow: ParticipantFlow, deaths: number): string | null {
  const inFlow = flow.periods
    .flatMap(({ reasons }) => reasons.filter(({ type }) => type === 'Death'))
    .flatMap(({ affected }) => affected)
    .reduce((sum, { cell }) => sum + Number(cell.value), 0);
  const missing = deaths - inFlow;
  return missing === 0 ? null : `${missing} deaths stand under another reason in participant flow`;
}

function requireEventSettings(
  settings: EventSettings,
  harms: AdverseEventsBySeriousness,
  wanted: RequiredFields,
): string {
  const at = '/results/events';
  const timeFrame = wanted.textOrPlaceholder(
    settings.timeFrame,
    `${at}/timeFrame`,
    'reportedEvents/timeFrame',
  );
  if (settings.assessment === undefined) wanted.addGap(`${at}/assessment`, 'reportedEvents/assessmentType');
  if (settings.threshold === undefined)
    wanted.addGap(`${at}/threshold`, 'reportedEvents/frequencyReportingThreshold');
  if (harms.unknownSeriousness > 0 && settings.unknownSeriousness === undefined)
    wanted.addGap(
      `${at}/unknownSeriousness`,
      `reportedEvents/seriousAdverseEvents: ${harms.unknownSeriousness} events do not say whether they are serious`,
    );
  const unread = [...harms.serious, ...harms.other].filter(
    ({ term, coded }) => !coded && findOrganSystem(term, settings) === null,
  );
  if (unread.length > 0)
    wanted.addGap(
      `${at}/organSystems`,
      `reportedEvents//term: ${unread.length} terms are free text that no person has read`,
    );
  return timeFrame;
}

/**
 * Reported events: serious ones without a threshold, others above the threshold, and deaths of all causes. At risk are
 * all enrolled subjects, as in the report. An event that no one called serious stands among the others, and a note says so.
 */
export function buildReportedEvents(
  participants: readonly Participant[],
  registry: Registry,
  context: {
    readonly flow: ParticipantFlow;
    readonly arm: Omit<ReportingGroup, 'id'>;
    readonly wanted: RequiredFields;
  },
): ReportedEvents {
  const settings = registry.results?.events ?? {};
  const harms = summariseAdverseEvents(participants, settings.unknownSeriousness);
  const timeFrame = requireEventSettings(settings, harms, context.wanted);
  const threshold = settings.threshold ?? '0';
  const listed = harms.other.filter(({ subjects }) =>
    isAboveThreshold(subjects, participants.length, threshold),
  );
  const count = (from: EvidenceSelector): ResultCell => buildCountCell(participants, from);
  const deaths = count(({ deathEvidence: death }) => death);
  const all = count(selectEnrolled);
  const term = (harm: AdverseEventSummary): EventTerm => buildEventTerm(harm, participants, all, settings);
  const base = 'All enrolled subjects are at risk; terms as the hospitals sent them';
  return {
    timeFrame,
    description: settings.description ?? base,
    mortalityComment: formatMortalityComment(context.flow, deaths.subjects),
    threshold,
    assessment: settings.assessment ?? 'Non-systematic Assessment',
    vocabulary: settings.vocabulary ?? null,
    groups: [
      {
        id: EVENT_GROUP_ID,
        ...context.arm,
        deaths,
        deathsAtRisk: all,
        serious: count(selectAffected(harms.serious)),
        seriousAtRisk: all,
        other: count(selectAffected(listed)),
        otherAtRisk: all,
      },
    ],
    serious: harms.serious.map(term),
    other: listed.map(term),
  };
}
