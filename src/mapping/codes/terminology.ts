import { normaliseSystem } from './code-systems.ts';
import type { ConceptMap, MapAttribute, MapGroup, MapTarget, OverridingMaps } from './concept-map.ts';
import { checkTerms, OTHER_TERM, parseVocabularyName } from './controlled-terms.ts';
import { normaliseUnit } from './normalise-unit.ts';

/** A code as it was sent. */
export interface Coding {
  readonly system: string;
  readonly code: string;
  /** The name that was sent with it; null or undefined if there was none. Never used for mapping. */
  readonly display?: string | null;
}

/** A controlled term of the trial, with its properties from the map (`method`, `loinc-property`). */
export interface TrialTerm {
  /** Short name of the vocabulary: `analyte`, `agent`. */
  readonly vocabulary: string;
  readonly code: string;
  readonly attributes: readonly MapAttribute[];
}

/** The meaning of the codes of one CodeableConcept taken together. */
export type Translation =
  | { readonly kind: 'term'; readonly term: TrialTerm; readonly coding: Coding }
  /** The code is mapped, and the trial does not need it. */
  | { readonly kind: 'not-needed'; readonly coding: Coding }
  | { readonly kind: 'ambiguous'; readonly codings: readonly Coding[] }
  | { readonly kind: 'unmapped' };

/** The values against which `dependsOn` of a target is tested, by the short name of the property. */
type TranslationDependencies = Readonly<Record<string, readonly string[]>>;

/** A target of a map, ready to be matched. */
interface EntryTarget {
  /** null if the trial does not need the code. */
  readonly term: TrialTerm | null;
  /** Conditions, which must all be met; the values are normalised units. */
  readonly dependsOn: readonly MapAttribute[];
}

interface MapEntry {
  readonly vocabulary: string;
  readonly targets: readonly EntryTarget[];
}

/** A group whose codes have a hierarchy, or that has a default term. */
interface WideGroup {
  readonly group: MapGroup;
  readonly vocabulary: string;
}

interface MapIndex {
  /** Entries by system and code. */
  readonly entries: ReadonlyMap<string, ReadonlyMap<string, readonly MapEntry[]>>;
  /** Groups whose codes have a hierarchy, or that have a default term, by system. */
  readonly wideGroups: ReadonlyMap<string, readonly WideGroup[]>;
}

/** A map entry that applies to one of the codings; `term` is null if the trial does not need the code. */
interface MapMatch {
  readonly coding: Coding;
  readonly term: TrialTerm | null;
}

/** The concept maps, ready to translate codes. */
export interface Terminology {
  /** Translates a concept's codings into a term of one of the vocabularies. The site's own maps take precedence. */
  translate(
    site: string,
    vocabularies: readonly string[],
    codings: readonly Coding[],
    dependencies?: TranslationDependencies,
  ): Translation;
  /** Lists the general map files with terms of these vocabularies: a new code belongs in one of them. */
  listGeneralFiles(vocabularies: readonly string[]): readonly string[];
}

const createEntry = (vocabulary: string, targets: readonly MapTarget[]): MapEntry => ({
  vocabulary,
  targets: targets.map(({ code, product, dependsOn }) => ({
    term: code === null ? null : { vocabulary, code, attributes: product },
    dependsOn: dependsOn.map(({ name, value }) => ({ name, value: normaliseUnit(value) })),
  })),
});

function indexMaps(maps: readonly ConceptMap[]): MapIndex {
  const entries = new Map<string, Map<string, MapEntry[]>>();
  const wideGroups = new Map<string, WideGroup[]>();
  for (const group of maps.flatMap((map) => map.groups)) {
    const system = normaliseSystem(group.source);
    const vocabulary = parseVocabularyName(group.target);
    if (group.hierarchy || group.defaultTerm)
      wideGroups.set(system, [...(wideGroups.get(system) ?? []), { group, vocabulary }]);
    const entriesByCode = entries.get(system) ?? new Map<string, MapEntry[]>();
    entries.set(system, entriesByCode);
    for (const { code, targets } of group.elements)
      entriesByCode.set(code, [...(entriesByCode.get(code) ?? []), createEntry(vocabulary, targets)]);
  }
  return { entries, wideGroups };
}

/** Lists the code and its ancestors, nearest first: D61.81, D61.8, D61 for `D61.81`. */
function listAncestorCodes(code: string): string[] {
  const codes: string[] = [];
  for (let rest = code; rest.length >= 1; rest = rest.slice(0, -1).replace(/\.$/, '')) codes.push(rest);
  return codes;
}

/** Whether the code is in an ICD-10 block, such as `A00-B99`. */
function isInIcdBlock(block: string, code: string): boolean {
  const [from, to] = block.split('-');
  const category = code.slice(0, 3);
  return to !== undefined && from !== undefined && category >= from && category <= to;
}

function findAncestorTargets(group: MapGroup, code: string): readonly MapTarget[] {
  const targetsByCode = new Map(group.elements.map((element) => [element.code, element.targets]));
  const nearest = listAncestorCodes(code).find((ancestor) => targetsByCode.has(ancestor));
  if (nearest !== undefined) return targetsByCode.get(nearest) ?? [];
  return group.hierarchy === 'icd-10'
    ? (group.elements.find((element) => isInIcdBlock(element.code, code))?.targets ?? [])
    : [];
}

/** Adds a match for each target of an entry whose conditions are met. */
function addMatches(
  coding: Coding,
  { targets }: MapEntry,
  dependencies: TranslationDependencies,
  matches: MapMatch[],
): void {
  for (const { term, dependsOn } of targets)
    if (dependsOn.every(({ name, value }) => dependencies[name]?.includes(value)))
      matches.push({ coding, term });
}

function addListedMatches(
  index: MapIndex,
  vocabularies: readonly string[],
  coding: Coding,
  dependencies: TranslationDependencies,
  matches: MapMatch[],
): void {
  let isListed = false;
  for (const entry of index.entries.get(coding.system)?.get(coding.code) ?? []) {
    if (!vocabularies.includes(entry.vocabulary)) continue;
    isListed = true;
    addMatches(coding, entry, dependencies, matches);
  }
  if (isListed) return;
  for (const { group, vocabulary } of index.wideGroups.get(coding.system) ?? [])
    if (group.hierarchy !== null && vocabularies.includes(vocabulary))
      addMatches(
        coding,
        createEntry(vocabulary, findAncestorTargets(group, coding.code)),
        dependencies,
        matches,
      );
}

function addDefaultMatches(
  index: MapIndex,
  vocabularies: readonly string[],
  coding: Coding,
  matches: MapMatch[],
): void {
  for (const { group, vocabulary } of index.wideGroups.get(coding.system) ?? [])
    if (group.defaultTerm !== null && vocabularies.includes(vocabulary))
      matches.push({ coding, term: { vocabulary, code: group.defaultTerm, attributes: [] } });
}

const findAttribute = (term: TrialTerm, name: string): string | undefined =>
  term.attributes.find((attribute) => attribute.name === name)?.value;

/** Selects the most specific of several matches with the same term: a named method before `unspecified`. */
function selectMostSpecific(matches: readonly MapMatch[]): MapMatch | undefined {
  const specific = matches.find(({ term }) => term && findAttribute(term, 'method') !== 'unspecified');
  return specific ?? matches[0];
}

function resolveMatches(matches: readonly MapMatch[]): Translation {
  if (matches.length === 0) return { kind: 'unmapped' };
  const distinctTerms = new Set(matches.map(({ term }) => (term ? `${term.vocabulary}|${term.code}` : '')));
  const match = selectMostSpecific(matches);
  if (!match) return { kind: 'unmapped' };
  if (distinctTerms.size > 1) return { kind: 'ambiguous', codings: matches.map(({ coding }) => coding) };
  const { term, coding } = match;
  return term && term.code !== OTHER_TERM ? { kind: 'term', term, coding } : { kind: 'not-needed', coding };
}

const indexMapsBySite = (bySite: OverridingMaps['decided']): ReadonlyMap<string, MapIndex> =>
  new Map([...(bySite ?? [])].map(([site, maps]) => [site, indexMaps(maps)]));

/** Returns the matches in the first layer that has any. */
function matchInFirstLayer(
  layers: readonly MapIndex[],
  codings: readonly Coding[],
  add: (index: MapIndex, coding: Coding, matches: MapMatch[]) => void,
): readonly MapMatch[] {
  const matches: MapMatch[] = [];
  for (const index of layers) {
    for (const coding of codings) add(index, coding, matches);
    if (matches.length > 0) return matches;
  }
  return matches;
}

/** Returns a coding with the canonical URI of its system; the same one where it has it. */
function normaliseCoding(coding: Coding): Coding {
  const system = normaliseSystem(coding.system);
  return system === coding.system ? coding : { ...coding, system };
}

/**
 * Compiles the concept maps. Layers in order of precedence: decisions, the site's own maps, the study's maps, the general
 * maps. An entry of one layer hides the entries of all later layers. All matching entries of a layer must agree on one
 * term, otherwise the translation is `ambiguous`. Throws a MappingFailure for a map with an unsupported target.
 * Source: FHIR R4 ConceptMap; design section 5.
 */
export function compileTerminology(
  general: readonly ConceptMap[],
  sites: ReadonlyMap<string, readonly ConceptMap[]>,
  { study = [], decided = new Map() }: OverridingMaps = {},
): Terminology {
  checkTerms([...general, ...study, ...[...sites.values()].flat(), ...[...decided.values()].flat()]);
  const commonLayers = [study, general].filter((maps) => maps.length > 0).map(indexMaps);
  const siteIndexes = indexMapsBySite(sites);
  const decisionIndexes = indexMapsBySite(decided);
  const layersBySite = new Map(
    [...new Set([...sites.keys(), ...decided.keys()])].map((site) => {
      const ownLayers = [decisionIndexes.get(site), siteIndexes.get(site)].filter(
        (index) => index !== undefined,
      );
      return [site, [...ownLayers, ...commonLayers]];
    }),
  );
  return {
    translate(site, vocabularies, sentCodings, dependencies = {}) {
      if (sentCodings.length === 0) return { kind: 'unmapped' };
      const codings = sentCodings.map(normaliseCoding);
      const layers = layersBySite.get(site) ?? commonLayers;
      const listed = matchInFirstLayer(layers, codings, (index, coding, matches) =>
        addListedMatches(index, vocabularies, coding, dependencies, matches),
      );
      if (listed.length > 0) return resolveMatches(listed);
      return resolveMatches(
        matchInFirstLayer(layers, codings, (index, coding, matches) =>
          addDefaultMatches(index, vocabularies, coding, matches),
        ),
      );
    },
    listGeneralFiles(vocabularies) {
      const groups = general
        .flatMap((map) => map.groups)
        .filter(({ target }) => vocabularies.includes(parseVocabularyName(target)));
      return [...new Set(groups.map(({ file }) => file))];
    },
  };
}
