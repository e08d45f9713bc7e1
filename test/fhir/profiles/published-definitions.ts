import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { validateResource } from '@medplum/core';
import type { DefinitionResource } from '../../../profiles/build/definition-resource.ts';
import {
  isStructureDefinition,
  type StructureDefinition,
} from '../../../profiles/build/structure-definition.ts';
import { type ProfileRules, parseProfileRules } from '../../../src/fhir/profiles/profile-rules.ts';
import {
  createInboundValidator,
  type InboundValidator,
} from '../../../src/fhir/profiles/validate-inbound.ts';

const PROFILES_FOLDER = resolve(import.meta.dirname, '../../../profiles');

const readProfilesJson = (...path: string[]): DefinitionResource =>
  JSON.parse(readFileSync(join(PROFILES_FOLDER, ...path), 'utf8')) as DefinitionResource;

/** All definitions that are checked in below profiles/built. */
export const PUBLISHED_DEFINITIONS: readonly DefinitionResource[] = readdirSync(
  join(PROFILES_FOLDER, 'built'),
).map((file) => readProfilesJson('built', file));

export function findPublishedDefinition(id: string): StructureDefinition {
  const profile = PUBLISHED_DEFINITIONS.filter(isStructureDefinition).find((each) => each.id === id);
  if (!profile) throw new Error(`There is no profile ${id}.`);
  return profile;
}

export function readInboundRules(): ProfileRules {
  const parsed = parseProfileRules(readProfilesJson('inbound-rules.json'));
  if (!('rules' in parsed)) throw new Error(`${parsed.at}: ${parsed.message}`);
  return parsed.rules;
}

/** Creates the validator that the service uses. */
export const createInboundValidate = (): InboundValidator => createInboundValidator(readInboundRules());

/** Lists the elements that inbound validation refuses; empty for a valid resource. */
export function listRefusedElements(validate: InboundValidator, tree: unknown): readonly string[] {
  const result = validate(tree);
  return 'issues' in result ? result.issues.map(({ expression = '' }) => expression) : [];
}

/** Lists the problems that Medplum's validator, which is independent of the adapter, finds by the profile. */
export function listMedplumProblems(resource: unknown, id: string): readonly string[] {
  try {
    const profile = findPublishedDefinition(id) as unknown as NonNullable<
      Parameters<typeof validateResource>[1]
    >['profile'];
    return validateResource(JSON.parse(JSON.stringify(resource)), profile ? { profile } : {})
      .filter(({ severity }) => severity === 'error')
      .map(({ expression, details }) => `${expression}: ${details?.text}`);
  } catch (error) {
    return [String(error)];
  }
}

export function readProfileCases<T>(name: string): T {
  const file = new URL(`../../cases/profiles/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
