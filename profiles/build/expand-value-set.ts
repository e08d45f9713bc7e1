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

/** Code system → codes. */
export type CodesBySystem = Record<string, string[]>;

/** The codes of a value set, by code system; throws where they cannot be listed (a filter, an unknown code system). */
export type ExpandValueSet = (canonical: string) => CodesBySystem;

/** An expander over these ValueSets and CodeSystems (FHIR R4 ValueSet.compose; excludes of single codes only). */
export function createExpander(resources: readonly DefinitionResource[]): ExpandValueSet {
  const byUrl = new Map(
    resources
      .filter(({ resourceType }) => resourceType === 'ValueSet' || resourceType === 'CodeSystem')
      .map((resource) => [`${resource.resourceType} ${resource.url}`, resource]),
  );
  const conceptsOf = (system: string): readonly Concept[] => {
    const all = byUrl.get(`CodeSystem ${system}`)?.concept;
    if (!Array.isArray(all)) throw new Error(`The codes of ${system} are not at hand.`);
    return all;
  };
  const included = ({ system, concept, filter, valueSet = [] }: Include): CodesBySystem => {
    if (filter) throw new Error(`A filter on ${system} cannot be listed.`);
    if (system) return { [system]: (concept ?? conceptsOf(system)).flatMap(listDescendantCodes) };
    return mergeCodes(valueSet.map(expand));
  };
  const expand: ExpandValueSet = (canonical) => {
    const compose = byUrl.get(`ValueSet ${stripVersion(canonical)}`)?.compose as Compose | undefined;
    if (!compose) throw new Error(`There is no value set ${canonical}.`);
    return excludeCodes(mergeCodes(compose.include.map(included)), compose.exclude ?? []);
  };
  return expand;
}

function mergeCodes(all: readonly CodesBySystem[]): CodesBySystem {
  const codes: CodesBySystem = {};
  for (const [system, some] of all.flatMap((each) => Object.entries(each))) {
    codes[system] = [...new Set([...(codes[system] ?? []), ...some])];
  }
  return codes;
}

function excludeCodes(codes: CodesBySystem, excludes: readonly Include[]): CodesBySystem {
  const out = new Set(
    excludes.flatMap(({ system, concept = [] }) => concept.map(({ code }) => `${system}|${code}`)),
  );
  return Object.fromEntries(
    Object.entries(codes).map(([system, all]) => [
      system,
      all.filter((code) => !out.has(`${system}|${code}`)),
    ]),
  );
}

function listDescendantCodes({ code, concept = [] }: Concept): string[] {
  return [code, ...concept.flatMap(listDescendantCodes)];
}
