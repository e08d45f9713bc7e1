import { normaliseSystem } from './codes/code-systems.ts';
import {
  type ConceptMap,
  type MapElement,
  type MapGroup,
  type MappingFile,
  type MapTarget,
  readConceptMap,
} from './codes/concept-map.ts';
import { parseVocabularyName } from './codes/controlled-terms.ts';
import { normaliseUnit } from './codes/normalise-unit.ts';
import type { MappingFiles } from './compile-mappings.ts';
import { compileView } from './view/compile-view.ts';

/** The layers of the mapping library. */
type MappingLayer = 'decided' | 'site' | 'study' | 'general';

/** The first layer takes precedence. */
const LAYER_PRECEDENCE: readonly MappingLayer[] = ['decided', 'site', 'study', 'general'];

/** The statement of one file about one code, unit spelling or view. */
interface LayerStatement {
  readonly layer: MappingLayer;
  /** null: the file belongs to no study. */
  readonly study: string | null;
  readonly file: string;
  /** The statement, as text for people. */
  readonly says: string;
}

/**
 * A code, unit spelling or view that several layers define at a site: the first one applies and hides the others. Its
 * keys are printed by `check --json`.
 */
export interface LayerOverlap {
  readonly kind: 'code' | 'unit' | 'view';
  /** `analyte http://loinc.org|777-3`, `platelets K/uL`, or the name of the view. */
  readonly about: string;
  readonly sayings: readonly LayerStatement[];
}

type StatementSource = Omit<LayerStatement, 'file' | 'says'>;

/** A statement, what it is about, and its meaning in a form that can be compared. */
interface ComparableStatement extends Pick<LayerOverlap, 'kind' | 'about'> {
  readonly meaning: string;
  readonly statement: LayerStatement;
}

interface LayerFiles {
  readonly concepts: readonly MappingFile[];
  readonly units: readonly MappingFile[];
  readonly views?: readonly MappingFile[];
}

const findFactor = ({ product }: MapTarget): string | null =>
  product.find(({ name }) => name === 'factor')?.value ?? null;

function describeTarget(target: MapTarget): string {
  const conditions = target.dependsOn.map(({ name, value }) => `${name} ${value}`).join(', ');
  const factor = findFactor(target);
  return `${target.code ?? 'not needed'}${factor === null ? '' : ` × ${factor}`}${conditions === '' ? '' : ` (only for ${conditions})`}`;
}

function buildStatement(
  kind: LayerOverlap['kind'],
  about: string,
  { targets }: MapElement,
  source: StatementSource & Pick<LayerStatement, 'file'>,
): ComparableStatement {
  return {
    kind,
    about,
    meaning: JSON.stringify(targets.map((target) => [target.code, target.dependsOn, findFactor(target)])),
    statement: { ...source, says: targets.map(describeTarget).join(' or ') },
  };
}

const listElements = (map: ConceptMap): readonly (readonly [MapGroup, MapElement])[] =>
  map.groups.flatMap((group) => group.elements.map((element) => [group, element] as const));

function listStatements(
  { concepts, units, views = [] }: LayerFiles,
  source: StatementSource,
): readonly ComparableStatement[] {
  const codes = concepts.map(readConceptMap).flatMap((map) =>
    listElements(map).map(([group, element]) => {
      const about = `${parseVocabularyName(group.target)} ${normaliseSystem(group.source)}|${element.code}`;
      return buildStatement('code', about, element, { ...source, file: map.file });
    }),
  );
  const spellings = units.map(readConceptMap).flatMap((map) =>
    listElements(map).map(([, element]) => {
      const about = `${map.quantity} ${normaliseUnit(element.code)}`;
      return buildStatement('unit', about, element, { ...source, file: map.file });
    }),
  );
  const viewStatements = views.map(({ file, json }): ComparableStatement => {
    const { name, resource } = compileView(json);
    const statement = { ...source, file, says: `rows of ${resource}` };
    return { kind: 'view', about: name, meaning: resource, statement };
  });
  return [...codes, ...spellings, ...viewStatements];
}

/** Groups statements by subject matter: their kind and the code, spelling or view. */
function groupStatements(
  statements: readonly ComparableStatement[],
): readonly (readonly [ComparableStatement, ...ComparableStatement[]])[] {
  const groups = new Map<string, [ComparableStatement, ...ComparableStatement[]]>();
  for (const statement of statements) {
    const key = `${statement.kind} ${statement.about}`;
    const group = groups.get(key);
    if (group) group.push(statement);
    else groups.set(key, [statement]);
  }
  return [...groups.values()];
}

function toOverlap(group: readonly [ComparableStatement, ...ComparableStatement[]]): LayerOverlap {
  const [{ kind, about }] = group;
  return { kind, about, sayings: group.map(({ statement }) => statement) };
}

const hasDifferentValues = (values: readonly unknown[]): boolean => new Set(values).size > 1;

const compareLayers = (a: LayerStatement, b: LayerStatement): number =>
  LAYER_PRECEDENCE.indexOf(a.layer) - LAYER_PRECEDENCE.indexOf(b.layer);

/**
 * Finds entries that several layers define for the subjects at a site; the layer that applies is first: decided, site,
 * study, general. A study's statements apply to its own subjects only. Empty if no layer hides another.
 */
export function findLayerOverlaps(files: MappingFiles, site: string): readonly LayerOverlap[] {
  const decisions = (files.decided ?? []).filter((folder) => folder.site === site);
  const siteFolders = files.site.filter((folder) => folder.site === site);
  const statements = [
    ...decisions.flatMap((folder) => listStatements(folder, { layer: 'decided', study: null })),
    ...siteFolders.flatMap((folder) =>
      listStatements(folder, { layer: 'site', study: folder.study ?? null }),
    ),
    ...(files.study ?? []).flatMap((folder) =>
      listStatements(folder, { layer: 'study', study: folder.study }),
    ),
    ...listStatements(files, { layer: 'general', study: null }),
  ];
  return groupStatements(statements)
    .filter((group) => hasDifferentValues(group.map(({ statement }) => statement.layer)))
    .map(toOverlap)
    .map((overlap) => ({ ...overlap, sayings: [...overlap.sayings].sort(compareLayers) }));
}

/**
 * Finds contradictions between the folders of two studies about one site. A site is one hospital: its code cannot have two
 * meanings, so one of the folders is wrong. Views contradict each other if two folders have one of the same name.
 */
export function findSiteConflicts(
  files: MappingFiles,
): readonly (LayerOverlap & { readonly site: string })[] {
  return [...new Set(files.site.map(({ site }) => site))].flatMap((site) => {
    const statements = files.site
      .filter((folder) => folder.site === site)
      .flatMap((folder) => listStatements(folder, { layer: 'site', study: folder.study ?? null }));
    return groupStatements(statements)
      .filter((group) => hasDifferentValues(group.map(({ statement }) => statement.study)))
      .filter((group) => group[0].kind === 'view' || hasDifferentValues(group.map(({ meaning }) => meaning)))
      .map((group) => ({ ...toOverlap(group), site }));
  });
}
