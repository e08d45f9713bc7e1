import { Failure } from '../errors.ts';

/** Creates the refusal of what cannot be finished before the service stops. */
export function createStoppingFailure(): Failure {
  return new Failure('http/stopping', 'The service is stopping.', {
    fix: 'Send the same request again after the seconds of Retry-After.',
    retryAfterSeconds: 5,
  });
}
