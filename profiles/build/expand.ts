import { unversioned } from './definition.ts';
import type { Json } from './resource.ts';

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
export type Codes = Record<string, string[]>;

/** The codes of a value set, by code system; throws where they cannot be listed (a filter, an unknown code system). */
export type Expand = (canonical: string) => Codes;

/** An expander over these ValueSets and CodeSystems (FHIR R4 ValueSet.compose; excludes of single codes only). */
export function createExpand(resources: readonly Json[]): Expand {
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
  const included = ({ system, concept, filter, valueSet = [] }: Include): Codes => {
    if (filter) throw new Error(`A filter on ${system} cannot be listed.`);
    if (system) return { [system]: (concept ?? conceptsOf(system)).flatMap(withChildren) };
    return union(valueSet.map(expand));
  };
  const expand: Expand = (canonical) => {
    const compose = byUrl.get(`ValueSet ${unversioned(canonical)}`)?.compose as Compose | undefined;
    if (!compose) throw new Error(`There is no value set ${canonical}.`);
    return without(union(compose.include.map(included)), compose.exclude ?? []);
  };
  return expand;
}

function union(all: readonly Codes[]): Codes {
  const codes: Codes = {};
  for (const [system, some] of all.flatMap((each) => Object.entries(each))) {
    codes[system] = [...new Set([...(codes[system] ?? []), ...some])];
  }
  return codes;
}

function without(codes: Codes, excludes: readonly Include[]): Codes {
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

function withChildren({ code, concept = [] }: Concept): string[] {
  return [code, ...concept.flatMap(withChildren)];
}
