import { Failure } from '../errors.ts';
import { type Library, selectCriteriaSets } from '../library.ts';
import type { StudyRules } from '../pipeline/assess/assess-and-write-back.ts';
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
import { type OpenWork, summariseOpenWork } from '../pipeline/query/open-work.ts';
import type { Store } from '../store/store.ts';
import type { RuleVersions, SubjectAssessment } from '../trial/assessment.ts';
import { buildStudyReport, type StudyReport } from '../trial/endpoints/study-report.ts';
import { deriveSubjectFigures } from '../trial/endpoints/subject-figures.ts';
import { type AssessmentBasis, explainSubject } from '../trial/explain-subject.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import { type AlternativeCriteria, buildAlternativeRules, requireProtocol } from './study-rules.ts';

// The command line sees the pipeline only through its service.
export type { DataCutoff } from '../pipeline/query/assess-as-of.ts';
export type { AssessmentComparison } from '../pipeline/query/compare-assessments.ts';

/** Why a subject's classes are what they are, for a reader and as data. */
export interface SubjectExplanation extends AssessmentBasis {
  readonly judgement: SubjectAssessment;
  readonly text: string;
}

/** What can be asked of the stored data. Nothing is stored or written back by asking. */
export interface StudyQueries {
  /** Judgements; by other criteria where given. Throws `study/unknown`, `subject/unknown` or `criteria/unknown`. */
  assess(asked: AssessmentQuery, criteria: AlternativeCriteria | null): Promise<readonly AssessmentEntry[]>;
  /** Who would get another class by the other criteria. */
  compareCriteria(asked: AssessmentQuery, criteria: AlternativeCriteria): Promise<AssessmentComparison>;
  explain(
    asked: AssessmentQuery & { readonly subject: string },
    visit: string | null,
  ): Promise<SubjectExplanation>;
  report(asked: Omit<AssessmentQuery, 'subject'>): Promise<StudyReportWithOpenWork>;
}

/** The endpoints, what is held back now and could change them, and the versions of all that made them. */
export type StudyReportWithOpenWork = StudyReport & {
  readonly openWork: OpenWork;
  readonly versions: RuleVersions | null;
};

const toAssessmentEntry = ({ subject, judgement }: QueriedSubject): AssessmentEntry => ({
  subject: subject.subject,
  judgement,
});

/** The day as of which a study is reported: that of Greenwich, for sites of any zone. */
export const toUtcDay = (now: Date): string => now.toISOString().slice(0, 10);

/** By what a subject was judged: the sets of the classes, and that of the severity which chose among them. */
function buildAssessmentBasis(
  { study, subject }: AssessmentQuery & { readonly subject: string },
  { assessments }: SubjectAssessment,
  library: Library,
): AssessmentBasis {
  const { version, criteria } = requireProtocol(library, study);
  const ids = new Set([criteria.severity, ...assessments.map((a) => a.criteria.id)]);
  const sets = [...selectCriteriaSets(library, study).values()].filter(({ id }) => ids.has(id));
  const named = sets.map((set) => ({ id: set.id, version: set.version, sources: set.sources }));
  return { subject, study, protocol: version, sets: named };
}

/** Answers from the store, by the library in force. */
export function createStudyQueries(store: Store, inForce: () => LibrarySnapshot): StudyQueries {
  const judged = <T>(
    asked: AssessmentQuery,
    now: LibrarySnapshot,
    rules: StudyRules,
    keep: (one: QueriedSubject) => T,
  ) => store.read((tx) => assessSelectedSubjects(tx, now.pipeline, now.assessment, rules, asked, keep));
  return {
    async assess(asked, criteria) {
      const now = inForce();
      const own = now.assessment.rulesFor(asked.study);
      const rules = criteria ? buildAlternativeRules(now.library, asked.study, criteria) : own;
      return judged(asked, now, rules, toAssessmentEntry);
    },
    async compareCriteria(asked, criteria) {
      const { library, pipeline, assessment: judging } = inForce();
      const rules = [
        judging.rulesFor(asked.study),
        buildAlternativeRules(library, asked.study, criteria),
      ] as const;
      // Both from one state of the store: what comes meanwhile must not look like a flip.
      const [before, after] = await store.read(async (tx) => [
        await assessSelectedSubjects(tx, pipeline, judging, rules[0], asked, toAssessmentEntry),
        await assessSelectedSubjects(tx, pipeline, judging, rules[1], asked, toAssessmentEntry),
      ]);
      return compareAssessments(before ?? [], after ?? []);
    },
    async explain(asked, visit) {
      const now = inForce();
      const protocol = requireProtocol(now.library, asked.study);
      const visits = protocol.visits.map(({ id }) => id);
      if (visit !== null && ![...visits, 'all'].includes(visit)) {
        const fix = `Use one of ${visits.join(', ')}, or all for the whole course.`;
        throw new Failure('visit/unknown', `There is no visit ${visit}.`, { parameter: 'visit', fix });
      }
      const [one] = await judged(asked, now, now.assessment.rulesFor(asked.study), (judgedOne) => judgedOne);
      if (!one) throw new Error('A subject was found and is not there.');
      const by = buildAssessmentBasis(asked, one.judgement, now.library);
      const text = explainSubject(one.judgement, one.facts, visit ?? undefined, by);
      const assessments = one.judgement.assessments.filter((a) => visit === null || a.visit === visit);
      return { ...by, judgement: { ...one.judgement, assessments }, text };
    },
    async report(asked) {
      const now = inForce();
      const today = asked.asOf?.day ?? toUtcDay(now.assessment.now());
      const protocol = requireProtocol(now.library, asked.study);
      const keep = (one: QueriedSubject) => deriveSubjectFigures(one, protocol, today);
      const rules = now.assessment.rulesFor(asked.study);
      const all = { ...asked, subject: null };
      // From one state of the store: what is held back then is not in the figures, and nothing else is missing.
      return store.read(async (tx) => {
        const figures = await assessSelectedSubjects(tx, now.pipeline, now.assessment, rules, all, keep);
        const openWork = await summariseOpenWork(tx, asked.study);
        return { ...buildStudyReport(figures, protocol, today), openWork, versions: rules.versions ?? null };
      });
    },
  };
}
