import {
  buildCodeSystemUrl,
  buildStructureDefinitionUrl,
  CANONICAL_BASE,
  UCUM_SYSTEM,
} from '../../fhir/canonical-urls.ts';
import { isObject } from '../../fhir/resource.ts';
import type { MapAttribute } from './concept-map.ts';

/** A map entry that a person decided: source and target, who decided it, when and why. */
export interface MappingDecision {
  readonly site: string;
  /** Id of the work item that the decision resolves. */
  readonly item: string;
  readonly kind: 'code' | 'unit';
  /** The vocabulary of a code (`analyte`), or the quantity of a unit spelling (`platelets`). */
  readonly vocabulary: string;
  /** The code's system; empty for a unit. */
  readonly system: string;
  readonly code: string;
  readonly display: string | null;
  /** The trial term or UCUM code; null if the trial does not need the code. */
  readonly target: string | null;
  readonly product: readonly MapAttribute[];
  /** The person who decided. */
  readonly by: string;
  /** ISO 8601 date and time of the decision. */
  readonly at: string;
  readonly why: string | null;
  /** The decision as the person signed it, as JSON text; null: it has no signature. */
  readonly signed: string | null;
}

const UNIT_SPELLING_SYSTEM = buildCodeSystemUrl('unit-spelling');

interface MapJson {
  readonly [name: string]: unknown;
}

const selectObjects = (value: unknown): readonly MapJson[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

const selectSourceSystem = (decision: MappingDecision): string =>
  decision.kind === 'unit' ? UNIT_SPELLING_SYSTEM : decision.system;
const selectTargetSystem = (decision: MappingDecision): string =>
  decision.kind === 'unit' ? UCUM_SYSTEM : buildCodeSystemUrl(decision.vocabulary);

/** Returns the file of a site's decisions to which the entry belongs: `concepts/accepted.json`, or one unit map a quantity. */
export function locateDecisionFile({ kind, vocabulary }: MappingDecision): string {
  return kind === 'unit' ? `units/accepted-${vocabulary}.json` : 'concepts/accepted.json';
}

/** Builds the entry of a decision. */
export function buildMapElement(decision: MappingDecision): MapJson {
  const { code, display, target, product, by, at, why, item, signed } = decision;
  const decisionParts = [
    { url: 'item', valueString: item },
    { url: 'by', valueString: by },
    { url: 'at', valueDateTime: at },
    ...(why === null ? [] : [{ url: 'why', valueString: why }]),
    ...(signed === null ? [] : [{ url: 'signed', valueString: signed }]),
  ];
  const attributes = product.map(({ name, value }) => ({
    property: `${CANONICAL_BASE}/mapping-property/${name}`,
    value,
  }));
  return {
    extension: [{ url: buildStructureDefinitionUrl('mapping-decision'), extension: decisionParts }],
    code,
    ...(display === null ? {} : { display }),
    target: [
      {
        ...(target === null ? { equivalence: 'unmatched' } : { code: target, equivalence: 'equivalent' }),
        ...(why === null ? {} : { comment: why }),
        ...(attributes.length === 0 ? {} : { product: attributes }),
      },
    ],
  };
}

function createDecisionMap(decision: MappingDecision): MapJson {
  const { kind, site, vocabulary } = decision;
  const id = kind === 'unit' ? `accepted-${site}-${vocabulary}` : `accepted-${site}`;
  return {
    resourceType: 'ConceptMap',
    url: `${CANONICAL_BASE}/ConceptMap/${id}`,
    version: '1',
    status: 'active',
    ...(kind === 'unit'
      ? { meta: { tag: [{ system: buildCodeSystemUrl('quantity'), code: vocabulary }] } }
      : {}),
    description: `Decisions on work items of ${site}.`,
    group: [],
  };
}

/** Reads the id of the work item that an entry settles; undefined where it states none. */
function readDecidedItem(element: MapJson): unknown {
  const parts = selectObjects(element.extension).flatMap(({ extension }) => selectObjects(extension));
  return parts.find(({ url }) => url === 'item')?.valueString;
}

/** Returns a group without the entries of a work item on a code; null where nothing is left. */
function withoutItem(group: MapJson, { item, code }: MappingDecision): MapJson | null {
  const elements = selectObjects(group.element);
  const kept = elements.filter((element) => element.code !== code || readDecidedItem(element) !== item);
  return kept.length === 0 && elements.length > 0 ? null : { ...group, element: kept };
}

/**
 * Returns the site's ConceptMap of decisions (`map`; null if there is none yet) with the decision added. It replaces an
 * earlier decision on the same code, in another vocabulary too where it settled the same work item. The entry records who decided, when, why and for which work item in the extension
 * `mapping-decision`, and the reason also as the comment of its target.
 */
export function withDecision(map: unknown, decision: MappingDecision): MapJson {
  const decisionMap: MapJson = isObject(map) ? map : createDecisionMap(decision);
  const source = selectSourceSystem(decision);
  const target = selectTargetSystem(decision);
  const isSameGroup = (group: MapJson): boolean => group.source === source && group.target === target;
  const groups = selectObjects(decisionMap.group);
  const group = groups.find(isSameGroup) ?? { source, target, element: [] };
  const otherElements = selectObjects(group.element).filter((element) => element.code !== decision.code);
  const changed = { ...group, element: [...otherElements, buildMapElement(decision)] };
  const others = groups
    .filter((other) => !isSameGroup(other))
    .flatMap((other) => withoutItem(other, decision) ?? []);
  return { ...decisionMap, group: [...others, changed] };
}
