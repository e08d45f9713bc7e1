import type { Fact } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import { buildContradiction } from './build-contradiction.ts';
import type { SubjectQuestion } from './subject-question.ts';

/**
 * Lists the decisions about a subject that do not count, since their signature is not valid: somebody must find out why. The
 * subject is assessed without them.
 */
export const checkInvalidDecisions = (invalid: readonly Fact[]): readonly SubjectQuestion[] =>
  invalid.map((fact) =>
    buildContradiction({
      kind: 'decision-not-valid',
      about: formatStatingResource(fact),
      detail: 'A decision about the subject is not the one that was signed; it is not used.',
      fix: 'Find out who altered it. Restore the store from a backup, or have the person decide again.',
      facts: [fact],
      given: fact.kind === 'adjudication' ? [JSON.stringify(fact.validity)] : [],
    }),
  );
