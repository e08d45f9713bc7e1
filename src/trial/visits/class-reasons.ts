import type { Assessment, ReasonCode, ResponseClass } from '../assessment.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import { type ClassifiedCount, formatFailedParts } from './classify-count.ts';
import { formatConfirmationOutcome } from './confirmation.ts';
import type { DerivedResponse } from './derive-response.ts';

/** Formats the counts of a point in one sentence, and its baseline where that is confounded. */
function formatBloodCount({ bloodCount, confoundedBaseline }: ClassifiedCount): string {
  const baseline = confoundedBaseline.length > 0 ? ` Baseline: ${confoundedBaseline.join('; ')}.` : '';
  const counts = [...bloodCount.counts.values()]
    .filter(({ fact }) => fact.analyte !== 'wbc')
    .map(formatUsableCount)
    .join('; ');
  const tie =
    bloodCount.tiedDays.length > 0
      ? ` Equally near the target and earlier, so not used: ${bloodCount.tiedDays.join(', ')}.`
      : '';
  return `Counts: ${counts || 'none'}.${tie}${baseline}`;
}

/** Lists the data that would decide an open point: its own, or those of the count that could confirm it. */
function listMissing(point: ClassifiedCount, { confirmation }: DerivedResponse): readonly string[] {
  const open = confirmation?.kind === 'open' ? confirmation.by : point;
  return [...new Set(open.evaluations.flatMap((evaluation) => evaluation.trace.missing))];
}

const CLASS_NAMES = {
  CR: 'Complete response',
  PR: 'Partial response',
  NR: 'No response',
  NE: 'Not evaluable',
} as const;

/** Formats `Partial response by bsh-saa 1.0.0`. */
export function formatHeadline(responseClass: ResponseClass, set: Assessment['criteria']): string {
  return `${CLASS_NAMES[responseClass]} by ${set.id} ${set.version}`;
}

function formatNonResponse(point: ClassifiedCount, response: DerivedResponse): string {
  if (response.confirmation !== null)
    return formatConfirmationOutcome(response.confirmation, response.confirmationDays ?? 0);
  const last = point.evaluations.at(-1);
  return last ? `Not met: ${formatFailedParts(last.trace)}.` : 'No criterion to assess by.';
}

/** Abbreviates missing data to three entries: a reader in the EHR wants the first few, and the trace lists all. */
export function abbreviateMissing(missing: readonly string[]): string {
  const more = missing.length > 3 ? `; and ${missing.length - 3} more of this kind` : '';
  return `${missing.slice(0, 3).join('; ')}${more}`;
}

const CONFIRMATION_REASONS = {
  confirmed: 'confirmed',
  pending: 'confirmation-pending',
} as const;

/** Derives the reason code of a point's class. */
export function deriveReasonCode({ class: responseClass, confirmation }: DerivedResponse): ReasonCode {
  if (responseClass === 'NE') return 'data-missing';
  if (confirmation === null) return responseClass === 'NR' ? 'criterion-not-met' : 'criterion-met';
  if (confirmation.kind === 'confirmed' || confirmation.kind === 'pending')
    return CONFIRMATION_REASONS[confirmation.kind];
  if (confirmation.kind === 'open') return 'data-missing';
  return confirmation.by === null ? 'confirmation-impossible' : 'not-confirmed';
}

/** Formats the reason for a class in one or two sentences. */
export function formatReasons(
  point: ClassifiedCount,
  response: DerivedResponse,
  set: CriteriaSet,
): readonly string[] {
  const head = formatHeadline(response.class, set);
  const counts = formatBloodCount(point);
  if (response.class === 'NE')
    return [`${head}: missing ${abbreviateMissing(listMissing(point, response))}.`, counts];
  if (response.class === 'NR') return [`${head}. ${formatNonResponse(point, response)}`, counts];
  const rule = point.evaluations[response.classIndex]?.rule;
  const undecided = point.evaluations
    .slice(0, response.classIndex)
    .filter((evaluation) => evaluation.verdict === 'unknown');
  const betterClasses = undecided
    .map(
      (evaluation) =>
        ` ${evaluation.rule.class} cannot be determined: missing ${evaluation.trace.missing.join('; ')}.`,
    )
    .join('');
  const confirmed = response.confirmation
    ? ` ${formatConfirmationOutcome(response.confirmation, response.confirmationDays ?? 0)}`
    : '';
  return [`${head}: ${rule?.paragraph ?? ''}.${confirmed}${betterClasses}`, counts];
}
