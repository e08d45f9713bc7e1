import { normaliseSystem } from './code-systems.ts';
import type { ConceptMap, MapAttribute, MapGroup, MapTarget, OverridingMaps } from './concept-map.ts';
import { checkTerms, OTHER_TERM, parseVocabularyName } from './controlled-terms.ts';
import { normaliseUnit } from './normalise-unit.ts';

/** A code as it was sent. */
export interface Coding {
  readonly system: string;
  readonly code: string;
}

/** A word of the trial's, and what the map says about it (`method`, `loinc-property`). */
export interface TrialTerm {
  /** Short name of the vocabulary: `analyte`, `agent`. */
  readonly vocabulary: string;
  readonly code: string;
  readonly attributes: readonly MapAttribute[];
}

/** What the codes of one CodeableConcept mean together. */
export type Translation =
  | { readonly kind: 'word'; readonly term: TrialTerm; readonly coding: Coding }
  /** Known, and the trial has no use for it. */
  | { readonly kind: 'not-needed'; readonly coding: Coding }
  | { readonly kind: 'ambiguous'; readonly codings: readonly Coding[] }
  | { readonly kind: 'unmapped' };

/** Conditions under which a target with `dependsOn` holds: values by the short name of the property. */
export type TranslationDependencies = Readonly<Record<string, readonly string[]>>;

interface MapEntry {
  readonly vocabulary: string;
  readonly targets: readonly MapTarget[];
}

interface MapIndex {
  /** Rows by `system|code`. */
  readonly entries: ReadonlyMap<string, readonly MapEntry[]>;
  /** Groups whose codes have a hierarchy, or a word for all codes that they do not list; by system. */
  readonly wideGroups: ReadonlyMap<string, readonly MapGroup[]>;
}

/** One map entry that applies to one of the codings. */
interface MapMatch {
  readonly coding: Coding;
  readonly term: TrialTerm | null;
}

export interface Terminology {
  /** The meaning of a concept's codings within some of the trial's vocabularies; the site's own maps win. */
  translate(
    site: string,
    vocabularies: readonly string[],
    codings: readonly Coding[],
    circumstances?: TranslationDependencies,
  ): Translation;
  /** The general map files that give words of these vocabularies: where a new code belongs. */
  listGeneralFiles(vocabularies: readonly string[]): readonly string[];
}

function indexMaps(maps: readonly ConceptMap[]): MapIndex {
  const rows = new Map<string, MapEntry[]>();
  const groups = new Map<string, MapGroup[]>();
  for (const group of maps.flatMap((m) => m.groups)) {
    if (group.hierarchy || group.defaultTerm) {
      const system = normaliseSystem(group.source);
      groups.set(system, [...(groups.get(system) ?? []), group]);
    }
    for (const element of group.elements) {
      const key = `${normaliseSystem(group.source)}|${element.code}`;
      const row = { vocabulary: parseVocabularyName(group.target), targets: element.targets };
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
  }
  return { entries: rows, wideGroups: groups };
}

/** The code and everything above it, nearest first: `D61.81` gives D61.81, D61.8, D61. */
function listAncestorCodes(code: string): string[] {
  const above: string[] = [];
  for (let rest = code; rest.length >= 1; rest = rest.slice(0, -1).replace(/\.$/, '')) above.push(rest);
  return above;
}

/** Whether an ICD-10 block (`A00-B99`) holds the code. */
function isInIcdBlock(block: string, code: string): boolean {
  const [from, to] = block.split('-');
  const category = code.slice(0, 3);
  return to !== undefined && from !== undefined && category >= from && category <= to;
}

function findAncestorTargets(group: MapGroup, code: string): readonly MapTarget[] {
  const byCode = new Map(group.elements.map((e) => [e.code, e.targets]));
  const nearest = listAncestorCodes(code).find((c) => byCode.has(c));
  if (nearest !== undefined) return byCode.get(nearest) ?? [];
  return group.hierarchy === 'icd-10'
    ? (group.elements.find((e) => isInIcdBlock(e.code, code))?.targets ?? [])
    : [];
}

function matchTargets(coding: Coding, row: MapEntry, circumstances: TranslationDependencies): MapMatch[] {
  const { vocabulary, targets } = row;
  return targets
    .filter((t) => t.dependsOn.every((d) => circumstances[d.name]?.includes(normaliseUnit(d.value))))
    .map((t) => ({
      coding,
      term: t.code === null ? null : { vocabulary, code: t.code, attributes: t.product },
    }));
}

function findListedMatches(
  index: MapIndex,
  vocabularies: readonly string[],
  coding: Coding,
  around: TranslationDependencies,
): MapMatch[] {
  const wanted = (row: MapEntry): boolean => vocabularies.includes(row.vocabulary);
  const exact = (index.entries.get(`${coding.system}|${coding.code}`) ?? []).filter(wanted);
  const groups = (index.wideGroups.get(coding.system) ?? []).filter((g) => g.hierarchy !== null);
  const rows = groups.map((g) => ({
    vocabulary: parseVocabularyName(g.target),
    targets: findAncestorTargets(g, coding.code),
  }));
  const apply = exact.length > 0 ? exact : rows.filter(wanted);
  return apply.flatMap((row) => matchTargets(coding, row, around));
}

function findDefaultMatches(index: MapIndex, vocabularies: readonly string[], coding: Coding): MapMatch[] {
  const groups = index.wideGroups.get(coding.system) ?? [];
  return groups
    .filter((g) => g.defaultTerm !== null && vocabularies.includes(parseVocabularyName(g.target)))
    .map((g) => ({
      coding,
      term: { vocabulary: parseVocabularyName(g.target), code: g.defaultTerm ?? '', attributes: [] },
    }));
}

const findAttribute = (word: TrialTerm, name: string): string | undefined =>
  word.attributes.find((a) => a.name === name)?.value;

/** Of equal words the one that says most: a named method before `unspecified`. */
function selectMostSpecific(hits: readonly MapMatch[]): MapMatch | undefined {
  const specific = hits.find((h) => h.term && findAttribute(h.term, 'method') !== 'unspecified');
  return specific ?? hits[0];
}

function resolveMatches(hits: readonly MapMatch[]): Translation {
  const distinct = new Set(hits.map((h) => (h.term ? `${h.term.vocabulary}|${h.term.code}` : '')));
  const chosen = selectMostSpecific(hits);
  if (!chosen) return { kind: 'unmapped' };
  if (distinct.size > 1) return { kind: 'ambiguous', codings: hits.map((h) => h.coding) };
  const { term: word, coding } = chosen;
  return word && word.code !== OTHER_TERM
    ? { kind: 'word', term: word, coding }
    : { kind: 'not-needed', coding };
}

const indexMapsBySite = (bySite: OverridingMaps['decided']): ReadonlyMap<string, MapIndex> =>
  new Map([...(bySite ?? [])].map(([site, maps]) => [site, indexMaps(maps)]));

/**
 * The concept maps as one: decided, then the site's own, then the study's, then the general ones. An entry of a narrower
 * layer hides the wider ones; all entries of that layer must agree on one word, else the meaning is `ambiguous`. Throws a `library/invalid` Failure for a map that the
 * mapper would not understand. Source: FHIR R4 ConceptMap; design section 5.
 */
export function compileTerminology(
  general: readonly ConceptMap[],
  sites: ReadonlyMap<string, readonly ConceptMap[]>,
  { study = [], decided = new Map() }: OverridingMaps = {},
): Terminology {
  checkTerms([...general, ...study, ...[...sites.values()].flat(), ...[...decided.values()].flat()]);
  const [common, studyOwn] = [indexMaps(general), indexMaps(study)];
  const [decisions, own] = [indexMapsBySite(decided), indexMapsBySite(sites)];
  return {
    translate(site, vocabularies, sent, circumstances = {}) {
      const codings = sent.map((c) => ({ system: normaliseSystem(c.system), code: c.code }));
      const layers = [decisions.get(site), own.get(site), studyOwn, common].filter(
        (index) => index !== undefined,
      );
      const first = (of: (index: MapIndex, coding: Coding) => MapMatch[]): MapMatch[] => {
        for (const index of layers) {
          const hits = codings.flatMap((c) => of(index, c));
          if (hits.length > 0) return hits;
        }
        return [];
      };
      const listed = first((index, c) => findListedMatches(index, vocabularies, c, circumstances));
      return resolveMatches(
        listed.length > 0 ? listed : first((index, c) => findDefaultMatches(index, vocabularies, c)),
      );
    },
    listGeneralFiles(vocabularies) {
      const groups = general
        .flatMap((m) => m.groups)
        .filter((g) => vocabularies.includes(parseVocabularyName(g.target)));
      return [...new Set(groups.map((g) => g.file))];
    },
  };
}
