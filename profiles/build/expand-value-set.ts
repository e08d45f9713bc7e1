import type { DefinitionResource } from './definition-resource.ts';
import { stripVersion } from './structure-definition.ts';

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
}

interface Include {
  readonly system?: string;
  readonly concept?: readonly Concept[];
  readonly valueSet?: readonly string[];
  readonly filter?: readonly unknown[];
}

interface Compose {
  readonly include: readonly Include[];
  readonly exclude?: readonly Include[];
}

/** Codes by code system. */
export type CodesBySystem = Record<string, string[]>;

/** Lists the codes of a value set. Throws where they cannot be listed (a filter, a code system without codes). */
export type ExpandValueSet = (canonical: string) => CodesBySystem;

/** Creates an expander of these ValueSets and CodeSystems (FHIR R4 ValueSet.compose; excludes of single codes only). */
export function createExpander(resources: readonly DefinitionResource[]): ExpandValueSet {
  const byUrl = new Map(
    resources
      .filter(({ resourceType }) => resourceType === 'ValueSet' || resourceType === 'CodeSystem')
      .map((resource) => [`${resource.resourceType} ${resource.url}`, resource]),
  );
  const listConcepts = (system: string): readonly Concept[] => {
    const concepts = byUrl.get(`CodeSystem ${system}`)?.concept;
    if (!Array.isArray(concepts)) throw new Error(`The codes of ${system} are not available.`);
    return concepts;
  };
  const expandInclude = ({ system, concept, filter, valueSet = [] }: Include): CodesBySystem => {
    if (filter) throw new Error(`The codes of a filter on ${system} cannot be listed.`);
    if (system) return { [system]: (concept ?? listConcepts(system)).flatMap(listDescendantCodes) };
    return mergeCodes(valueSet.map(expand));
  };
  const expand: ExpandValueSet = (canonical) => {
    const compose = byUrl.get(`ValueSet ${stripVersion(canonical)}`)?.compose as Compose | undefined;
    if (!compose) throw new Error(`There is no value set ${canonical}.`);
    return excludeCodes(mergeCodes(compose.include.map(expandInclude)), compose.exclude ?? []);
  };
  return expand;
}

function mergeCodes(lists: readonly CodesBySystem[]): CodesBySystem {
  const merged: CodesBySystem = {};
  for (const [system, codes] of lists.flatMap((list) => Object.entries(list))) {
    merged[system] = [...new Set([...(merged[system] ?? []), ...codes])];
  }
  return merged;
}

function excludeCodes(codes: CodesBySystem, excludes: readonly Include[]): CodesBySystem {
  const excluded = new Set(
    excludes.flatMap(({ system, concept = [] }) => concept.map(({ code }) => `${system}|${code}`)),
  );
  return Object.fromEntries(
    Object.entries(codes).map(([system, systemCodes]) => [
      system,
      systemCodes.filter((code) => !excluded.has(`${system}|${code}`)),
    ]),
  );
}

function listDescendantCodes({ code, concept = [] }: Concept): string[] {
  return [code, ...concept.flatMap(listDescendantCodes)];
}
