import { DIAGNOSED_SEVERITIES } from '../../../trial/adjudication/person-statement.ts';
import type { AdjudicationFact, Moment } from '../../../trial/facts.ts';
import type { WorkNeed } from '../../mapping-result.ts';
import type { ViewRow } from '../../view/view-row.ts';
import { createAmbiguousCodeNeed } from '../../work-item-texts.ts';
import { buildFactKey, buildSource, formatResourceKey } from '../fact-base.ts';
import type { ReaderInput } from '../reader-input.ts';
import type { StatedConcept } from '../stated-concepts.ts';
import { readStatedConcepts } from '../stated-concepts.ts';
import { readStatedProperty } from '../stated-property.ts';
import { readStater } from './read-stater.ts';

const SEVERITY_VOCABULARY = 'disease-severity';

type DiagnosedSeverity = (typeof DIAGNOSED_SEVERITIES)[number];

/** The severity that concepts state; null where they state none that is understood. `work`: what a person must decide. */
export interface ReadSeverity {
  readonly severity: DiagnosedSeverity | null;
  readonly work: readonly WorkNeed[];
}

/** Reads the severity of aplastic anaemia from concepts. Two of them that disagree are asked about. */
export function readDiagnosedSeverity(concepts: readonly StatedConcept[], input: ReaderInput): ReadSeverity {
  const { terms, work } = readStatedProperty(concepts, { vocabulary: SEVERITY_VOCABULARY }, input);
  const severities = DIAGNOSED_SEVERITIES.filter((candidate) => terms.includes(candidate));
  const [severity = null, ...others] = severities;
  if (others.length === 0) return { severity, work };
  const codings = concepts.flatMap((concept) => concept.codings);
  const sent = { element: concepts[0]?.element ?? input.at, text: null, codings };
  const files = input.mappings.terminology.listGeneralFiles([SEVERITY_VOCABULARY]);
  return { severity: null, work: [...work, createAmbiguousCodeNeed(sent, files, [SEVERITY_VOCABULARY])] };
}

/**
 * Reads the severity at diagnosis from the Condition of aplastic anaemia (R4 Condition.severity, Condition.stage.summary): the
 * record of the EHR, over which a person's adjudication takes precedence. No fact where none is stated.
 */
export function readRecordedSeverity(
  row: ViewRow,
  at: Moment,
  input: ReaderInput,
): { readonly facts: readonly AdjudicationFact[]; readonly work: readonly WorkNeed[] } {
  const concepts = ['severity', 'stage'].flatMap((prefix) => readStatedConcepts(row, prefix));
  const { severity, work } = readDiagnosedSeverity(concepts, input);
  if (severity === null) return { facts: [], work };
  const fact: AdjudicationFact = {
    kind: 'adjudication',
    key: buildFactKey('adjudication', 'severity-at-diagnosis', formatResourceKey(input)),
    subject: input.context.subject,
    at,
    sources: [buildSource(input, concepts[0]?.element ?? input.at)],
    statement: { topic: 'severity-at-diagnosis', severity },
    by: readStater(row, 'asserter'),
    origin: 'record',
    statedAt: null,
    why: null,
  };
  return { facts: [fact], work };
}
