import type { DecisionKind, SignedDecision } from '../signatures/decision-manifest.ts';

/** A decision of a person, as it was made. None is changed, except to be erased, or removed. Printed as JSON. */
export interface LoggedDecision {
  /** In order of time; unique in the store. */
  readonly seq: number;
  readonly kind: DecisionKind;
  /** Names the record that it is about, among those of its kind. */
  readonly record: string;
  /** Null for what concerns every site. */
  readonly site: string | null;
  readonly study: string | null;
  readonly subject: string | null;
  readonly decision: unknown;
  /** The printed name; of an unsigned decision, the name that was stated. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly why: string | null;
  /** The user of the operating system, for a decision without signature; null where it was not known. */
  readonly systemUser: string | null;
  /** Null: it has no signature. */
  readonly signed: SignedDecision | null;
  /** Present where it was erased with the person whom it was about: who made it and when is all that is left of it. */
  readonly isErased?: true;
}

/** Which decisions to list; what is left out does not matter. */
export interface DecisionFilter {
  readonly kind?: DecisionKind;
  readonly record?: string;
  /** Decisions about these sites, without those that concern every site. */
  readonly sites?: readonly string[];
  /** Only decisions after this one. */
  readonly after?: number;
  readonly limit?: number;
}

/** The history of decisions. The database refuses to remove a row, and to change it to anything but an erased one. */
export interface DecisionLog {
  add(decision: Omit<LoggedDecision, 'seq'>): Promise<void>;
  /** Lists decisions, the first one first. */
  list(filter: DecisionFilter): Promise<readonly LoggedDecision[]>;
}

/** A row of `decision_log`. */
export interface DecisionRow {
  readonly seq: number | string;
  readonly kind: DecisionKind;
  readonly record: string;
  readonly site: string | null;
  /** JSON: everything else. */
  readonly content: string;
}

/** Splits a decision into the columns that are searched and the JSON of everything else. */
export function toDecisionColumns(
  decision: Omit<LoggedDecision, 'seq'>,
): readonly [kind: string, record: string, site: string | null, content: string] {
  const { kind, record, site, ...content } = decision;
  return [kind, record, site, JSON.stringify(content)];
}

/** Converts a row to the decision. */
export function toLoggedDecision({ seq, kind, record, site, content }: DecisionRow): LoggedDecision {
  const rest = JSON.parse(content) as Omit<LoggedDecision, 'seq' | 'kind' | 'record' | 'site'>;
  return { seq: Number(seq), kind, record, site, ...rest };
}
