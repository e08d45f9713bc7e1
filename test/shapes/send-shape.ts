import { planBundle } from '../../src/fhir/bundles/plan-bundle.ts';
import type { FhirVersion } from '../../src/fhir/fhir-version.ts';
import type { Grouping, Interaction, InteractionResult } from '../../src/fhir/interaction.ts';
import { inferInteraction } from '../../src/fhir/parse-interaction.ts';
import { isObject } from '../../src/fhir/resource.ts';
import type { TestService } from '../support/with-service.ts';

function buildDeletion(reference: string): Interaction {
  const [resourceType = '', id = ''] = reference.split('/');
  return { method: 'delete', resourceType, id, resource: null, ifNoneExist: null, ifMatch: null };
}

function planInteractions(sent: unknown, version: FhirVersion): readonly [readonly Interaction[], Grouping] {
  if (isObject(sent) && typeof sent.delete === 'string') return [[buildDeletion(sent.delete)], 'each'];
  if (!isObject(sent) || sent.resourceType !== 'Bundle') return [[inferInteraction(sent, version)], 'each'];
  const plan = planBundle(sent, version);
  if (plan.refused.length > 0) throw new Error(JSON.stringify(plan.refused));
  return [plan.planned.map(({ interaction }) => interaction), plan.grouping];
}

/** Sends a resource, a Bundle, `{ "r5": … }` around either of them, or `{ "delete": "Observation/x" }`. */
export function sendShape(
  { service }: TestService,
  site: string,
  sent: unknown,
): Promise<readonly InteractionResult[]> {
  const isR5 = isObject(sent) && 'r5' in sent;
  const [content, version] = isR5 ? [sent.r5, '5.0' as const] : [sent, '4.0' as const];
  return service.accept(site, ...planInteractions(content, version), 'test');
}
