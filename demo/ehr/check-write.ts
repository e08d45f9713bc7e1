import { badRequest, OperationOutcomeError, validateResource } from '@medplum/core';
import type { FhirRepository } from '@medplum/fhir-router';
import type { Bundle, Reference, Resource } from '@medplum/fhirtypes';
import { STORED_TYPES } from './index-definitions.ts';

const storedTypes = new Set<string>(STORED_TYPES);

/**
 * Checks a write as an EHR does: it must be of a type that the EHR stores, valid R4, and about a patient that it has.
 */
export async function checkWrite(body: unknown, repo: FhirRepository): Promise<void> {
  for (const resource of listResources(body)) {
    if (!storedTypes.has(resource.resourceType)) {
      throw new OperationOutcomeError(badRequest(`This EHR does not store ${resource.resourceType}`));
    }
    validateResource(resource);
    await checkPatient(resource, repo);
  }
}

function listResources(body: unknown): Resource[] {
  if (!isResource(body)) throw new OperationOutcomeError(badRequest('The body is not a resource'));
  if (body.resourceType !== 'Bundle') return [body];
  return ((body as Bundle).entry ?? []).flatMap((entry) => (entry.resource ? [entry.resource] : []));
}

function isResource(body: unknown): body is Resource {
  return typeof body === 'object' && body !== null && 'resourceType' in body;
}

async function checkPatient(resource: Resource, repo: FhirRepository): Promise<void> {
  const { subject, patient } = resource as { subject?: Reference; patient?: Reference };
  const reference = (subject ?? patient)?.reference;
  if (!reference?.startsWith('Patient/')) return;
  try {
    await repo.readResource('Patient', reference.slice('Patient/'.length));
  } catch {
    throw new OperationOutcomeError(
      badRequest(`${resource.resourceType} refers to a patient that this EHR does not have`),
    );
  }
}
