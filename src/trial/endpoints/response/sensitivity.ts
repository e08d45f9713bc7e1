import type { ResponseClass } from '../../assessment.ts';
import type { Protocol } from '../../protocol.ts';
import { buildCountedShare, type CountedShare } from '../counted-share.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** The overall response under one rule. */
export interface SensitivityRow {
  readonly name: string;
  readonly says: string;
  readonly response: CountedShare;
  readonly complete: CountedShare;
  /** Subjects whose class differs from that of the report. */
  readonly changed: { readonly count: number };
}

/** The overall response under other rules. */
export interface SensitivityTable {
  readonly method: string;
  readonly rows: readonly SensitivityRow[];
  /** Variants of the protocol that were not assessed for this report. */
  readonly notAssessed: readonly string[];
}

interface ClassifiedPair {
  readonly own: ResponseClass;
  readonly other: ResponseClass;
}

function buildSensitivityRow(
  { id, says }: { readonly id: string; readonly says: string },
  pairs: readonly ClassifiedPair[],
  { interval }: Protocol,
): SensitivityRow {
  const count = (...classes: ResponseClass[]) => pairs.filter(({ other }) => classes.includes(other)).length;
  return {
    name: id,
    says,
    response: buildCountedShare(count('CR', 'PR'), pairs.length, interval),
    complete: buildCountedShare(count('CR'), pairs.length, interval),
    changed: { count: pairs.filter(({ own, other }) => own !== other).length },
  };
}

/**
 * Builds the overall response of the enrolled under other rules: as reported (NE is no response and stays in the
 * denominator), without the subjects whose class is NE, and under each variant of the protocol.
 */
export function buildSensitivityTable(
  subjects: readonly SubjectFigures[],
  protocol: Protocol,
): SensitivityTable {
  const own = subjects.map(({ best }) => ({ own: best.class, other: best.class }));
  const variants = protocol.analysis.sensitivity;
  const isAssessed = subjects.some(({ variants: classes }) => classes !== null);
  const rows = variants.map((variant) => {
    const pairs = subjects.flatMap(({ best, variants: classes }) => {
      const other = classes?.[variant.id];
      return other === undefined ? [] : [{ own: best.class, other }];
    });
    return buildSensitivityRow(variant, pairs, protocol);
  });
  const asReported = { id: 'as-reported', says: 'NE counts as no response' };
  const withoutNotEvaluable = { id: 'without-ne', says: 'subjects with NE are left out' };
  return {
    method: 'best response of all enrolled, each row with one change of the rules',
    rows: [
      buildSensitivityRow(asReported, own, protocol),
      buildSensitivityRow(
        withoutNotEvaluable,
        own.filter((pair) => pair.own !== 'NE'),
        protocol,
      ),
      ...(isAssessed ? rows : []),
    ],
    notAssessed: isAssessed ? [] : variants.map(({ id }) => id),
  };
}
