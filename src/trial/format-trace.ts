import type { CriterionInput, CriterionTrace } from './assessment.ts';
import type { Source } from './facts.ts';

/** A verdict as a reader wants it. */
export const VERDICT_WORDS = { true: 'yes', false: 'no', unknown: 'open' } as const;

/** A resource, its version, the element and the site. */
export function formatSource(source: Source): string {
  const version = source.version === null ? 'no version' : `version ${source.version}`;
  return `${source.resourceType}/${source.id} (${version}, ${source.element}, ${source.site})`;
}

function formatInput({ says, source, also, conversion }: CriterionInput): string {
  const from = [source, ...(also ?? [])].map(formatSource).join(', ');
  return conversion === null ? `${says}  [${from}]` : `${says}  [${from}; ${conversion}]`;
}

/** Where each criterion with its inputs was told first, so that it is told whole once only. */
export type ShownTraces = Map<string, string>;

const MAX_REPEATED_INPUTS = 3;

/** The part that a criterion merely turns round or asks of the baseline: its own words name it already. */
function unwrapTrace(trace: CriterionTrace): CriterionTrace {
  const [part, ...others] = trace.of;
  return trace.restatesPart && part && others.length === 0 ? unwrapTrace(part) : trace;
}

/** What was found, where the inputs below do not say it themselves. */
function formatFound({ found, isFoundInInputs }: CriterionTrace): string {
  return found === undefined || isFoundInInputs ? '' : ` (${found})`;
}

/** A criterion that was told elsewhere: its verdict, and what it looked at, without the sources. */
function formatRepeatedTrace(trace: CriterionTrace, where: string): string {
  const { inputs } = unwrapTrace(trace);
  const said = inputs.slice(0, MAX_REPEATED_INPUTS).map(({ says }) => says);
  const more = inputs.length > MAX_REPEATED_INPUTS ? [`${inputs.length - MAX_REPEATED_INPUTS} more`] : [];
  const seen = said.length > 0 ? `: ${[...said, ...more].join('; ')}` : '';
  return `${VERDICT_WORDS[trace.verdict]}: ${trace.criterion}${seen} (${where})`;
}

function formatTrace(
  trace: CriterionTrace,
  depth: number,
  here: string,
  told: ShownTraces,
): readonly string[] {
  const pad = '  '.repeat(depth);
  const key = JSON.stringify(trace);
  const before = told.get(key);
  if (before !== undefined && trace.of.length + trace.inputs.length > 0)
    return [`${pad}${formatRepeatedTrace(trace, before === here ? 'as above' : `as at ${before}`)}`];
  told.set(key, here);
  const inner = unwrapTrace(trace);
  const missing = inner.of.length === 0 ? inner.missing : [];
  return [
    `${pad}${VERDICT_WORDS[trace.verdict]}: ${trace.criterion}${formatFound(inner)}`,
    ...inner.inputs.map((input) => `${pad}  - ${formatInput(input)}`),
    ...missing.map((what) => `${pad}  missing: ${what}`),
    ...inner.of.flatMap((part) => formatTrace(part, depth + 1, here, told)),
  ];
}

/**
 * Criteria with their verdicts (yes, no, open), inputs with resource and version, what is missing, and their parts below
 * them. What was told before is named with its inputs and the place (`here` of then), without sources and parts.
 */
export function formatTraces(
  traces: readonly CriterionTrace[],
  here: string,
  told: ShownTraces,
): readonly string[] {
  return traces.flatMap((trace) => formatTrace(trace, 1, here, told));
}
