import type { Interaction } from '../../fhir/interaction.ts';
import type { PipelineDependencies } from '../dependencies.ts';

/** An interaction with the result of its validation, which needs nothing from the store. */
export interface CheckedInteraction {
  readonly interaction: Interaction;
  /** The valid resource, or what is wrong with it; null for a deletion, which has none. */
  readonly validated: ReturnType<PipelineDependencies['validate']> | null;
}

/** Validates the resource of an interaction. */
export const checkInteraction = (
  { validate }: Pick<PipelineDependencies, 'validate'>,
  interaction: Interaction,
): CheckedInteraction => ({
  interaction,
  validated: interaction.method === 'delete' ? null : validate(interaction.resource, interaction.fhirVersion),
});
