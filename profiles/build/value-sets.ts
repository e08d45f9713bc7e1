import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CANONICAL_BASE } from '../../src/fhir/canonical-urls.ts';
import type { DefinitionResource } from './definition-resource.ts';

interface MapTarget {
  readonly code?: string;
  readonly equivalence: string;
  readonly product?: readonly { readonly property: string; readonly value: string }[];
}

interface MapGroup {
  readonly extension?: readonly { readonly url: string }[];
  readonly source: string;
  readonly target: string;
  readonly element: readonly {
    readonly code: string;
    readonly display?: string;
    readonly target?: readonly MapTarget[];
  }[];
}

interface ConceptMapResource extends DefinitionResource {
  readonly copyright?: string;
  readonly group: readonly MapGroup[];
}

interface ValueSetSpec {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  /** The code system of the trial's terms. */
  readonly target: string;
  selects(target: MapTarget): boolean;
}

const COUNT_ANALYTES = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];

const VALUE_SET_SPECS: readonly ValueSetSpec[] = [
  {
    id: 'blood-count-codes',
    name: 'BloodCountCodes',
    title: 'Codes of blood counts and haemoglobin',
    target: 'analyte',
    selects: ({ code = '' }) => COUNT_ANALYTES.includes(code),
  },
  {
    id: 'body-weight-codes',
    name: 'BodyWeightCodes',
    title: 'Codes of body weight',
    target: 'analyte',
    selects: ({ code }) => code === 'body-weight',
  },
  {
    id: 'cell-product-codes',
    name: 'CellProductCodes',
    title: 'Codes of the cell products under study',
    target: 'msc-product',
    selects: () => true,
  },
  {
    id: 'transfusion-codes',
    name: 'TransfusionCodes',
    title: 'Codes of transfusions',
    target: 'blood-component',
    selects: () => true,
  },
  {
    id: 'transplant-codes',
    name: 'TransplantCodes',
    title: 'Codes of transplants of blood-forming stem cells',
    target: 'transplant',
    selects: () => true,
  },
  {
    id: 'growth-factor-codes',
    name: 'GrowthFactorCodes',
    title: 'Codes of growth factors',
    target: 'agent',
    selects: ({ product = [] }) => product.some(({ value }) => value === 'growth-factor'),
  },
  {
    id: 'condition-codes',
    name: 'ConditionCodes',
    title: 'Codes of the conditions that matter to the trial',
    target: 'condition',
    selects: () => true,
  },
];

/** Reads the general ConceptMaps, whose only source is mappings/. */
export function readConceptMaps(mappings: string): readonly ConceptMapResource[] {
  return ['concepts', 'units'].flatMap((folder) =>
    readdirSync(join(mappings, folder))
      .filter((file) => file.endsWith('.json') && !file.endsWith('.cases.json'))
      .sort()
      .map((file) => JSON.parse(readFileSync(join(mappings, folder, file), 'utf8')) as ConceptMapResource),
  );
}

/** Builds value sets of the standard codes in the maps, so that a code is written only in its map. */
export function buildValueSets(
  maps: readonly ConceptMapResource[],
  version: string,
): readonly DefinitionResource[] {
  return VALUE_SET_SPECS.map(({ id, name, title, target, selects }) => {
    const groups = maps.flatMap((map) =>
      map.group
        .filter((group) => group.target === `${CANONICAL_BASE}/CodeSystem/${target}`)
        .map((group) => ({ map, include: buildIncludes(group, selects) })),
    );
    const sources = groups.filter(({ include }) => include.length > 0);
    const copyright = [...new Set(sources.flatMap(({ map }) => map.copyright ?? []))].join(' ');
    return {
      resourceType: 'ValueSet',
      id,
      url: `${CANONICAL_BASE}/ValueSet/${id}`,
      version,
      name,
      title,
      status: 'active',
      experimental: false,
      description: `Generated from the ConceptMaps to the code system ${target}.`,
      ...(copyright ? { copyright } : {}),
      compose: { include: sources.flatMap(({ include }) => include) },
    };
  });
}

/** Builds the includes of a map's group: one filter per code where codes include those below them, else a list. */
function buildIncludes(
  { source: system, extension = [], element }: MapGroup,
  selects: ValueSetSpec['selects'],
): unknown[] {
  const selected = element.filter(({ target = [] }) =>
    target.some(
      (mapped) =>
        mapped.code !== undefined &&
        mapped.code !== 'other' &&
        mapped.equivalence !== 'unmatched' &&
        selects(mapped),
    ),
  );
  if (selected.length === 0) return [];
  if (!extension.some(({ url }) => url.endsWith('/code-hierarchy'))) {
    return [
      { system, concept: selected.map(({ code, display }) => ({ code, ...(display ? { display } : {}) })) },
    ];
  }
  return selected.map(({ code }) => ({ system, filter: [{ property: 'concept', op: 'is-a', value: code }] }));
}
