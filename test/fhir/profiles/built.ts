import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { validateResource } from '@medplum/core';
import { isStructureDefinition, type StructureDefinition } from '../../../profiles/build/definition.ts';
import type { Json } from '../../../profiles/build/resource.ts';
import { type ProfileRules, parseProfileRules } from '../../../src/fhir/profiles/rules.ts';
import { createValidate, type Validate } from '../../../src/fhir/profiles/validate.ts';

const PROFILES = resolve(import.meta.dirname, '../../../profiles');

const read = (...path: string[]): Json => JSON.parse(readFileSync(join(PROFILES, ...path), 'utf8')) as Json;

/** Everything that is checked in below profiles/built. */
export const BUILT: readonly Json[] = readdirSync(join(PROFILES, 'built')).map((file) => read('built', file));

export function definitionOf(id: string): StructureDefinition {
  const found = BUILT.filter(isStructureDefinition).find((each) => each.id === id);
  if (!found) throw new Error(`There is no profile ${id}.`);
  return found;
}

export function doorRules(): ProfileRules {
  const parsed = parseProfileRules(read('inbound-rules.json'));
  if (!('rules' in parsed)) throw new Error(`${parsed.at}: ${parsed.message}`);
  return parsed.rules;
}

/** What the doors use. */
export const doorValidate = (): Validate => createValidate(doorRules());

/** The elements that the doors refuse; empty where they accept. */
export function refusedAt(validate: Validate, tree: unknown): readonly string[] {
  const result = validate(tree);
  return 'issues' in result ? result.issues.map(({ expression = '' }) => expression) : [];
}

/** What Medplum's validator, which knows nothing of our code, has against the resource by the profile. */
export function medplumProblems(resource: unknown, id: string): readonly string[] {
  try {
    const profile = definitionOf(id) as unknown as NonNullable<
      Parameters<typeof validateResource>[1]
    >['profile'];
    return validateResource(JSON.parse(JSON.stringify(resource)), profile ? { profile } : {})
      .filter(({ severity }) => severity === 'error')
      .map(({ expression, details }) => `${expression}: ${details?.text}`);
  } catch (error) {
    return [String(error)];
  }
}

export function cases<T>(name: string): T {
  const file = new URL(`../../cases/profiles/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
