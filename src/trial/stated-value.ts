import type { Fact, MeasuredValue, MeasurementMethod } from './facts.ts';

/** The value of another statement about the same collection. */
interface OtherStatement extends MeasuredValue {
  readonly method: MeasurementMethod;
}

/**
 * The content of a fact, without its sources and without any wording: two traces are compared by it. `at` is the time
 * as it was sent.
 */
export type StatedValue = { readonly at: string } & (
  | {
      readonly kind: 'lab';
      readonly analyte: string;
      /** Null where the laboratory states that there is none. In the unit of the analyte, see `trial/facts.ts`. */
      readonly value: string | null;
      readonly comparator: string | null;
      /** Upper end of the range, where results contradict each other; absent for one value. */
      readonly upTo?: string;
      readonly status: string;
      readonly isDerived: boolean;
      readonly contradicted: readonly OtherStatement[];
    }
  | { readonly kind: 'transfusion'; readonly component: string; readonly units: string | null }
  | { readonly kind: 'medication'; readonly agent: string }
  | { readonly kind: 'condition'; readonly condition: string; readonly isHighRisk: boolean | null }
  | { readonly kind: 'person'; readonly sex: string | null }
  | {
      readonly kind: Exclude<Fact['kind'], 'lab' | 'transfusion' | 'medication' | 'condition' | 'person'>;
    }
);

/**
 * Selects the part of a fact that a criterion reads. Of a person only the sex is kept: a birth date identifies, and
 * traces are shown, stored and exported.
 */
export function selectStatedValue(fact: Fact): StatedValue {
  const at = fact.at.text;
  switch (fact.kind) {
    case 'lab': {
      const { analyte, measured, status, derived, contradicted = [] } = fact;
      return {
        kind: fact.kind,
        at,
        analyte,
        value: measured?.value ?? null,
        comparator: measured?.comparator ?? null,
        ...(measured?.upTo === undefined ? {} : { upTo: measured.upTo }),
        status,
        isDerived: derived === true,
        contradicted: contradicted.map((other) => ({ ...other.measured, method: other.method })),
      };
    }
    case 'transfusion':
      return { kind: fact.kind, at, component: fact.component, units: fact.units };
    case 'medication':
      return { kind: fact.kind, at, agent: fact.agent };
    case 'condition':
      return { kind: fact.kind, at, condition: fact.condition, isHighRisk: fact.highRisk ?? null };
    case 'person':
      return { kind: fact.kind, at: '', sex: fact.sex };
    default:
      return { kind: fact.kind, at };
  }
}
