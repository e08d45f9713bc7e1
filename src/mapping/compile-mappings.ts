import { z } from 'zod';
import { Failure } from '../errors.ts';
import { buildCodeSystemUrl } from '../fhir/canonical-urls.ts';
import { type ConceptMap, type MappingFile, readConceptMap } from './codes/concept-map.ts';
import { compileTerminology, type Terminology } from './codes/terminology.ts';
import { MappingFailure } from './mapping-failure.ts';
import { compileUnitTables, type UnitTables } from './units/unit-tables.ts';
import { type CompiledView, compileView } from './view/compile-view.ts';

/** What somebody says differently: codes, unit spellings, and views, which replace the wider ones of the same name. */
interface LayerFiles {
  readonly concepts: readonly MappingFile[];
  readonly units: readonly MappingFile[];
  readonly views?: readonly MappingFile[];
}

/** What a site says differently, in the folder of one study: the site is one, so its folders must agree. */
export interface SiteMappingFiles extends LayerFiles {
  readonly site: string;
  readonly study?: string;
}

/** What a study says differently, whatever the site. */
export interface StudyMappingFiles extends LayerFiles {
  readonly study: string;
}

/** The mapping library as parsed JSON files. What is decided comes first, then the site, the study, and the rest. */
export interface MappingFiles {
  readonly views: readonly MappingFile[];
  readonly concepts: readonly MappingFile[];
  readonly units: readonly MappingFile[];
  readonly site: readonly SiteMappingFiles[];
  readonly study?: readonly StudyMappingFiles[];
  readonly decided?: readonly SiteMappingFiles[];
}

/** The views of one kind of resource, as compiled from the library. */
export interface MappingView {
  readonly file: string;
  readonly kind: string;
  readonly view: CompiledView;
}

/** What the library gives to every reader. */
export interface CompiledMappings {
  readonly terminology: Terminology;
  readonly units: UnitTables;
  readonly views: ReadonlyMap<string, readonly MappingView[]>;
}

/** What readers use for the subjects of a study (undefined: of none) at a site. */
export type SelectMappings = (study: string | undefined, site: string) => CompiledMappings;

const taggedSchema = z.looseObject({
  meta: z.looseObject({ tag: z.array(z.looseObject({ system: z.string(), code: z.string() })) }),
});

const FACT_KIND_SYSTEM = buildCodeSystemUrl('fact-kind');

function readFactKind(part: MappingFile, kinds: ReadonlySet<string>): string {
  const read = taggedSchema.safeParse(part.json);
  const tag = read.success ? read.data.meta.tag.find((t) => t.system === FACT_KIND_SYSTEM) : undefined;
  if (tag && kinds.has(tag.code)) return tag.code;
  const fix = `Tag the view with system ${FACT_KIND_SYSTEM} and one of ${[...kinds].join(', ')}.`;
  throw new MappingFailure(part.file, 'meta.tag', fix);
}

function compileMappingView(part: MappingFile, kinds: ReadonlySet<string>): MappingView {
  try {
    return { file: part.file, kind: readFactKind(part, kinds), view: compileView(part.json) };
  } catch (cause) {
    if (!(cause instanceof Failure) || cause instanceof MappingFailure) throw cause;
    throw new MappingFailure(
      part.file,
      cause.at ?? 'ViewDefinition',
      `${cause.message} ${cause.fix ?? ''}`.trim(),
      cause,
    );
  }
}

function groupMapsBySite(
  all: readonly SiteMappingFiles[],
  take: (site: SiteMappingFiles) => readonly MappingFile[],
): Map<string, ConceptMap[]> {
  const maps = new Map<string, ConceptMap[]>();
  for (const site of all)
    maps.set(site.site, [...(maps.get(site.site) ?? []), ...take(site).map(readConceptMap)]);
  return maps;
}

/** The codes and units as the subjects of a study meet them. */
function compileMaps(
  parts: MappingFiles,
  study: LayerFiles | undefined,
): Pick<CompiledMappings, 'terminology' | 'units'> {
  const { site, decided = [] } = parts;
  return {
    terminology: compileTerminology(
      parts.concepts.map(readConceptMap),
      groupMapsBySite(site, (s) => s.concepts),
      {
        study: (study?.concepts ?? []).map(readConceptMap),
        decided: groupMapsBySite(decided, (s) => s.concepts),
      },
    ),
    units: compileUnitTables(
      parts.units.map(readConceptMap),
      groupMapsBySite(site, (s) => s.units),
      {
        study: (study?.units ?? []).map(readConceptMap),
        decided: groupMapsBySite(decided, (s) => s.units),
      },
    ),
  };
}

/** Views by name, each layer's in place of the wider ones of the same name; then by resource type. */
function mergeViewLayers(layers: readonly (readonly MappingView[])[]): CompiledMappings['views'] {
  const named = new Map(layers.flat().map((made) => [made.view.name, made]));
  const byType = new Map<string, MappingView[]>();
  for (const made of named.values())
    byType.set(made.view.resource, [...(byType.get(made.view.resource) ?? []), made]);
  return byType;
}

/**
 * The library's parts, checked and compiled for use; `kinds` are those that a view may be tagged with. Throws a
 * `library/invalid` Failure with file, place and fix at the first fault.
 */
export function compileMappings(parts: MappingFiles, kinds: ReadonlySet<string>): SelectMappings {
  const compile = (views: readonly MappingFile[] = []) =>
    views.map((part) => compileMappingView(part, kinds));
  const general = compile(parts.views);
  const common = { ...compileMaps(parts, undefined), views: mergeViewLayers([general]) };
  const words = new Map<string, Pick<CompiledMappings, 'terminology' | 'units'>>();
  const own = new Map<string, readonly MappingView[]>();
  for (const study of parts.study ?? []) {
    if (study.concepts.length + study.units.length > 0) words.set(study.study, compileMaps(parts, study));
    own.set(study.study, compile(study.views));
  }
  const bySiteId = new Map<string, readonly MappingView[]>();
  for (const { site, views } of parts.site)
    bySiteId.set(site, [...(bySiteId.get(site) ?? []), ...compile(views)]);
  const made = new Map<string, CompiledMappings>();
  return (study, site) => {
    const [ofStudy, ofSite] = [own.get(study ?? '') ?? [], bySiteId.get(site) ?? []];
    if (ofStudy.length + ofSite.length === 0) {
      const its = words.get(study ?? '');
      return its ? known(`${study}|`, () => ({ ...common, ...its })) : common;
    }
    return known(`${study ?? ''}|${site}`, () => ({
      ...common,
      ...words.get(study ?? ''),
      views: mergeViewLayers([general, ofStudy, ofSite]),
    }));
  };

  function known(key: string, make: () => CompiledMappings): CompiledMappings {
    const tools = made.get(key) ?? make();
    made.set(key, tools);
    return tools;
  }
}
