import { Failure } from '../errors.ts';
import { selectCriteriaSets } from '../library.ts';
import {
  type AssessmentQuery,
  assessSelectedSubjects,
  type QueriedSubject,
} from '../pipeline/query/assess-as-of.ts';
import {
  type AssessmentComparison,
  type AssessmentEntry,
  compareAssessments,
} from '../pipeline/query/compare-assessments.ts';
import { readSignedCriteriaSet } from '../pipeline/query/criteria-sign-offs.ts';
import { type OpenWork, summariseOpenWork } from '../pipeline/query/open-work.ts';
import { readSourceReceipts } from '../pipeline/query/source-receipts.ts';
import { createSiteTransaction } from '../pipeline/site-transaction.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { RuleVersions, SubjectAssessment } from '../trial/assessment.ts';
import type { SignedCriteriaSet } from '../trial/criteria/sign-off.ts';
import { buildStudyReport, type StudyReport } from '../trial/endpoints/study-report.ts';
import { deriveSubjectFigures } from '../trial/endpoints/subject-figures.ts';
import { type AssessmentBasis, explainSubject } from '../trial/explain-subject.ts';
import type { Fact, Source } from '../trial/facts.ts';
import type { Protocol } from '../trial/protocol.ts';
import { summariseVisits, type VisitSummary } from '../trial/summarise-visits.ts';
import { listTraceSources } from '../trial/visits/classify-count.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import {
  type AlternativeRule,
  buildAlternativeRules,
  listUsedSetIds,
  requireProtocol,
} from './study-rules.ts';

// The command line sees the pipeline only through its service.
export type { DataCutoff } from '../pipeline/query/assess-as-of.ts';
export type { AssessmentComparison } from '../pipeline/query/compare-assessments.ts';

/** The explanation of a subject's classes, as text for a reader and as data. Printed as JSON. */
export interface SubjectExplanation extends AssessmentBasis {
  /** One line a visit: the counts, the day, the class and the clause that decides it. */
  readonly visits: readonly VisitSummary[];
  readonly judgement: SubjectAssessment;
  readonly text: string;
}

/** Assessments of the stored data. A query stores nothing and writes nothing back. */
export interface StudyQueries {
  /**
   * Assesses the subjects, by the study's rules with these in their place. Throws `study/unknown`, `subject/unknown`,
   * `subject/not-enrolled`, `query/future-day`, `criteria/unknown` or `criteria/invalid`.
   */
  assess(
    query: AssessmentQuery,
    alternatives: readonly AlternativeRule[],
  ): Promise<readonly AssessmentEntry[]>;
  /** Compares the assessments by the study's rules with those by other rules. Throws as `assess` does. */
  compareRules(
    query: AssessmentQuery,
    alternatives: readonly AlternativeRule[],
  ): Promise<AssessmentComparison>;
  /** Explains the assessments of one visit (null: of all visits). Throws as `assess` does, or `visit/unknown`. */
  explain(query: SubjectQuery, visit: string | null): Promise<SubjectExplanation>;
  /** Reports the endpoints of the study, with the open work that could change them. */
  report(query: ReportQuery): Promise<StudyReportWithOpenWork>;
}

/** The day of a report, and what it takes more time for. */
export interface ReportQuery extends Omit<AssessmentQuery, 'subject'> {
  /** Assesses every subject again under each variant of the protocol's `analysis.sensitivity`. */
  readonly withSensitivity: boolean;
  /** Replaces free texts of a subject that may not leave the house; absent: the report is for the house. */
  readonly withhold?: (subject: string, facts: readonly Fact[]) => readonly Fact[];
}

type SubjectQuery = AssessmentQuery & { readonly subject: string };

/** The endpoints, the open work that could change them, and the versions of the rules behind them. */
export type StudyReportWithOpenWork = StudyReport & {
  readonly openWork: OpenWork;
  readonly versions: RuleVersions | null;
  /** The criteria sets that the protocol names, and whether each is signed off. */
  readonly criteriaSets: readonly SignedCriteriaSet[];
};

const toAssessmentEntry = ({ subject, judgement }: QueriedSubject): AssessmentEntry => ({
  subject: subject.subject,
  judgement,
});

/** Returns the day as of which a study is reported: the calendar day in UTC, for sites of any time zone. */
export const toUtcDay = (now: Date): string => now.toISOString().slice(0, 10);

/** Builds the basis of an assessment: the protocol, and the criteria sets of the classes and the severity. */
async function buildAssessmentBasis(
  tx: StoreTransaction,
  { study, subject }: SubjectQuery,
  { assessments, versions }: SubjectAssessment,
  { library, assessment }: LibrarySnapshot,
): Promise<Omit<AssessmentBasis, 'receipts'>> {
  const { version, criteria } = requireProtocol(library, study);
  const ids = new Set([criteria.severity, ...assessments.map((one) => one.criteria.id)]);
  const used = [...selectCriteriaSets(library, study).values()].filter(({ id }) => ids.has(id));
  const sets: AssessmentBasis['sets'][number][] = [];
  for (const set of used)
    sets.push({ ...(await readSignedCriteriaSet(tx, assessment.trust, set)), sources: set.sources });
  const software = assessment.softwareVersion;
  return {
    subject,
    study,
    protocol: version,
    sets,
    versions: { software, mapping: versions?.mapping ?? library.digests.mappings },
  };
}

/** Reads the sign-offs of the criteria sets that a study's protocol names, in order of id. */
export async function readSignedSetsOfStudy(
  tx: StoreTransaction,
  { library, assessment: { trust } }: Pick<LibrarySnapshot, 'library' | 'assessment'>,
  protocol: Protocol,
): Promise<readonly SignedCriteriaSet[]> {
  const sets = selectCriteriaSets(library, protocol.id);
  const signed: SignedCriteriaSet[] = [];
  for (const id of listUsedSetIds(protocol)) {
    const set = sets.get(id);
    if (set) signed.push(await readSignedCriteriaSet(tx, trust, set));
  }
  return signed;
}

function requireVisit({ visits }: Protocol, visit: string): void {
  const ids = visits.map(({ id }) => id);
  if ([...ids, 'all'].includes(visit)) return;
  throw new Failure('visit/unknown', `There is no visit ${visit}.`, {
    parameter: 'visit',
    fix: `Use one of ${ids.join(', ')}, or all for the whole course.`,
  });
}

/** Creates the queries on the store, by the library in use. */
export function createStudyQueries(store: Store, getSnapshot: () => LibrarySnapshot): StudyQueries {
  return {
    async assess(query, alternatives) {
      const { library, pipeline, assessment } = getSnapshot();
      const ownRules = assessment.getStudyRules(query.study);
      const rules =
        alternatives.length > 0 ? buildAlternativeRules(library, query.study, alternatives) : ownRules;
      return store.read((tx) =>
        assessSelectedSubjects(tx, pipeline, assessment, rules, query, toAssessmentEntry),
      );
    },
    async compareRules(query, alternatives) {
      const { library, pipeline, assessment } = getSnapshot();
      const ownRules = assessment.getStudyRules(query.study);
      const otherRules = buildAlternativeRules(library, query.study, alternatives);
      // Both from one state of the store: a resource received in between must not look like a changed class.
      const [before, after] = await store.read(async (tx) => [
        await assessSelectedSubjects(tx, pipeline, assessment, ownRules, query, toAssessmentEntry),
        await assessSelectedSubjects(tx, pipeline, assessment, otherRules, query, toAssessmentEntry),
      ]);
      return compareAssessments(before ?? [], after ?? []);
    },
    explain: (query, visit) => explainStoredSubject(store, getSnapshot(), query, visit),
    report: (query) => reportStudy(store, getSnapshot(), query),
  };
}

async function explainStoredSubject(
  store: Store,
  snapshot: LibrarySnapshot,
  query: SubjectQuery,
  visit: string | null,
): Promise<SubjectExplanation> {
  const { library, pipeline, assessment } = snapshot;
  if (visit !== null) requireVisit(requireProtocol(library, query.study), visit);
  const rules = assessment.getStudyRules(query.study);
  const { judgement, facts, basis } = await store.read(async (tx) => {
    const [assessed] = await assessSelectedSubjects(tx, pipeline, assessment, rules, query, (one) => one);
    if (!assessed) throw new Error('A selected subject was not assessed.');
    const site = createSiteTransaction(tx, pipeline, assessed.subject.site);
    const sources = listSources(selectVisit(assessed.judgement, visit));
    const receipts = await readSourceReceipts(site, sources, query.subject);
    const rest = await buildAssessmentBasis(tx, query, assessed.judgement, snapshot);
    return { ...assessed, basis: { ...rest, receipts } };
  });
  const text = explainSubject(judgement, facts, visit ?? undefined, basis);
  const shown = selectVisit(judgement, visit);
  const visits = shown.dayZero === null ? [] : summariseVisits(shown.assessments, shown.dayZero);
  return { ...basis, visits, judgement: shown, text };
}

const selectVisit = (judgement: SubjectAssessment, visit: string | null): SubjectAssessment => ({
  ...judgement,
  assessments: judgement.assessments.filter((entry) => visit === null || entry.visit === visit),
});

/** Lists the sources of the severity and of the assessments. */
const listSources = ({ severityTrace, assessments }: SubjectAssessment): readonly Source[] => [
  ...listTraceSources(severityTrace),
  ...assessments.flatMap(({ evidence, supporting }) => [...evidence, ...supporting]),
];

async function reportStudy(
  store: Store,
  { library, pipeline, assessment }: LibrarySnapshot,
  query: ReportQuery,
): Promise<StudyReportWithOpenWork> {
  const today = query.asOf?.day ?? toUtcDay(assessment.now());
  const protocol = requireProtocol(library, query.study);
  const rules = assessment.getStudyRules(query.study);
  const assessVariants = query.withSensitivity ? rules.assessVariants : undefined;
  const deriveFigures = (queried: QueriedSubject) => {
    const variants = assessVariants?.(queried.subject, queried.facts, queried.today);
    const facts = query.withhold?.(queried.subject.subject, queried.facts) ?? queried.facts;
    return deriveSubjectFigures({ ...queried, facts, ...(variants ? { variants } : {}) }, protocol, today);
  };
  const allSubjects = { study: query.study, asOf: query.asOf, subject: null };
  // From one state of the store: the open work is then exactly what is missing from the figures.
  return store.read(async (tx) => {
    const figures = await assessSelectedSubjects(tx, pipeline, assessment, rules, allSubjects, deriveFigures);
    const openWork = await summariseOpenWork(tx, query.study);
    const criteriaSets = await readSignedSetsOfStudy(tx, { library, assessment }, protocol);
    return {
      ...buildStudyReport(figures, protocol, today),
      openWork,
      versions: rules.versions ?? null,
      criteriaSets,
    };
  });
}
