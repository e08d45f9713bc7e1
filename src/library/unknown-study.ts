import { Failure } from '../errors.ts';

/** The refusal of a study that the library does not have; `known` are the ids of those that it has. */
export function buildUnknownStudyFailure(study: string, known: Iterable<string>): Failure {
  const ids = [...known].join(', ') || '(none)';
  return new Failure('study/unknown', `There is no study ${study}.`, {
    parameter: 'study',
    fix: `Use one of ${ids}, or add mappings/studies/${study}.`,
  });
}
