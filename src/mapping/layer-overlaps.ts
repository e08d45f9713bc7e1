import { normaliseSystem } from './codes/code-systems.ts';
import type { ConceptMap, MapElement, MapGroup, MappingFile } from './codes/concept-map.ts';
import { readConceptMap } from './codes/concept-map.ts';
import { parseVocabularyName } from './codes/controlled-terms.ts';
import { normaliseUnit } from './codes/normalise-unit.ts';
import type { MappingFiles } from './compile-mappings.ts';
import { compileView } from './view/compile-view.ts';

/** Who says something, the strongest first. */
export type MappingLayer = 'decided' | 'site' | 'study' | 'general';

const LAYER_PRECEDENCE: readonly MappingLayer[] = ['decided', 'site', 'study', 'general'];

/** What one file says about one code, unit spelling or view. */
export interface LayerStatement {
  readonly layer: MappingLayer;
  /** null: not of one study. */
  readonly study: string | null;
  readonly file: string;
  readonly says: string;
}

/** Something about which more than one layer speaks at a site: the first one wins, the others are hidden. */
export interface LayerOverlap {
  readonly kind: 'code' | 'unit' | 'view';
  /** `analyte http://loinc.org|777-3`, `platelets K/uL`, or the view's name. */
  readonly about: string;
  readonly sayings: readonly LayerStatement[];
}

type KeyedStatement = readonly [kind: LayerOverlap['kind'], about: string, saying: LayerStatement];
type StatementSource = Omit<LayerStatement, 'file' | 'says'>;

interface LayerFiles {
  readonly concepts: readonly MappingFile[];
  readonly units: readonly MappingFile[];
  readonly views?: readonly MappingFile[];
}

function describeTargets(element: MapElement): string {
  return element.targets
    .map(({ code, dependsOn, product }) => {
      const only = dependsOn.map((d) => `${d.name} ${d.value}`).join(', ');
      const factor = product.find((p) => p.name === 'factor');
      return `${code ?? 'no use'}${factor ? ` × ${factor.value}` : ''}${only === '' ? '' : ` (only for ${only})`}`;
    })
    .join(' or ');
}

const listElements = (map: ConceptMap): readonly (readonly [MapGroup, MapElement])[] =>
  map.groups.flatMap((group) => group.elements.map((element) => [group, element] as const));

function listStatements({ concepts, units, views = [] }: LayerFiles, by: StatementSource): KeyedStatement[] {
  const codes = concepts.map(readConceptMap).flatMap((map) =>
    listElements(map).map(([group, element]): KeyedStatement => {
      const about = `${parseVocabularyName(group.target)} ${normaliseSystem(group.source)}|${element.code}`;
      return ['code', about, { ...by, file: map.file, says: describeTargets(element) }];
    }),
  );
  const spellings = units.map(readConceptMap).flatMap((map) =>
    listElements(map).map(([, element]): KeyedStatement => {
      const about = `${map.quantity} ${normaliseUnit(element.code)}`;
      return ['unit', about, { ...by, file: map.file, says: describeTargets(element) }];
    }),
  );
  const rows = views.map(({ file, json }): KeyedStatement => {
    const { name, resource } = compileView(json);
    return ['view', name, { ...by, file, says: `rows of ${resource}` }];
  });
  return [...codes, ...spellings, ...rows];
}

function groupStatements(said: readonly KeyedStatement[]): LayerOverlap[] {
  const all = new Map<string, { kind: LayerOverlap['kind']; about: string; sayings: LayerStatement[] }>();
  for (const [kind, about, saying] of said) {
    const known = all.get(`${kind} ${about}`);
    if (known) known.sayings.push(saying);
    else all.set(`${kind} ${about}`, { kind, about, sayings: [saying] });
  }
  return [...all.values()];
}

const hasDifferentValues = (values: readonly unknown[]): boolean => new Set(values).size > 1;

/**
 * What more than one layer says for the subjects at a site, the layer that wins first: decided > site > study >
 * general. A study's sayings hold for its own subjects only. Empty where nothing is said twice.
 */
export function findLayerOverlaps(parts: MappingFiles, site: string): readonly LayerOverlap[] {
  const own = parts.site.filter((s) => s.site === site);
  const said = [
    ...(parts.decided ?? [])
      .filter((s) => s.site === site)
      .flatMap((s) => listStatements(s, { layer: 'decided', study: null })),
    ...own.flatMap((s) => listStatements(s, { layer: 'site', study: s.study ?? null })),
    ...(parts.study ?? []).flatMap((s) => listStatements(s, { layer: 'study', study: s.study })),
    ...listStatements(parts, { layer: 'general', study: null }),
  ];
  return groupStatements(said)
    .filter(({ sayings }) => hasDifferentValues(sayings.map((s) => s.layer)))
    .map((each) => ({
      ...each,
      sayings: [...each.sayings].sort(
        (a, b) => LAYER_PRECEDENCE.indexOf(a.layer) - LAYER_PRECEDENCE.indexOf(b.layer),
      ),
    }));
}

/**
 * What the folders of two studies say differently about one site. A site is one hospital: its code cannot mean two
 * things, so one of them is wrong. Views conflict wherever two folders have one of the same name.
 */
export function findSiteConflicts(
  parts: MappingFiles,
): readonly (LayerOverlap & { readonly site: string })[] {
  return [...new Set(parts.site.map((s) => s.site))].flatMap((site) => {
    const folders = parts.site.filter((s) => s.site === site);
    const said = folders.flatMap((s) => listStatements(s, { layer: 'site', study: s.study ?? null }));
    return groupStatements(said)
      .filter(
        ({ kind, sayings }) =>
          hasDifferentValues(sayings.map((s) => s.study)) &&
          (kind === 'view' || hasDifferentValues(sayings.map((s) => s.says))),
      )
      .map((each) => ({ ...each, site }));
  });
}
