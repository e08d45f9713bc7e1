import type { StudyReport } from '../endpoints/study-report.ts';

/** The figures of the study report that a question can change. */
export type AffectedFigure = Extract<
  keyof StudyReport,
  | 'response'
  | 'timeToResponseDays'
  | 'alive'
  | 'survival'
  | 'followUpMonths'
  | 'adverseEvents'
  | 'predictors'
  | 'clonalEvolution'
>;

interface QuestionKindDefinition {
  /** What is in question, for a reader. */
  readonly says: string;
  /** The figures of the study report that the answer can change. */
  readonly figures: readonly AffectedFigure[];
}

const SURVIVAL: readonly AffectedFigure[] = ['alive', 'survival', 'followUpMonths'];
/** Blood counts are classified by sex and age, and on days that follow from infusions and death. */
const RESPONSE: readonly AffectedFigure[] = ['response', 'timeToResponseDays'];

/** Every kind of question about a subject, with its name in the report. A kind is stored: it must not change. */
export const QUESTION_KINDS = {
  'fatal-event-without-death': {
    says: 'a fatal or grade 5 adverse event, and a Patient who has not died',
    figures: SURVIVAL,
  },
  'fatal-event-with-recovery': {
    says: 'an adverse event that was fatal and of which the subject did not die',
    figures: [...SURVIVAL, 'adverseEvents'],
  },
  'event-not-serious': {
    says: 'an adverse event that is not serious and meets a criterion of seriousness',
    figures: ['adverseEvents'],
  },
  'ongoing-event-with-end': {
    says: 'an adverse event that has not resolved and has an end',
    figures: ['adverseEvents'],
  },
  'end-before-onset': {
    says: 'an adverse event or condition that ended before it began',
    figures: ['adverseEvents', 'predictors'],
  },
  'death-dates-differ': { says: 'different days of death', figures: SURVIVAL },
  'death-before-consent': { says: 'a death before consent', figures: SURVIVAL },
  'dated-after-death': {
    says: 'something that happened after the death of the subject',
    figures: [...SURVIVAL, ...RESPONSE],
  },
  'birth-dates-differ': { says: 'different birth dates', figures: RESPONSE },
  'sexes-differ': { says: 'different sexes', figures: RESPONSE },
  'birth-date-too-late': {
    says: 'a birth date after enrolment, consent or something that happened to the subject',
    figures: RESPONSE,
  },
  'birth-date-too-early': { says: 'a birth date that would make the subject too old', figures: RESPONSE },
  'null-birth-date': {
    says: 'a birth date that systems write for "not known"',
    figures: RESPONSE,
  },
  'null-date': {
    says: 'a date that systems write for "not known"',
    figures: [...SURVIVAL, ...RESPONSE, 'predictors', 'clonalEvolution'],
  },
  'results-differ': {
    says: 'results of one collection that differ',
    figures: RESPONSE,
  },
  'withdrawal-unclear': {
    says: 'something entered in error under a new id, without an identifier that says what it takes back',
    figures: [...RESPONSE, ...SURVIVAL, 'adverseEvents'],
  },
  'infusion-before-consent': {
    says: 'an infusion of the study product before consent',
    figures: [...RESPONSE, ...SURVIVAL],
  },
  'severities-differ': { says: 'different severities at diagnosis', figures: RESPONSE },
  'marrow-results-differ': { says: 'different statements about the marrow', figures: ['clonalEvolution'] },
  'event-adjudications-differ': {
    says: 'different adjudications of one adverse event',
    figures: ['adverseEvents'],
  },
  'infection-adjudications-differ': {
    says: 'different adjudications of one infection',
    figures: ['predictors'],
  },
  'evaluability-differs': {
    says: 'different statements about whether the subject is evaluable or per protocol',
    figures: RESPONSE,
  },
  'investigators-differ': { says: 'different classes of investigators for one visit', figures: RESPONSE },
  'decision-not-valid': {
    says: 'a decision that is not the one that was signed, and is not used',
    figures: [...RESPONSE, 'adverseEvents', 'predictors', 'clonalEvolution'],
  },
  'adjudicated-event-missing': {
    says: 'an adjudication of an event or condition that was not sent',
    figures: ['adverseEvents', 'predictors'],
  },
} as const satisfies Readonly<Record<string, QuestionKindDefinition>>;

export type QuestionKind = keyof typeof QUESTION_KINDS;

/** Finds the definition of a stored kind; null for one that a newer version of the adapter stored. */
export function findQuestionKind(kind: string): QuestionKindDefinition | null {
  return kind in QUESTION_KINDS ? QUESTION_KINDS[kind as QuestionKind] : null;
}
