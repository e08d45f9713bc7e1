import { Decimal } from 'decimal.js';
import type { Registry } from '../registry.ts';
import type { OrganSystem } from '../registry-words.ts';
import { countOf, enrolled, eventsOf } from './cell.ts';
import { affectedBy, type Harm, type Harms, harmsByTerm } from './harms.ts';
import type { Cell, EventTerm, Group, ParticipantFlow, ReportedEvents, Whom } from './model.ts';
import type { Participant } from './participant.ts';
import type { Wanted } from './wanted.ts';

const GROUP = 'EG000';

type EventSettings = NonNullable<NonNullable<Registry['results']>['events']>;

/** Whether a share lies above the threshold (percent): 5 of 100 are not above 5. */
export function exceeds(affected: number, atRisk: number, threshold: string): boolean {
  if (atRisk === 0) return false;
  return new Decimal(affected).times(100).div(atRisk).gt(threshold);
}

function organSystemOf(term: string, settings: EventSettings): OrganSystem | null {
  const found = Object.entries(settings.organSystems ?? {}).find(
    ([name]) => name.toLowerCase() === term.toLowerCase(),
  );
  return found?.[1] ?? null;
}

function notesOf(harm: Harm, known: boolean): string | null {
  const notes = [
    known ? null : 'No organ system was assigned to this term',
    harm.unsaid > 0 ? `Seriousness not stated for ${harm.unsaid} of ${harm.events} events` : null,
  ].filter((note) => note !== null);
  return notes.length === 0 ? null : notes.join('. ');
}

function termOf(
  harm: Harm,
  participants: readonly Participant[],
  atRisk: Cell,
  settings: EventSettings,
): EventTerm {
  const organSystem = organSystemOf(harm.term, settings);
  return {
    term: harm.term,
    organSystem: organSystem ?? 'General disorders',
    notes: notesOf(harm, organSystem !== null),
    stats: [
      {
        group: GROUP,
        events: eventsOf(harm.events, participants, harm.from),
        affected: countOf(participants, harm.from),
        atRisk,
      },
    ],
  };
}

/** Participant flow counts every death in the period in which it fell: elsewhere a comment would have to say why. */
function mortalityComment(flow: ParticipantFlow, deaths: number): string | null {
  const inFlow = flow.periods
    .flatMap(({ reasons }) => reasons.filter(({ type }) => type === 'Death'))
    .flatMap(({ affected }) => affected)
    .reduce((sum, { cell }) => sum + Number(cell.value), 0);
  const missing = deaths - inFlow;
  return missing === 0 ? null : `${missing} deaths stand under another reason in participant flow`;
}

function wantSettings(settings: EventSettings, harms: Harms, wanted: Wanted): string {
  const at = '/results/events';
  const timeFrame = wanted.text(settings.timeFrame, `${at}/timeFrame`, 'reportedEvents/timeFrame');
  if (settings.assessment === undefined) wanted.miss(`${at}/assessment`, 'reportedEvents/assessmentType');
  if (settings.threshold === undefined)
    wanted.miss(`${at}/threshold`, 'reportedEvents/frequencyReportingThreshold');
  if (harms.unsaid > 0 && settings.unknownSeriousness === undefined)
    wanted.miss(
      `${at}/unknownSeriousness`,
      `reportedEvents/seriousAdverseEvents: ${harms.unsaid} events do not say whether they are serious`,
    );
  const unread = [...harms.serious, ...harms.other].filter(
    ({ term, coded }) => !coded && organSystemOf(term, settings) === null,
  );
  if (unread.length > 0)
    wanted.miss(
      `${at}/organSystems`,
      `reportedEvents//term: ${unread.length} terms are free text that no person has read`,
    );
  return timeFrame;
}

/**
 * Reported events: serious ones without a threshold, others above the threshold, and deaths of all causes. At risk are
 * all enrolled subjects, as in the report. An event that no one called serious stands among the others, and a note says so.
 */
export function reportedEventsOf(
  participants: readonly Participant[],
  registry: Registry,
  context: { readonly flow: ParticipantFlow; readonly arm: Omit<Group, 'id'>; readonly wanted: Wanted },
): ReportedEvents {
  const settings = registry.results?.events ?? {};
  const harms = harmsByTerm(participants, settings.unknownSeriousness);
  const timeFrame = wantSettings(settings, harms, context.wanted);
  const threshold = settings.threshold ?? '0';
  const listed = harms.other.filter(({ subjects }) => exceeds(subjects, participants.length, threshold));
  const count = (from: Whom): Cell => countOf(participants, from);
  const deaths = count(({ death }) => death);
  const all = count(enrolled);
  const term = (harm: Harm): EventTerm => termOf(harm, participants, all, settings);
  const base = 'All enrolled subjects are at risk; terms as the hospitals sent them';
  return {
    timeFrame,
    description: settings.description ?? base,
    mortalityComment: mortalityComment(context.flow, deaths.subjects),
    threshold,
    assessment: settings.assessment ?? 'Non-systematic Assessment',
    vocabulary: settings.vocabulary ?? null,
    groups: [
      {
        id: GROUP,
        ...context.arm,
        deaths,
        deathsAtRisk: all,
        serious: count(affectedBy(harms.serious)),
        seriousAtRisk: all,
        other: count(affectedBy(listed)),
        otherAtRisk: all,
      },
    ],
    serious: harms.serious.map(term),
    other: listed.map(term),
  };
}
