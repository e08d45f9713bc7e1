import type { Principal } from '../../auth/principal.ts';
import { ENROLMENT_TYPE, isPermitted, type ScopeAction } from '../../auth/scopes.ts';
import { Failure } from '../../errors.ts';
import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { toOutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { AcceptInteractions } from '../../pipeline/ports.ts';
import { buildRefusedResult } from '../../pipeline/receive/interaction-results.ts';

const METHOD_ACTIONS: Readonly<Record<Interaction['method'], ScopeAction>> = {
  create: 'c',
  update: 'u',
  delete: 'd',
};

/** Creates the refusal of an action that the client may not do. Names no type: it could be any text of the sender. */
export function createScopeFailure(type: string): Failure {
  return type === ENROLMENT_TYPE
    ? new Failure('http/forbidden', 'The client may not enrol.', {
        fix: 'Have the right to enrol given to the client by name: no wildcard contains it.',
      })
    : new Failure('http/forbidden', 'The client may not do this with resources of this type.', {
        fix: 'Have the scope registered for the client, and ask for it with the token.',
      });
}

const buildForbiddenResult = ({ resourceType }: Interaction): InteractionResult =>
  buildRefusedResult(403, resourceType, toOutcomeIssue(createScopeFailure(resourceType)));

/** The result of an interaction that was not tried, since another one of its transaction is forbidden. */
const buildUntriedResult = ({ resourceType }: Interaction): InteractionResult => ({
  status: 200,
  resourceType,
  id: null,
  version: null,
  lastModified: null,
  disposition: 'unchanged',
  facts: 0,
  issues: [],
});

/** Whether the principal may do what the interaction does. */
export type MayInteract = (principal: Principal, interaction: Interaction) => boolean;

/** Whether a scope permits the interaction. */
export const hasScopeFor: MayInteract = ({ scopes }, { resourceType, method }) =>
  isPermitted(scopes, resourceType, METHOD_ACTIONS[method]);

/**
 * Limits the intake to what the principal may do, whatever the interactions came with: a request, the entries of a Bundle, the
 * lines of an NDJSON stream. A forbidden one is answered with 403 by itself; in a transaction it refuses all.
 */
export function limitInteractions(
  accept: AcceptInteractions,
  principal: Principal,
  mayInteract: MayInteract = hasScopeFor,
): AcceptInteractions {
  return async (site, interactions, grouping, door) => {
    const permitted = interactions.filter((interaction) => mayInteract(principal, interaction));
    if (permitted.length === interactions.length) return accept(site, interactions, grouping, door);
    const isPermittedOne = new Set(permitted);
    if (grouping === 'all-or-nothing') {
      return interactions.map((interaction) =>
        isPermittedOne.has(interaction) ? buildUntriedResult(interaction) : buildForbiddenResult(interaction),
      );
    }
    const results = permitted.length > 0 ? [...(await accept(site, permitted, grouping, door))] : [];
    return interactions.map((interaction) => {
      const result = isPermittedOne.has(interaction) ? results.shift() : buildForbiddenResult(interaction);
      if (!result) throw new Error('A submitted interaction has no result.');
      return result;
    });
  };
}
