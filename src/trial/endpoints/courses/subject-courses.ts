import type { ResponseClass, SubjectAssessment } from '../../assessment.ts';
import type { CountChange } from '../subject/count-changes.ts';
import type { CourseTimes } from '../subject/course-times.ts';
import type { VisitState } from '../subject/visit-figures.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** One treated subject for a swimmer and a waterfall plot. Days count from the first infusion. */
export interface SubjectCourse {
  readonly subject: string;
  readonly site: string;
  readonly severity: SubjectAssessment['severity'];
  readonly best: ResponseClass;
  readonly dayZero: string;
  readonly times: CourseTimes;
  /** Infusions by day; what the subject was at each visit, with the day of the count. */
  readonly infusionDays: readonly number[];
  readonly visits: readonly {
    readonly visit: string;
    readonly day: number | null;
    readonly state: VisitState;
  }[];
  /** The best change of each count. */
  readonly changes: readonly CountChange[];
}

/** Lists the courses of the treated, in order of their numbers. */
export function listSubjectCourses(subjects: readonly SubjectFigures[]): readonly SubjectCourse[] {
  return subjects.flatMap(({ best, times, dayZero, infusionDays, visits, changes }) => {
    if (times === null || dayZero === null) return [];
    return [
      {
        subject: best.subject,
        site: best.site,
        severity: best.severity,
        best: best.class,
        dayZero,
        times,
        infusionDays,
        visits: visits.map(({ visit, day, states }) => ({ visit, day, state: states.overall })),
        changes,
      },
    ];
  });
}
