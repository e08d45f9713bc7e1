import { Failure } from '../errors.ts';
import type { PersonStatement, StatedDay } from '../trial/adjudication/person-statement.ts';
import { CLONAL_FINDINGS, DIAGNOSED_SEVERITIES } from '../trial/adjudication/person-statement.ts';
import { CAUSALITIES } from '../trial/causality.ts';

/** The options of `adjudicate` that state parts, as written on the command line. */
export interface StatementOptions {
  readonly scope?: string;
  readonly from?: string;
  readonly to?: string;
  readonly about?: string;
  readonly relation?: string;
  readonly grade?: string;
  readonly serious?: string;
  readonly ofStudy?: string;
  readonly cellularity?: string;
  readonly criterion?: string;
  readonly clonal?: string;
}

const CLASSES = ['CR', 'PR', 'NR', 'NE'] as const;
const SCOPES = ['overall', 'erythroid', 'neutrophil', 'platelet'] as const;
const GRADES = ['1', '2', '3', '4', '5'] as const;
const ANSWERS = ['yes', 'no'] as const;

function refuseValue(at: string, given: string | undefined, known: readonly string[]): Failure {
  const message = given === undefined ? 'A value is missing.' : `${given} is none of the values.`;
  return new Failure('cli/usage', message, { at, fix: `Use one of ${known.join(', ')}.` });
}

/** Returns the value if it is a known one, in any case of letters. Throws `cli/usage`. */
function requireKnownValue<T extends string>(given: string | undefined, known: readonly T[], at: string): T {
  const found = known.find((candidate) => candidate.toLowerCase() === given?.toLowerCase());
  if (found === undefined) throw refuseValue(at, given, known);
  return found;
}

/** Does the same for an option that may be left out. */
const parseKnownValue = <T extends string>(
  given: string | undefined,
  known: readonly T[],
  at: string,
): T | null => (given === undefined ? null : requireKnownValue(given, known, at));

const parseFlag = (given: string | undefined, at: string): boolean | null => {
  const answer = parseKnownValue(given, ANSWERS, at);
  return answer === null ? null : answer === 'yes';
};

/** Parses the class of `--seen`; null without it. Throws `cli/usage`. */
export const parseSeenClass = (given: string | undefined): (typeof CLASSES)[number] | null =>
  parseKnownValue(given, CLASSES, '--seen');

/** Parses a day of `--on`, `--from` and `--to`. Throws `cli/usage`. */
export function parseStatedDay(given: string | undefined, at: string): string | null {
  if (given === undefined) return null;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(given) ? new Date(`${given}T00:00:00Z`) : null;
  if (day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(given)) return given;
  throw new Failure('cli/usage', `${given} is no day.`, { at, fix: 'Write it as 2026-01-05.' });
}

const toStatedDay = (day: string | null): StatedDay | null =>
  day === null ? null : { text: day, earliestDay: day, latestDay: day };

function parseReference(given: string | undefined, type: string, at: string): string {
  if (given !== undefined && new RegExp(`^${type}/[A-Za-z0-9.-]{1,64}$`).test(given)) return given;
  throw new Failure('cli/usage', `The ${type} is not named.`, { at, fix: `Write it as ${type}/ID.` });
}

function parseCellularity(given: string | undefined) {
  if (given === undefined) return null;
  const [, comparator = '', percent = ''] = /^(<=?|>=?)?(\d{1,3}(?:\.\d{1,2})?)$/.exec(given) ?? [];
  if (percent !== '' && Number(percent) <= 100) return { percent, comparator: comparator || null };
  throw new Failure('cli/usage', `${given} is no share in percent.`, {
    at: '--cellularity',
    fix: 'Write a number of 0 to 100, such as 10 or <10.',
  });
}

type StatementParser = (values: readonly string[], options: StatementOptions) => PersonStatement;

const parseMembership =
  (topic: 'evaluability' | 'per-protocol'): StatementParser =>
  ([answer]) => ({ topic, holds: requireKnownValue(answer, ANSWERS, 'value') === 'yes' });

const parseResponse: StatementParser = ([visit, answer], { scope = 'overall' }) => {
  const stated = requireKnownValue(answer, ['agree', ...CLASSES], 'value');
  return {
    topic: 'investigator-response',
    visit: visit ?? '',
    scope: requireKnownValue(scope, SCOPES, '--scope'),
    class: stated === 'agree' ? null : stated,
    agrees: stated === 'agree',
  };
};

const parseEvent: StatementParser = ([reference], { relation, grade, serious, ofStudy }) => {
  const about = parseReference(reference, 'AdverseEvent', 'value');
  if ([relation, grade, serious, ofStudy].every((part) => part === undefined))
    throw new Failure('cli/usage', 'Nothing about the event is stated.', {
      at: '--relation',
      fix: 'State at least one of --relation, --grade, --serious and --of-study.',
    });
  return {
    topic: 'event-adjudication',
    about,
    relation: parseKnownValue(relation, CAUSALITIES, '--relation'),
    grade: (Number(parseKnownValue(grade, GRADES, '--grade')) || null) as 1 | 2 | 3 | 4 | 5 | null,
    serious: parseFlag(serious, '--serious'),
    isOfStudy: parseFlag(ofStudy, '--of-study'),
  };
};

const parseInfection: StatementParser = ([answer], { about, from, to }) => ({
  topic: 'infection-adjudication',
  about: about === undefined ? null : parseReference(about, 'Condition', '--about'),
  isActivated: requireKnownValue(answer, ANSWERS, 'value') === 'yes',
  from: toStatedDay(parseStatedDay(from, '--from')),
  to: toStatedDay(parseStatedDay(to, '--to')),
});

const parseMarrow: StatementParser = (_values, { cellularity, criterion, clonal }) => {
  if ([cellularity, criterion, clonal].every((part) => part === undefined))
    throw new Failure('cli/usage', 'Nothing about the marrow is stated.', {
      at: '--cellularity',
      fix: 'State at least one of --cellularity, --criterion and --clonal.',
    });
  return {
    topic: 'marrow-result',
    cellularity: parseCellularity(cellularity),
    isCriterionMet: parseFlag(criterion, '--criterion'),
    clonalFinding: parseKnownValue(clonal, CLONAL_FINDINGS, '--clonal'),
  };
};

/** The topics as the command line names them. */
const STATEMENT_PARSERS: Readonly<Record<string, StatementParser>> = {
  severity: ([severity]) => ({
    topic: 'severity-at-diagnosis',
    severity: requireKnownValue(severity, DIAGNOSED_SEVERITIES, 'value'),
  }),
  marrow: parseMarrow,
  event: parseEvent,
  infection: parseInfection,
  evaluable: parseMembership('evaluability'),
  'per-protocol': parseMembership('per-protocol'),
  response: parseResponse,
};

/**
 * Parses what a person states: `severity SAA`, `marrow`, `event AdverseEvent/12`, `infection yes`, `evaluable no`,
 * `per-protocol yes`, `response M3 agree`. Throws `cli/usage` with the values that are known.
 */
export function parseStatement(
  topic: string,
  values: readonly string[],
  options: StatementOptions,
): PersonStatement {
  const parse = Object.hasOwn(STATEMENT_PARSERS, topic) ? STATEMENT_PARSERS[topic] : undefined;
  if (!parse) throw refuseValue('topic', topic, Object.keys(STATEMENT_PARSERS));
  return parse(values, options);
}
