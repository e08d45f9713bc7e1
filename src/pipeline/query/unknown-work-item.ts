import { Failure } from '../../errors.ts';

/** Builds the refusal of a work item id that the store does not have. */
export function buildUnknownWorkItemFailure(id: string): Failure {
  return new Failure('work-item/unknown', `There is no work item ${id}.`, {
    parameter: 'id',
    fix: 'Use an id from the list of work items.',
  });
}
