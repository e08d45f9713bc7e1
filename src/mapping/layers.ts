import type { ConceptMap, MapElement, MapGroup, Part } from './concept-map.ts';
import { readConceptMap } from './concept-map.ts';
import type { MappingParts } from './library-parts.ts';
import { systemOf } from './systems.ts';
import { normaliseUnit } from './units.ts';
import { compileView } from './view/compile.ts';
import { vocabularyOf } from './words.ts';

/** Who says something, the strongest first. */
export type Layer = 'decided' | 'site' | 'study' | 'general';

const RANK: readonly Layer[] = ['decided', 'site', 'study', 'general'];

/** What one file says about one code, unit spelling or view. */
export interface Saying {
  readonly layer: Layer;
  /** null: not of one study. */
  readonly study: string | null;
  readonly file: string;
  readonly says: string;
}

/** Something about which more than one layer speaks at a site: the first one wins, the others are hidden. */
export interface Overlap {
  readonly kind: 'code' | 'unit' | 'view';
  /** `analyte http://loinc.org|777-3`, `platelets K/uL`, or the view's name. */
  readonly about: string;
  readonly sayings: readonly Saying[];
}

type Said = readonly [kind: Overlap['kind'], about: string, saying: Saying];
type Speaker = Omit<Saying, 'file' | 'says'>;

interface Folder {
  readonly concepts: readonly Part[];
  readonly units: readonly Part[];
  readonly views?: readonly Part[];
}

function targetsOf(element: MapElement): string {
  return element.targets
    .map(({ code, dependsOn, product }) => {
      const only = dependsOn.map((d) => `${d.name} ${d.value}`).join(', ');
      const factor = product.find((p) => p.name === 'factor');
      return `${code ?? 'no use'}${factor ? ` × ${factor.value}` : ''}${only === '' ? '' : ` (only for ${only})`}`;
    })
    .join(' or ');
}

const elementsOf = (map: ConceptMap): readonly (readonly [MapGroup, MapElement])[] =>
  map.groups.flatMap((group) => group.elements.map((element) => [group, element] as const));

function saidIn({ concepts, units, views = [] }: Folder, by: Speaker): Said[] {
  const codes = concepts.map(readConceptMap).flatMap((map) =>
    elementsOf(map).map(([group, element]): Said => {
      const about = `${vocabularyOf(group.target)} ${systemOf(group.source)}|${element.code}`;
      return ['code', about, { ...by, file: map.file, says: targetsOf(element) }];
    }),
  );
  const spellings = units.map(readConceptMap).flatMap((map) =>
    elementsOf(map).map(([, element]): Said => {
      const about = `${map.quantity} ${normaliseUnit(element.code)}`;
      return ['unit', about, { ...by, file: map.file, says: targetsOf(element) }];
    }),
  );
  const rows = views.map(({ file, json }): Said => {
    const { name, resource } = compileView(json);
    return ['view', name, { ...by, file, says: `rows of ${resource}` }];
  });
  return [...codes, ...spellings, ...rows];
}

function grouped(said: readonly Said[]): Overlap[] {
  const all = new Map<string, { kind: Overlap['kind']; about: string; sayings: Saying[] }>();
  for (const [kind, about, saying] of said) {
    const known = all.get(`${kind} ${about}`);
    if (known) known.sayings.push(saying);
    else all.set(`${kind} ${about}`, { kind, about, sayings: [saying] });
  }
  return [...all.values()];
}

const several = (values: readonly unknown[]): boolean => new Set(values).size > 1;

/**
 * What more than one layer says for the subjects at a site, the layer that wins first: decided > site > study >
 * general. A study's sayings hold for its own subjects only. Empty where nothing is said twice.
 */
export function overlapsAt(parts: MappingParts, site: string): readonly Overlap[] {
  const own = parts.site.filter((s) => s.site === site);
  const said = [
    ...(parts.decided ?? [])
      .filter((s) => s.site === site)
      .flatMap((s) => saidIn(s, { layer: 'decided', study: null })),
    ...own.flatMap((s) => saidIn(s, { layer: 'site', study: s.study ?? null })),
    ...(parts.study ?? []).flatMap((s) => saidIn(s, { layer: 'study', study: s.study })),
    ...saidIn(parts, { layer: 'general', study: null }),
  ];
  return grouped(said)
    .filter(({ sayings }) => several(sayings.map((s) => s.layer)))
    .map((each) => ({
      ...each,
      sayings: [...each.sayings].sort((a, b) => RANK.indexOf(a.layer) - RANK.indexOf(b.layer)),
    }));
}

/**
 * What the folders of two studies say differently about one site. A site is one hospital: its code cannot mean two
 * things, so one of them is wrong. Views conflict wherever two folders have one of the same name.
 */
export function conflictsOf(parts: MappingParts): readonly (Overlap & { readonly site: string })[] {
  return [...new Set(parts.site.map((s) => s.site))].flatMap((site) => {
    const folders = parts.site.filter((s) => s.site === site);
    const said = folders.flatMap((s) => saidIn(s, { layer: 'site', study: s.study ?? null }));
    return grouped(said)
      .filter(
        ({ kind, sayings }) =>
          several(sayings.map((s) => s.study)) && (kind === 'view' || several(sayings.map((s) => s.says))),
      )
      .map((each) => ({ ...each, site }));
  });
}
