import { namePoint } from '../adjudication/person-statement.ts';
import type {
  DifferentialFact,
  Fact,
  FindingFact,
  LabFact,
  SettlementFact,
  WithdrawalFact,
} from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';

/*
 * Which of several statements about the same is in force. It is read from what the statements say about each other, never
 * from their values and never from the order in which they arrived.
 */

/** A subject's statements without those that were taken back, and the withdrawals that a person must decide on. */
export interface StandingStatements {
  readonly standing: readonly Fact[];
  readonly settlements: readonly SettlementFact[];
  readonly undecided: readonly UndecidedWithdrawal[];
}

/** A withdrawal that may mean a statement, but shares no identifier with it. */
export interface UndecidedWithdrawal {
  readonly withdrawal: WithdrawalFact;
  readonly statements: readonly Fact[];
}

/** Names what a fact states, apart from its value: `lab platelets`. The same name and moment mean the same event or result. */
export function nameStatement(fact: Fact): string {
  switch (fact.kind) {
    case 'lab':
      return `lab ${fact.analyte}`;
    case 'differential':
      return `differential ${fact.cells}`;
    case 'finding':
      return `finding ${fact.finding}`;
    case 'infusion':
      return `infusion ${fact.product}`;
    case 'transfusion':
      return `transfusion ${fact.component}`;
    case 'medication':
      return `medication ${fact.agent}`;
    case 'adverse-event':
      return `adverse-event ${fact.term}`;
    case 'condition':
      return `condition ${fact.condition}`;
    case 'adjudication':
      return `adjudication ${namePoint(fact.statement)}`;
    default:
      return fact.kind;
  }
}

const getSpecimen = (fact: Fact): string | undefined => ('specimen' in fact ? fact.specimen : undefined);

/** Whether both name a specimen, and not the same one. */
function hasOtherSpecimenName(a: Fact, b: Fact): boolean {
  const [first, second] = [getSpecimen(a), getSpecimen(b)];
  return first !== undefined && second !== undefined && first !== second;
}

/** Whether the first was certainly released after the second. */
function isIssuedAfter(a: Fact, b: Fact): boolean {
  const [first, second] = [a.relations?.issued, b.relations?.issued];
  return first !== undefined && second !== undefined && first > second;
}

const hasSharedKey = (a: Fact, b: Fact): boolean =>
  (a.relations?.keys ?? []).some((key) => b.relations?.keys?.includes(key));

/** Whether both can be about one moment: the same instant, or days that overlap where one of them has no time. */
function canBeSameMoment(a: Fact, b: Fact): boolean {
  if (a.at.instant !== null && b.at.instant !== null) return a.at.instant === b.at.instant;
  return a.at.earliestDay <= b.at.latestDay && b.at.earliestDay <= a.at.latestDay;
}

/** Whether a statement can be what the withdrawal means: of another resource that does not replace it, and not released after it. */
const canBeMeant = (withdrawal: WithdrawalFact, fact: Fact): boolean =>
  formatStatingResource(fact) !== formatStatingResource(withdrawal) &&
  !fact.relations?.replaces?.includes(formatStatingResource(withdrawal)) &&
  !isIssuedAfter(fact, withdrawal) &&
  !hasOtherSpecimenName(fact, withdrawal);

/**
 * Takes back what withdrawals mean: statements of other resources under the same identifier, code and time that were not
 * released after the withdrawal. A withdrawal without such an identifier takes nothing back; where it agrees with a
 * statement in what it states, moment and specimen, a person decides. Source: FHIR R4 Observation.status.
 */
export function separateWithdrawn(stated: readonly Fact[]): StandingStatements {
  const withdrawals = stated.filter((fact) => fact.kind === 'withdrawal');
  const settlements = stated.filter((fact) => fact.kind === 'settlement');
  const statements = stated.filter((fact) => fact.kind !== 'withdrawal' && fact.kind !== 'settlement');
  if (withdrawals.length === 0) return { standing: statements, settlements, undecided: [] };
  const listMeant = (withdrawal: WithdrawalFact): readonly Fact[] =>
    statements.filter((fact) => hasSharedKey(fact, withdrawal) && canBeMeant(withdrawal, fact));
  const withdrawn = new Set(withdrawals.flatMap(listMeant));
  const standing = statements.filter((fact) => !withdrawn.has(fact));
  const undecided = withdrawals.flatMap((withdrawal): UndecidedWithdrawal[] => {
    if (listMeant(withdrawal).length > 0) return [];
    const possible = standing.filter(
      (fact) =>
        withdrawal.statements.includes(nameStatement(fact)) &&
        canBeSameMoment(fact, withdrawal) &&
        canBeMeant(withdrawal, fact),
    );
    return possible.length > 0 ? [{ withdrawal, statements: possible }] : [];
  });
  return { standing, settlements, undecided };
}

/** A signed statement about a specimen. */
type SignedStatement = DifferentialFact | FindingFact | LabFact;

const isCorrection = ({ status }: SignedStatement): boolean => status === 'corrected' || status === 'amended';

/** Whether a corrected report lists the first instead of the second. */
const isListedInstead = (a: SignedStatement, b: SignedStatement): boolean =>
  b.relations?.replacedBy?.includes(formatStatingResource(a)) ?? false;

/**
 * Whether a statement supersedes another about the same: a corrected report lists it instead, or it is a correction and the
 * other one is not (unless that was released later), or both are corrections and it was released later.
 */
function isSuperseding(a: SignedStatement, b: SignedStatement): boolean {
  if (isListedInstead(a, b)) return !isListedInstead(b, a);
  if (isListedInstead(b, a) || !isCorrection(a)) return false;
  return isCorrection(b) ? isIssuedAfter(a, b) : !isIssuedAfter(b, a);
}

/**
 * Selects the corrections that supersede whatever any correction supersedes, where no report lists one instead of another: one
 * without a time of release, and the one that was released last.
 */
function selectLeadingCorrections<T extends SignedStatement>(statements: readonly T[]): readonly T[] {
  let undated: T | undefined;
  let last: T | undefined;
  for (const each of statements.filter(isCorrection)) {
    if (each.relations?.issued === undefined) undated ??= each;
    else if (last === undefined || isIssuedAfter(each, last)) last = each;
  }
  return [undated, last].filter((each) => each !== undefined);
}

/** Selects the statements that no other one supersedes; all of them where they supersede each other in a circle. */
export function selectInForce<T extends SignedStatement>(statements: readonly T[]): readonly T[] {
  const isListed = statements.some(({ relations }) => (relations?.replacedBy?.length ?? 0) > 0);
  // A sender may state thousands of results of one collection: they are not compared each with each.
  const leading = isListed ? statements : selectLeadingCorrections(statements);
  const inForce = statements.filter((each) => !leading.some((other) => isSuperseding(other, each)));
  return inForce.length > 0 ? inForce : statements;
}
