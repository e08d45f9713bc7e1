import { z } from 'zod';
import { Failure } from '../errors.ts';
import { buildCodeSystemUrl } from '../fhir/canonical-urls.ts';
import { type ConceptMap, type MappingFile, readConceptMap } from './codes/concept-map.ts';
import { compileTerminology, type Terminology } from './codes/terminology.ts';
import { MappingFailure } from './mapping-failure.ts';
import { compileUnitTables, type UnitTables } from './units/unit-tables.ts';
import { type CompiledView, compileView } from './view/compile-view.ts';

/** The files of one layer. Its codes and unit spellings hide those of wider layers; its views replace views by name. */
interface LayerFiles {
  readonly concepts: readonly MappingFile[];
  readonly units: readonly MappingFile[];
  readonly views?: readonly MappingFile[];
}

/** The overrides of a site, from the folder of one study. A site is one hospital, so all its folders must agree. */
export interface SiteMappingFiles extends LayerFiles {
  readonly site: string;
  readonly study?: string;
}

/** The overrides of a study at all sites. */
export interface StudyMappingFiles extends LayerFiles {
  readonly study: string;
}

/** The mapping library as parsed JSON files. Order of precedence: decisions, sites, studies, general files. */
export interface MappingFiles {
  readonly views: readonly MappingFile[];
  readonly concepts: readonly MappingFile[];
  readonly units: readonly MappingFile[];
  readonly site: readonly SiteMappingFiles[];
  readonly study?: readonly StudyMappingFiles[];
  readonly decided?: readonly SiteMappingFiles[];
}

/** A compiled view and the kind of fact that its rows become. */
export interface MappingView {
  readonly file: string;
  readonly kind: string;
  readonly view: CompiledView;
}

/** The mappings that apply to the subjects of one study at one site. */
export interface CompiledMappings {
  readonly terminology: Terminology;
  readonly units: UnitTables;
  /** Views by resource type. */
  readonly views: ReadonlyMap<string, readonly MappingView[]>;
}

/** Selects the mappings for the subjects of a study (undefined: subjects of no study) at a site. */
type SelectMappings = (study: string | undefined, site: string) => CompiledMappings;

type CompiledMaps = Pick<CompiledMappings, 'terminology' | 'units'>;

const taggedSchema = z.looseObject({
  meta: z.looseObject({ tag: z.array(z.looseObject({ system: z.string(), code: z.string() })) }),
});

const FACT_KIND_SYSTEM = buildCodeSystemUrl('fact-kind');

function readFactKind({ file, json }: MappingFile, kinds: ReadonlySet<string>): string {
  // Read once: compiled code would not pay.
  const parsed = taggedSchema.safeParse(json, { jitless: true });
  const tag = parsed.success
    ? parsed.data.meta.tag.find(({ system }) => system === FACT_KIND_SYSTEM)
    : undefined;
  if (tag && kinds.has(tag.code)) return tag.code;
  const fix = `Tag the view with system ${FACT_KIND_SYSTEM} and one of ${[...kinds].join(', ')}.`;
  throw new MappingFailure(file, 'meta.tag', fix);
}

function compileMappingView(viewFile: MappingFile, kinds: ReadonlySet<string>): MappingView {
  const { file, json } = viewFile;
  const kind = readFactKind(viewFile, kinds);
  try {
    return { file, kind, view: compileView(json) };
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const fix = `${cause.message} ${cause.fix ?? ''}`.trim();
    throw new MappingFailure(file, cause.at ?? 'ViewDefinition', fix, cause);
  }
}

function groupMapsBySite(
  sites: readonly SiteMappingFiles[],
  selectFiles: (site: SiteMappingFiles) => readonly MappingFile[],
): Map<string, ConceptMap[]> {
  const mapsBySite = new Map<string, ConceptMap[]>();
  for (const site of sites)
    mapsBySite.set(site.site, [
      ...(mapsBySite.get(site.site) ?? []),
      ...selectFiles(site).map(readConceptMap),
    ]);
  return mapsBySite;
}

/** Compiles the concept maps and unit maps for the subjects of a study (undefined: of no study). */
function compileMaps(files: MappingFiles, study: LayerFiles | undefined): CompiledMaps {
  const { site: sites, decided = [] } = files;
  const readLayers = (name: 'concepts' | 'units') =>
    [
      files[name].map(readConceptMap),
      groupMapsBySite(sites, (site) => site[name]),
      {
        study: (study?.[name] ?? []).map(readConceptMap),
        decided: groupMapsBySite(decided, (site) => site[name]),
      },
    ] as const;
  return {
    terminology: compileTerminology(...readLayers('concepts')),
    units: compileUnitTables(...readLayers('units')),
  };
}

/** Merges layers of views, widest first: a view replaces an earlier one of the same name. Returned by resource type. */
function mergeViewLayers(layers: readonly (readonly MappingView[])[]): CompiledMappings['views'] {
  const viewByName = new Map(layers.flat().map((entry) => [entry.view.name, entry]));
  const viewsByType = new Map<string, MappingView[]>();
  for (const entry of viewByName.values())
    viewsByType.set(entry.view.resource, [...(viewsByType.get(entry.view.resource) ?? []), entry]);
  return viewsByType;
}

type ViewsByName = ReadonlyMap<string, readonly MappingView[]>;

/** The compiled layers of the library. */
interface CompiledLayers {
  readonly general: CompiledMappings;
  readonly generalViews: readonly MappingView[];
  readonly mapsByStudy: ReadonlyMap<string, CompiledMaps>;
  readonly viewsByStudy: ViewsByName;
  readonly viewsBySite: ViewsByName;
}

/** Combines the layers into the mappings for a study (empty: no study) at a site. */
function combineLayers(layers: CompiledLayers, study: string, site: string): CompiledMappings {
  const { general, generalViews } = layers;
  const studyViews = layers.viewsByStudy.get(study) ?? [];
  const siteViews = layers.viewsBySite.get(site) ?? [];
  const hasOwnViews = studyViews.length + siteViews.length > 0;
  const views = hasOwnViews ? mergeViewLayers([generalViews, studyViews, siteViews]) : general.views;
  return { ...general, ...layers.mapsByStudy.get(study), views };
}

/**
 * Checks and compiles the mapping library. `kinds` are the tags that a view may have. Throws a MappingFailure with file,
 * place and fix at the first fault.
 */
export function compileMappings(files: MappingFiles, kinds: ReadonlySet<string>): SelectMappings {
  const compileViews = (views: readonly MappingFile[] = []) =>
    views.map((viewFile) => compileMappingView(viewFile, kinds));
  const generalViews = compileViews(files.views);
  const general = { ...compileMaps(files, undefined), views: mergeViewLayers([generalViews]) };
  const mapsByStudy = new Map<string, CompiledMaps>();
  const viewsByStudy = new Map<string, readonly MappingView[]>();
  for (const study of files.study ?? []) {
    if (study.concepts.length + study.units.length > 0)
      mapsByStudy.set(study.study, compileMaps(files, study));
    viewsByStudy.set(study.study, compileViews(study.views));
  }
  const viewsBySite = new Map<string, readonly MappingView[]>();
  for (const { site, views } of files.site)
    viewsBySite.set(site, [...(viewsBySite.get(site) ?? []), ...compileViews(views)]);
  const layers = { general, generalViews, mapsByStudy, viewsByStudy, viewsBySite };
  const mappingsByStudyAndSite = new Map<string, CompiledMappings>();
  return (study = '', site) => {
    const key = JSON.stringify([study, site]);
    const mappings = mappingsByStudyAndSite.get(key) ?? combineLayers(layers, study, site);
    mappingsByStudyAndSite.set(key, mappings);
    return mappings;
  };
}
