import { formatValidity } from '../decision-validity.ts';
import type { AdjudicationFact } from '../facts.ts';
import type { PersonStatement, Stater } from './person-statement.ts';

const formatAnswer = (answer: boolean): string => (answer ? 'yes' : 'no');

function listParts(parts: readonly (readonly [name: string, value: string | null])[]): string {
  const stated = parts.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`);
  return stated.length > 0 ? stated.join(', ') : 'nothing stated';
}

const formatFlag = (flag: boolean | null): string | null => (flag === null ? null : formatAnswer(flag));

function formatMarrow(statement: PersonStatement & { readonly topic: 'marrow-result' }): string {
  const { cellularity, isCriterionMet, clonalFinding } = statement;
  return listParts([
    ['cellularity', cellularity && `${cellularity.comparator ?? ''}${cellularity.percent} %`],
    ['criterion met', formatFlag(isCriterionMet)],
    ['clonal finding', clonalFinding],
  ]);
}

function formatEvent(statement: PersonStatement & { readonly topic: 'event-adjudication' }): string {
  const { relation, grade, serious, isOfStudy } = statement;
  return listParts([
    ['relation', relation],
    ['grade', grade === null ? null : String(grade)],
    ['serious', formatFlag(serious)],
    ['event of the study', formatFlag(isOfStudy)],
  ]);
}

/** Formats what is stated, without who and when: `M3 overall: PR, in agreement`. */
export function formatPersonStatement(statement: PersonStatement): string {
  switch (statement.topic) {
    case 'severity-at-diagnosis':
      return `severity at diagnosis: ${statement.severity}`;
    case 'marrow-result':
      return `marrow: ${formatMarrow(statement)}`;
    case 'event-adjudication':
      return `${statement.about}: ${formatEvent(statement)}`;
    case 'infection-adjudication': {
      const { about, isActivated, from, to } = statement;
      const days = listParts([
        ['activated', formatAnswer(isActivated)],
        ['from', from?.text ?? null],
        ['to', to?.text ?? null],
      ]);
      return `infection${about === null ? '' : ` ${about}`}: ${days}`;
    }
    case 'evaluability':
      return `evaluable: ${formatAnswer(statement.holds)}`;
    case 'per-protocol':
      return `per protocol: ${formatAnswer(statement.holds)}`;
    case 'investigator-response': {
      const { visit, scope, class: stated, agrees } = statement;
      return `${visit} ${scope}: ${[stated, agrees ? 'agrees' : null].filter((part) => part !== null).join(', ')}`;
    }
  }
}

/** Formats a name of a person; the record of an EHR has none. */
export const formatStater = (by: Stater | null): string => by?.name ?? 'the record of the EHR';

/** Formats who stated something, when and why, and what the signature is worth where there is one: `by Dr A. Novak on 2026-03-02: reviewed the film`. */
export function formatStatedBy({
  by,
  statedAt,
  why,
  validity,
}: Pick<AdjudicationFact, 'by' | 'statedAt' | 'why' | 'validity'>): string {
  const on = statedAt === null ? '' : ` on ${statedAt.slice(0, 10)}`;
  const signature = validity === undefined ? '' : ` (${formatValidity(validity)})`;
  return `by ${formatStater(by)}${on}${why === null ? '' : `: ${why}`}${signature}`;
}
