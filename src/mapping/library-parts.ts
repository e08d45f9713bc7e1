import { z } from 'zod';
import { Failure } from '../errors.ts';
import { codeSystem } from '../fhir/canonical.ts';
import { type ConceptMap, invalidPart, type Part, readConceptMap } from './concept-map.ts';
import { compileConcepts } from './concepts.ts';
import type { KindOfView, Tools } from './reading.ts';
import { compileUnits } from './units.ts';
import { compileView } from './view/compile.ts';

/** What somebody says differently: codes, unit spellings, and views, which replace the wider ones of the same name. */
interface LayerParts {
  readonly concepts: readonly Part[];
  readonly units: readonly Part[];
  readonly views?: readonly Part[];
}

/** What a site says differently, in the folder of one study: the site is one, so its folders must agree. */
export interface SiteParts extends LayerParts {
  readonly site: string;
  readonly study?: string;
}

/** What a study says differently, whatever the site. */
export interface StudyParts extends LayerParts {
  readonly study: string;
}

/** The mapping library as parsed JSON files. What is decided comes first, then the site, the study, and the rest. */
export interface MappingParts {
  readonly views: readonly Part[];
  readonly concepts: readonly Part[];
  readonly units: readonly Part[];
  readonly site: readonly SiteParts[];
  readonly study?: readonly StudyParts[];
  readonly decided?: readonly SiteParts[];
}

/** What readers use for the subjects of a study (undefined: of none) at a site. */
export type ToolsOf = (study: string | undefined, site: string) => Tools;

const tagged = z.looseObject({
  meta: z.looseObject({ tag: z.array(z.looseObject({ system: z.string(), code: z.string() })) }),
});

const KIND = codeSystem('fact-kind');

function kindOf(part: Part, kinds: ReadonlySet<string>): string {
  const read = tagged.safeParse(part.json);
  const tag = read.success ? read.data.meta.tag.find((t) => t.system === KIND) : undefined;
  if (tag && kinds.has(tag.code)) return tag.code;
  const fix = `Tag the view with system ${KIND} and one of ${[...kinds].join(', ')}.`;
  throw invalidPart(part.file, 'meta.tag', fix);
}

function compiled(part: Part, kinds: ReadonlySet<string>): KindOfView {
  try {
    return { file: part.file, kind: kindOf(part, kinds), view: compileView(part.json) };
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.at?.startsWith(part.file)) throw cause;
    throw invalidPart(
      part.file,
      cause.at ?? 'ViewDefinition',
      `${cause.message} ${cause.fix ?? ''}`.trim(),
      cause,
    );
  }
}

function bySite(
  all: readonly SiteParts[],
  take: (site: SiteParts) => readonly Part[],
): Map<string, ConceptMap[]> {
  const maps = new Map<string, ConceptMap[]>();
  for (const site of all)
    maps.set(site.site, [...(maps.get(site.site) ?? []), ...take(site).map(readConceptMap)]);
  return maps;
}

/** The codes and units as the subjects of a study meet them. */
function wordsOf(parts: MappingParts, study: LayerParts | undefined): Pick<Tools, 'concepts' | 'units'> {
  const { site, decided = [] } = parts;
  return {
    concepts: compileConcepts(
      parts.concepts.map(readConceptMap),
      bySite(site, (s) => s.concepts),
      {
        study: (study?.concepts ?? []).map(readConceptMap),
        decided: bySite(decided, (s) => s.concepts),
      },
    ),
    units: compileUnits(
      parts.units.map(readConceptMap),
      bySite(site, (s) => s.units),
      {
        study: (study?.units ?? []).map(readConceptMap),
        decided: bySite(decided, (s) => s.units),
      },
    ),
  };
}

/** Views by name, each layer's in place of the wider ones of the same name; then by resource type. */
function viewsOf(layers: readonly (readonly KindOfView[])[]): Tools['views'] {
  const named = new Map(layers.flat().map((made) => [made.view.name, made]));
  const byType = new Map<string, KindOfView[]>();
  for (const made of named.values())
    byType.set(made.view.resource, [...(byType.get(made.view.resource) ?? []), made]);
  return byType;
}

/**
 * The library's parts, checked and compiled for use; `kinds` are those that a view may be tagged with. Throws a
 * `library/invalid` Failure with file, place and fix at the first fault.
 */
export function readLibrary(parts: MappingParts, kinds: ReadonlySet<string>): ToolsOf {
  const compile = (views: readonly Part[] = []) => views.map((part) => compiled(part, kinds));
  const general = compile(parts.views);
  const common = { ...wordsOf(parts, undefined), views: viewsOf([general]) };
  const words = new Map<string, Pick<Tools, 'concepts' | 'units'>>();
  const own = new Map<string, readonly KindOfView[]>();
  for (const study of parts.study ?? []) {
    if (study.concepts.length + study.units.length > 0) words.set(study.study, wordsOf(parts, study));
    own.set(study.study, compile(study.views));
  }
  const bySiteId = new Map<string, readonly KindOfView[]>();
  for (const { site, views } of parts.site)
    bySiteId.set(site, [...(bySiteId.get(site) ?? []), ...compile(views)]);
  const made = new Map<string, Tools>();
  return (study, site) => {
    const [ofStudy, ofSite] = [own.get(study ?? '') ?? [], bySiteId.get(site) ?? []];
    if (ofStudy.length + ofSite.length === 0) {
      const its = words.get(study ?? '');
      return its ? known(`${study}|`, () => ({ ...common, ...its })) : common;
    }
    return known(`${study ?? ''}|${site}`, () => ({
      ...common,
      ...words.get(study ?? ''),
      views: viewsOf([general, ofStudy, ofSite]),
    }));
  };

  function known(key: string, make: () => Tools): Tools {
    const tools = made.get(key) ?? make();
    made.set(key, tools);
    return tools;
  }
}
