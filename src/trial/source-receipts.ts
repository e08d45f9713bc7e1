import { getAnalyteName, getAnalyteUnit } from './criteria/display-names.ts';
import type { Fact, Source } from './facts.ts';
import { formatMeasured } from './format-measured.ts';

/** When the version of a resource that a class rests on arrived, and what its earlier versions stated. */
export interface SourceReceipt {
  readonly source: Pick<Source, 'site' | 'resourceType' | 'id' | 'version'>;
  /** Instant of arrival, in UTC. */
  readonly receivedAt: string;
  /** Earlier versions, earliest first; empty where this is the first one. */
  readonly earlier: readonly EarlierStatement[];
}

/** What an earlier version of a resource stated. */
interface EarlierStatement {
  readonly version: string | null;
  readonly receivedAt: string;
  /** Its laboratory values, such as `platelets 24 10*9/L`; empty where it stated none. */
  readonly values: readonly string[];
}

/** Receipts by resource version. */
export type SourceReceipts = ReadonlyMap<string, SourceReceipt>;

/** Formats the version of a resource, whatever element of it is meant. */
export function formatReceiptKey({ site, resourceType, id, version }: SourceReceipt['source']): string {
  return `${site}|${resourceType}/${id}|${version}`;
}

/** Lists the laboratory values among facts, such as `platelets 24 10*9/L`, for a reader. */
export function listStatedValues(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap((fact) =>
    fact.kind === 'lab' && fact.measured !== null
      ? [`${getAnalyteName(fact.analyte)} ${formatMeasured(fact.measured)} ${getAnalyteUnit(fact.analyte)}`]
      : [],
  );
}

/** Formats when a source arrived and what it said before: `received 2026-06-01T12:00Z, before: platelets 24 10*9/L`. */
export function formatReceipt(source: Source, receipts: SourceReceipts): string | null {
  const receipt = receipts.get(formatReceiptKey(source));
  if (receipt === undefined) return null;
  const earlier = receipt.earlier.map(
    ({ version, receivedAt, values }) =>
      `before: ${values.join(', ') || 'no value'} (version ${version ?? 'without number'}, received ${formatInstant(receivedAt)})`,
  );
  return [`received ${formatInstant(receipt.receivedAt)}`, ...earlier].join('; ');
}

/** Formats an instant to the minute, in UTC. */
const formatInstant = (instant: string): string => `${instant.slice(0, 16)}Z`;
