import type { ResourceShorthand } from '../case-resources.ts';
import type { Statement, Unit } from './sequences.ts';

/*
 * What depends on the order of arrival by design is left out of the property that any order gives the same: results that name
 * their patient only by a number which somebody else may carry too, several contents of one id without versions, and several
 * contents of one statement without an id. Of both last ones, the later arrival is in force. A result that names its patient, and
 * the same one that has its patient from a report, are such contents: the fact is the same, and the report is its source or not.
 */

const KINDS = ['platelets', 'neutrophils', 'red cells', 'platelet transfusion', 'event', 'report'];

const findKind = (sent: ResourceShorthand): string | undefined => KINDS.find((kind) => kind in sent);

const listNumbers = ({ number }: ResourceShorthand): readonly unknown[] =>
  number === undefined ? [] : Array.isArray(number) ? number : [number];

/** What is stated, without what says where it was sent. */
const formatContent = ({ url: _url, id: _id, ...content }: ResourceShorthand): string =>
  JSON.stringify(content);

/** Whether both may be one statement, by a number that both have, with two contents. */
function isOtherContent(a: Statement, b: Statement): boolean {
  const kind = findKind(a.sent);
  if (a.about !== b.about || kind === undefined || kind !== findKind(b.sent)) return false;
  const isShared = listNumbers(a.sent).some((number) => listNumbers(b.sent).includes(number));
  return isShared && formatContent(a.sent) !== formatContent(b.sent);
}

const isVersioned = ({ version, updated }: ResourceShorthand): boolean =>
  version !== undefined || updated !== undefined;

/** Whether an earlier statement is another content of its resource, and nothing says which is newer. */
const isUnversionedChange = ({ sent }: Statement, index: number, all: readonly Statement[]): boolean =>
  sent.id !== undefined &&
  !isVersioned(sent) &&
  all.slice(0, index).some((earlier) => earlier.sent.id === sent.id);

/** Removes the number of a statement without an id that another statement's content contradicts. */
function withoutContestedNumber(statement: Statement, all: readonly Statement[]): Statement {
  const { number: _number, ...rest } = statement.sent;
  const isContested =
    statement.sent.id === undefined && all.some((other) => isOtherContent(statement, other));
  return isContested ? { ...statement, sent: rest } : statement;
}

/** What a result states, without who it says it is about. */
const formatWithoutPatient = ({ sent: { patient: _patient, ...content } }: Statement): string =>
  formatContent(content);

/** Removes the patient of a result without an id that is also sent without one; the report that lists both names them. */
function withoutNeedlessPatient(statement: Statement, all: readonly Statement[]): Statement {
  const { sent, about } = statement;
  const isListed = all.some((other) => ([other.sent.report ?? []].flat() as unknown[]).includes(sent.url));
  if (sent.id !== undefined || sent.patient === null || !isListed) return statement;
  const isAlsoWithout = all.some(
    (other) =>
      other.about === about &&
      other.sent.id === undefined &&
      other.sent.patient === null &&
      formatWithoutPatient(other) === formatWithoutPatient(statement),
  );
  return isAlsoWithout ? { ...statement, sent: { ...sent, patient: null } } : statement;
}

/** Leaves out what depends on the order of arrival by design. */
export function keepOrderFree(units: readonly Unit[]): readonly Unit[] {
  const all = units.flatMap(({ statements }) => statements);
  const left = new Set(
    all.filter((each, index) => each.isByInsurance || isUnversionedChange(each, index, all)),
  );
  const ordered = units.map((unit) => ({
    ...unit,
    statements: unit.statements
      .filter((each) => !left.has(each))
      .map((each) => withoutContestedNumber(each, all)),
  }));
  const kept = ordered.flatMap(({ statements }) => statements);
  return ordered
    .map((unit) => ({
      ...unit,
      statements: unit.statements.map((each) => withoutNeedlessPatient(each, kept)),
    }))
    .filter(({ statements, isEnrolment }) => isEnrolment || statements.length > 0);
}
