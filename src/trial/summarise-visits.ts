import type { Assessment, CriterionTrace, Verdict, VisitCounts } from './assessment.ts';
import { countDaysBetween } from './calendar-days.ts';

/** One visit on one line: what was counted, when, why then, the class, and the clause that decides it. */
export interface VisitSummary {
  readonly visit: string;
  readonly scope: Assessment['scope'];
  readonly class: string;
  readonly status: Assessment['status'];
  readonly reasonCode: Assessment['reasonCode'] | null;
  readonly counts: VisitCounts | null;
  /** Days after the first infusion of the last count used; null without a count. */
  readonly studyDay: number | null;
  /** The day of the count that confirms the class; null where none does. */
  readonly confirmedBy: string | null;
  /** The day of the count that denies a class which this one reached; null where none does. */
  readonly deniedBy: string | null;
  /**
   * The clauses of the class that are met; for NR those of the lowest class that are not met; for NE those that cannot be
   * determined. Of an "any one of" only the ones with that verdict.
   */
  readonly clauses: readonly string[];
}

/** Whether a part decides among alternatives: some have the verdict of the whole, and others do not. */
const hasChoice = (trace: CriterionTrace): boolean =>
  trace.of.length > 1 && trace.of.some(({ verdict }) => verdict !== trace.verdict);

/** Lists the parts that have the verdict of the whole, down to where nothing more is to choose. */
function listDecidingClauses(trace: CriterionTrace): readonly string[] {
  const deciding = trace.of.filter(({ verdict }) => verdict === trace.verdict);
  if (trace.restatesPart || deciding.length === 0) return [trace.criterion];
  if (hasChoice(trace))
    return deciding.flatMap((part) => {
      const inner = listDecidingClauses(part);
      return inner.length === 1 && inner[0] === part.criterion
        ? inner
        : [`${part.criterion}: ${inner.join(', ')}`];
    });
  const withChoice = deciding.filter((part) => hasChoice(part) && !part.restatesPart);
  return withChoice.length > 0 ? withChoice.flatMap(listDecidingClauses) : [trace.criterion];
}

/** Lists the parts of a criterion that are not met, or that cannot be determined. */
function listFailedClauses(trace: CriterionTrace, verdict: Verdict): readonly string[] {
  const failed = trace.restatesPart ? [] : trace.of.filter((part) => part.verdict === verdict);
  return failed.length > 0 ? failed.map(({ criterion }) => criterion) : [trace.criterion];
}

const VERDICT_OF_CLASS = { CR: 'true', PR: 'true', NR: 'false', NE: 'unknown' } as const;

/** Lists the clauses behind the class: those of its own rule, or of the last rule where no class is met. */
function listClauses({ value, trace }: Assessment): readonly string[] {
  if (value.kind !== 'class') return [];
  const responseClass = value.class;
  const rules = trace.filter(({ role }) => role?.kind === 'class');
  const verdict = VERDICT_OF_CLASS[responseClass];
  const own = rules.find(
    ({ role, verdict: found }) => role?.kind === 'class' && role.class === responseClass && found === verdict,
  );
  const deciding = own ?? rules.findLast((rule) => rule.verdict === verdict);
  const [criterion] = deciding?.of ?? [];
  if (criterion === undefined) return [];
  return verdict === 'true' ? listDecidingClauses(criterion) : listFailedClauses(criterion, verdict);
}

/** Finds the day of the count that confirms (`true`) or denies (`false`) the class. */
function findConfirmationDay({ trace }: Assessment, verdict: Verdict): string | null {
  const confirmation = trace.find(
    ({ role, verdict: found }) => role?.kind === 'confirmation' && found === verdict,
  );
  return confirmation?.role?.kind === 'confirmation' ? (confirmation.role.day ?? null) : null;
}

/**
 * Summarises the overall response at each visit, one line a visit, in order. `dayZero` is the site-local day of the first
 * infusion.
 */
export function summariseVisits(
  assessments: readonly Assessment[],
  dayZero: string,
): readonly VisitSummary[] {
  return assessments
    .filter(({ kind }) => kind === 'response-at-visit')
    .map((assessment) => {
      const { visit, scope, value, status, reasonCode, counts } = assessment;
      const lastDay = counts?.days.at(-1);
      return {
        visit,
        scope,
        class: value.kind === 'class' ? value.class : '',
        status,
        reasonCode: reasonCode ?? null,
        counts: counts ?? null,
        studyDay: lastDay === undefined ? null : countDaysBetween(dayZero, lastDay),
        confirmedBy: findConfirmationDay(assessment, 'true'),
        deniedBy: findConfirmationDay(assessment, 'false'),
        clauses: listClauses(assessment),
      };
    });
}
