import type { CriterionInput, CriterionTrace } from './assessment.ts';
import type { Source } from './facts.ts';
import { formatReceipt, type SourceReceipts } from './source-receipts.ts';

/** A verdict as a reader sees it. */
const VERDICT_WORDS = {
  true: 'met',
  false: 'not met',
  unknown: 'cannot be determined',
} as const;

/** Formats a resource with its version, element and site, and when it arrived as far as the receipts state it. */
export function formatSource(source: Source, receipts: SourceReceipts = NO_RECEIPTS): string {
  const version = source.version === null ? 'no version' : `version ${source.version}`;
  const receipt = formatReceipt(source, receipts);
  const arrival = receipt === null ? '' : `, ${receipt}`;
  return `${source.resourceType}/${source.id} (${version}, ${source.element}, ${source.site}${arrival})`;
}

const NO_RECEIPTS: SourceReceipts = new Map();

function formatInput({ says, source, also, conversion }: CriterionInput, receipts: SourceReceipts): string {
  const from = [source, ...(also ?? [])].map((one) => formatSource(one, receipts)).join(', ');
  return conversion === null ? `${says}  [${from}]` : `${says}  [${from}; ${conversion}]`;
}

/** What the formatting of several traces shares. */
export interface TraceFormatting {
  /** Where each criterion with its inputs was shown first, so that it is shown in full only once; empty at first. */
  readonly shown: Map<string, string>;
  readonly receipts: SourceReceipts;
}

const MAX_REPEATED_INPUTS = 3;

/** Returns the part that a criterion merely negates or evaluates at baseline: its own words name it already. */
function unwrapTrace(trace: CriterionTrace): CriterionTrace {
  const [part, ...others] = trace.of;
  return trace.restatesPart && part && others.length === 0 ? unwrapTrace(part) : trace;
}

/** Formats what was found, where the inputs below do not show it. */
function formatFound({ found, isFoundInInputs }: CriterionTrace): string {
  return found === undefined || isFoundInInputs ? '' : ` (${found})`;
}

/** Formats a criterion that was shown elsewhere: its verdict and its inputs, without the sources. */
function formatRepeatedTrace(trace: CriterionTrace, where: string): string {
  const { inputs } = unwrapTrace(trace);
  const texts = inputs.slice(0, MAX_REPEATED_INPUTS).map(({ says }) => says);
  const more = inputs.length > MAX_REPEATED_INPUTS ? [`${inputs.length - MAX_REPEATED_INPUTS} more`] : [];
  const inputText = texts.length > 0 ? `: ${[...texts, ...more].join('; ')}` : '';
  return `${VERDICT_WORDS[trace.verdict]}: ${trace.criterion}${inputText} (${where})`;
}

function formatTrace(
  trace: CriterionTrace,
  depth: number,
  place: string,
  formatting: TraceFormatting,
): readonly string[] {
  const { shown, receipts } = formatting;
  const pad = '  '.repeat(depth);
  const key = JSON.stringify(trace);
  const firstPlace = shown.get(key);
  if (firstPlace !== undefined && trace.of.length + trace.inputs.length > 0)
    return [`${pad}${formatRepeatedTrace(trace, firstPlace === place ? 'as above' : `as at ${firstPlace}`)}`];
  shown.set(key, place);
  const inner = unwrapTrace(trace);
  const missing = inner.of.length === 0 ? inner.missing : [];
  return [
    `${pad}${VERDICT_WORDS[trace.verdict]}: ${trace.criterion}${formatFound(inner)}`,
    ...inner.inputs.map((input) => `${pad}  - ${formatInput(input, receipts)}`),
    ...missing.map((detail) => `${pad}  missing: ${detail}`),
    ...inner.of.flatMap((part) => formatTrace(part, depth + 1, place, formatting)),
  ];
}

/**
 * Formats criteria with their verdicts (met, not met, cannot be determined), inputs with resource and version, what
 * is missing, and their parts below them. A criterion that was shown before is named with its inputs and that place,
 * without sources and parts.
 */
export function formatTraces(
  traces: readonly CriterionTrace[],
  place: string,
  formatting: TraceFormatting,
): readonly string[] {
  return traces.flatMap((trace) => formatTrace(trace, 1, place, formatting));
}
