import { listStatementKeys } from '../../intake/statement-identity.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { ExpectedReads } from '../../store/store.ts';
import {
  formatReplacementReference,
  formatSupersededReference,
  TEST_PATIENT_REFERENCE,
} from '../facts/resource-index.ts';
import type { CheckedInteraction } from './check-interaction.ts';

/**
 * Lists what receiving the interactions will look up, as far as the resources with an id tell. It changes no result: what is
 * not listed is looked up when it is needed.
 */
export function listExpectedReads(site: string, checked: readonly CheckedInteraction[]): ExpectedReads {
  const resources: ResourceKey[] = [];
  const references = [TEST_PATIENT_REFERENCE];
  const identifiers: { resourceType: string; identifier: string }[] = [];
  for (const { interaction, validated } of checked) {
    if (validated === null || 'issues' in validated) continue;
    const { resource } = validated;
    const { resourceType } = resource;
    const id = interaction.id ?? resource.id;
    if (id === undefined) continue;
    resources.push({ site, resourceType, id });
    const name = `${resourceType}/${id}`;
    if (resourceType === 'Observation')
      references.push(name, formatSupersededReference(name), formatReplacementReference(name));
    for (const identifier of listStatementKeys(resource)) identifiers.push({ resourceType, identifier });
  }
  return { site, resources, references, identifiers };
}
