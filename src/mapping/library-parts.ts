import { z } from 'zod';
import { Failure } from '../errors.ts';
import { codeSystem } from '../fhir/canonical.ts';
import { type ConceptMap, invalidPart, type Part, readConceptMap } from './concept-map.ts';
import { compileConcepts } from './concepts.ts';
import type { KindOfView, Tools } from './reading.ts';
import { compileUnits } from './units.ts';
import { compileView } from './view/compile.ts';

/** What a site says differently: its own codes and unit spellings. */
export interface SiteParts {
  readonly site: string;
  readonly concepts: readonly Part[];
  readonly units: readonly Part[];
}

/** The mapping library as parsed JSON files. */
export interface MappingParts {
  readonly views: readonly Part[];
  readonly concepts: readonly Part[];
  readonly units: readonly Part[];
  readonly site: readonly SiteParts[];
}

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
    return { kind: kindOf(part, kinds), view: compileView(part.json) };
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

function bySite(parts: MappingParts, take: (site: SiteParts) => readonly Part[]): Map<string, ConceptMap[]> {
  const maps = new Map<string, ConceptMap[]>();
  for (const site of parts.site)
    maps.set(site.site, [...(maps.get(site.site) ?? []), ...take(site).map(readConceptMap)]);
  return maps;
}

/**
 * The library's parts, checked and compiled for use; `kinds` are those that a view may be tagged with. Throws a
 * `library/invalid` Failure with file, place and fix at the first fault.
 */
export function readLibrary(parts: MappingParts, kinds: ReadonlySet<string>): Tools {
  const views = new Map<string, KindOfView[]>();
  for (const part of parts.views) {
    const made = compiled(part, kinds);
    views.set(made.view.resource, [...(views.get(made.view.resource) ?? []), made]);
  }
  return {
    views,
    concepts: compileConcepts(
      parts.concepts.map(readConceptMap),
      bySite(parts, (s) => s.concepts),
    ),
    units: compileUnits(
      parts.units.map(readConceptMap),
      bySite(parts, (s) => s.units),
    ),
  };
}
