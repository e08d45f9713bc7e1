import type { InputTrace, Trace } from './assessment.ts';
import type { Source } from './facts.ts';

/** A verdict as a reader wants it. */
export const SAYS = { true: 'yes', false: 'no', unknown: 'open' } as const;

/** A resource, its version, the element and the site. */
export function sourceWords(source: Source): string {
  const version = source.version === null ? 'no version' : `version ${source.version}`;
  return `${source.resourceType}/${source.id} (${version}, ${source.element}, ${source.site})`;
}

function inputLine({ says, source, also, conversion }: InputTrace): string {
  const from = [source, ...(also ?? [])].map(sourceWords).join(', ');
  return conversion === null ? `${says}  [${from}]` : `${says}  [${from}; ${conversion}]`;
}

/** Where each criterion with its inputs was told first, so that it is told whole once only. */
export type Told = Map<string, string>;

const MOST_SHOWN = 3;

/** The part that a criterion merely turns round or asks of the baseline: its own words name it already. */
function innermost(trace: Trace): Trace {
  const [part, ...others] = trace.of;
  return trace.restatesPart && part && others.length === 0 ? innermost(part) : trace;
}

/** What was found, where the inputs below do not say it themselves. */
function foundWords({ found, isFoundInInputs }: Trace): string {
  return found === undefined || isFoundInInputs ? '' : ` (${found})`;
}

/** A criterion that was told elsewhere: its verdict, and what it looked at, without the sources. */
function repeated(trace: Trace, where: string): string {
  const { inputs } = innermost(trace);
  const said = inputs.slice(0, MOST_SHOWN).map(({ says }) => says);
  const more = inputs.length > MOST_SHOWN ? [`${inputs.length - MOST_SHOWN} more`] : [];
  const seen = said.length > 0 ? `: ${[...said, ...more].join('; ')}` : '';
  return `${SAYS[trace.verdict]}: ${trace.criterion}${seen} (${where})`;
}

function linesOf(trace: Trace, depth: number, here: string, told: Told): readonly string[] {
  const pad = '  '.repeat(depth);
  const key = JSON.stringify(trace);
  const before = told.get(key);
  if (before !== undefined && trace.of.length + trace.inputs.length > 0)
    return [`${pad}${repeated(trace, before === here ? 'as above' : `as at ${before}`)}`];
  told.set(key, here);
  const inner = innermost(trace);
  const missing = inner.of.length === 0 ? inner.missing : [];
  return [
    `${pad}${SAYS[trace.verdict]}: ${trace.criterion}${foundWords(inner)}`,
    ...inner.inputs.map((input) => `${pad}  - ${inputLine(input)}`),
    ...missing.map((what) => `${pad}  missing: ${what}`),
    ...inner.of.flatMap((part) => linesOf(part, depth + 1, here, told)),
  ];
}

/**
 * Criteria with their verdicts (yes, no, open), inputs with resource and version, what is missing, and their parts below
 * them. What was told before is named with its inputs and the place (`here` of then), without sources and parts.
 */
export function traceLines(traces: readonly Trace[], here: string, told: Told): readonly string[] {
  return traces.flatMap((trace) => linesOf(trace, 1, here, told));
}
