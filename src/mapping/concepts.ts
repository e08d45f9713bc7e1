import type { Attribute, ConceptMap, MapGroup, MapTarget, NarrowerMaps } from './concept-map.ts';
import { systemOf } from './systems.ts';
import { normaliseUnit } from './units.ts';
import { checkWords, OTHER, vocabularyOf } from './words.ts';

/** A code as it was sent. */
export interface Coding {
  readonly system: string;
  readonly code: string;
}

/** A word of the trial's, and what the map says about it (`method`, `loinc-property`). */
export interface Word {
  /** Short name of the vocabulary: `analyte`, `agent`. */
  readonly vocabulary: string;
  readonly code: string;
  readonly attributes: readonly Attribute[];
}

/** What the codes of one CodeableConcept mean together. */
export type Meaning =
  | { readonly kind: 'word'; readonly word: Word; readonly coding: Coding }
  /** Known, and the trial has no use for it. */
  | { readonly kind: 'not-needed'; readonly coding: Coding }
  | { readonly kind: 'ambiguous'; readonly codings: readonly Coding[] }
  | { readonly kind: 'unmapped' };

/** Conditions under which a target with `dependsOn` holds: values by the short name of the property. */
export type Circumstances = Readonly<Record<string, readonly string[]>>;

interface Row {
  readonly vocabulary: string;
  readonly targets: readonly MapTarget[];
}

interface Index {
  /** Rows by `system|code`. */
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  /** Groups whose codes have a hierarchy, or a word for all codes that they do not list; by system. */
  readonly groups: ReadonlyMap<string, readonly MapGroup[]>;
}

/** One map entry that applies to one of the codings. */
interface Hit {
  readonly coding: Coding;
  readonly word: Word | null;
}

export interface Concepts {
  /** The meaning of a concept's codings within some of the trial's vocabularies; the site's own maps win. */
  find(
    site: string,
    vocabularies: readonly string[],
    codings: readonly Coding[],
    circumstances?: Circumstances,
  ): Meaning;
  /** The general map files that give words of these vocabularies: where a new code belongs. */
  files(vocabularies: readonly string[]): readonly string[];
}

function indexOf(maps: readonly ConceptMap[]): Index {
  const rows = new Map<string, Row[]>();
  const groups = new Map<string, MapGroup[]>();
  for (const group of maps.flatMap((m) => m.groups)) {
    if (group.hierarchy || group.otherwise) {
      const system = systemOf(group.source);
      groups.set(system, [...(groups.get(system) ?? []), group]);
    }
    for (const element of group.elements) {
      const key = `${systemOf(group.source)}|${element.code}`;
      const row = { vocabulary: vocabularyOf(group.target), targets: element.targets };
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
  }
  return { rows, groups };
}

/** The code and everything above it, nearest first: `D61.81` gives D61.81, D61.8, D61. */
function upwards(code: string): string[] {
  const above: string[] = [];
  for (let rest = code; rest.length >= 1; rest = rest.slice(0, -1).replace(/\.$/, '')) above.push(rest);
  return above;
}

/** Whether an ICD-10 block (`A00-B99`) holds the code. */
function inBlock(block: string, code: string): boolean {
  const [from, to] = block.split('-');
  const category = code.slice(0, 3);
  return to !== undefined && from !== undefined && category >= from && category <= to;
}

function above(group: MapGroup, code: string): readonly MapTarget[] {
  const byCode = new Map(group.elements.map((e) => [e.code, e.targets]));
  const nearest = upwards(code).find((c) => byCode.has(c));
  if (nearest !== undefined) return byCode.get(nearest) ?? [];
  return group.hierarchy === 'icd-10'
    ? (group.elements.find((e) => inBlock(e.code, code))?.targets ?? [])
    : [];
}

function hitsOf(coding: Coding, row: Row, circumstances: Circumstances): Hit[] {
  const { vocabulary, targets } = row;
  return targets
    .filter((t) => t.dependsOn.every((d) => circumstances[d.name]?.includes(normaliseUnit(d.value))))
    .map((t) => ({
      coding,
      word: t.code === null ? null : { vocabulary, code: t.code, attributes: t.product },
    }));
}

function search(index: Index, vocabularies: readonly string[], coding: Coding, around: Circumstances): Hit[] {
  const wanted = (row: Row): boolean => vocabularies.includes(row.vocabulary);
  const exact = (index.rows.get(`${coding.system}|${coding.code}`) ?? []).filter(wanted);
  const groups = (index.groups.get(coding.system) ?? []).filter((g) => g.hierarchy !== null);
  const rows = groups.map((g) => ({ vocabulary: vocabularyOf(g.target), targets: above(g, coding.code) }));
  const apply = exact.length > 0 ? exact : rows.filter(wanted);
  return apply.flatMap((row) => hitsOf(coding, row, around));
}

function fallback(index: Index, vocabularies: readonly string[], coding: Coding): Hit[] {
  const groups = index.groups.get(coding.system) ?? [];
  return groups
    .filter((g) => g.otherwise !== null && vocabularies.includes(vocabularyOf(g.target)))
    .map((g) => ({
      coding,
      word: { vocabulary: vocabularyOf(g.target), code: g.otherwise ?? '', attributes: [] },
    }));
}

const attribute = (word: Word, name: string): string | undefined =>
  word.attributes.find((a) => a.name === name)?.value;

/** Of equal words the one that says most: a named method before `unspecified`. */
function best(hits: readonly Hit[]): Hit | undefined {
  const specific = hits.find((h) => h.word && attribute(h.word, 'method') !== 'unspecified');
  return specific ?? hits[0];
}

function judge(hits: readonly Hit[]): Meaning {
  const distinct = new Set(hits.map((h) => (h.word ? `${h.word.vocabulary}|${h.word.code}` : '')));
  const chosen = best(hits);
  if (!chosen) return { kind: 'unmapped' };
  if (distinct.size > 1) return { kind: 'ambiguous', codings: hits.map((h) => h.coding) };
  const { word, coding } = chosen;
  return word && word.code !== OTHER ? { kind: 'word', word, coding } : { kind: 'not-needed', coding };
}

const indexed = (bySite: NarrowerMaps['decided']): ReadonlyMap<string, Index> =>
  new Map([...(bySite ?? [])].map(([site, maps]) => [site, indexOf(maps)]));

/**
 * The concept maps as one: decided, then the site's own, then the study's, then the general ones. An entry of a narrower
 * layer hides the wider ones; all entries of that layer must agree on one word, else the meaning is `ambiguous`. Throws a `library/invalid` Failure for a map that the
 * mapper would not understand. Source: FHIR R4 ConceptMap; design section 5.
 */
export function compileConcepts(
  general: readonly ConceptMap[],
  sites: ReadonlyMap<string, readonly ConceptMap[]>,
  { study = [], decided = new Map() }: NarrowerMaps = {},
): Concepts {
  checkWords([...general, ...study, ...[...sites.values()].flat(), ...[...decided.values()].flat()]);
  const [common, studyOwn] = [indexOf(general), indexOf(study)];
  const [decisions, own] = [indexed(decided), indexed(sites)];
  return {
    find(site, vocabularies, sent, circumstances = {}) {
      const codings = sent.map((c) => ({ system: systemOf(c.system), code: c.code }));
      const layers = [decisions.get(site), own.get(site), studyOwn, common].filter(
        (index) => index !== undefined,
      );
      const first = (of: (index: Index, coding: Coding) => Hit[]): Hit[] => {
        for (const index of layers) {
          const hits = codings.flatMap((c) => of(index, c));
          if (hits.length > 0) return hits;
        }
        return [];
      };
      const listed = first((index, c) => search(index, vocabularies, c, circumstances));
      return judge(listed.length > 0 ? listed : first((index, c) => fallback(index, vocabularies, c)));
    },
    files(vocabularies) {
      const groups = general
        .flatMap((m) => m.groups)
        .filter((g) => vocabularies.includes(vocabularyOf(g.target)));
      return [...new Set(groups.map((g) => g.file))];
    },
  };
}
