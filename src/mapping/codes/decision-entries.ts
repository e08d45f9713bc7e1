import { toCanonicalJson } from '../../fhir/canonical-json.ts';
import { CANONICAL_BASE, UCUM_SYSTEM } from '../../fhir/canonical-urls.ts';
import { isObject } from '../../fhir/resource.ts';
import type { MapAttribute } from './concept-map.ts';
import { buildMapElement, type MappingDecision } from './decision-map.ts';

/** An entry of a ConceptMap of decisions. */
interface DecisionEntry {
  /** Where it is in the map, such as `group[0].element[2]`. */
  readonly at: string;
  /** The decision that it states; null where it states none, or anything beside it: that would map, and nobody decided it. */
  readonly decision: MappingDecision | null;
}

type Json = Readonly<Record<string, unknown>>;

const listObjects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

const readText = (value: unknown): string => (typeof value === 'string' ? value : '');

const readLastSegment = (url: unknown): string => readText(url).split('/').at(-1) ?? '';

function readAttributes(product: unknown): readonly MapAttribute[] {
  const prefix = `${CANONICAL_BASE}/mapping-property/`;
  return listObjects(product).map(({ property, value }) => ({
    name: readText(property).slice(prefix.length),
    value: readText(value),
  }));
}

/** Reads the decision of an element; whether the element states that and nothing else is checked by building it again. */
function readElement(
  site: string,
  { source, target: targetSystem }: Json,
  quantity: string,
  element: Json,
): MappingDecision {
  const parts = listObjects(element.extension).flatMap(({ extension }) => listObjects(extension));
  const readPart = (name: string, type: string): string | null => {
    const value = parts.find(({ url }) => url === name)?.[type];
    return typeof value === 'string' ? value : null;
  };
  const [target = {}] = listObjects(element.target);
  const isUnit = targetSystem === UCUM_SYSTEM;
  return {
    ...{ site, item: readPart('item', 'valueString') ?? '', kind: isUnit ? 'unit' : 'code' },
    ...{
      vocabulary: isUnit ? quantity : readLastSegment(targetSystem),
      system: isUnit ? '' : readText(source),
    },
    ...{
      code: readText(element.code),
      display: typeof element.display === 'string' ? element.display : null,
    },
    ...{
      target: typeof target.code === 'string' ? target.code : null,
      product: readAttributes(target.product),
    },
    ...{ by: readPart('by', 'valueString') ?? '', at: readPart('at', 'valueDateTime') ?? '' },
    ...{ why: readPart('why', 'valueString'), signed: readPart('signed', 'valueString') },
  };
}

/** What a group may have: anything else, such as `unmapped`, would map codes that nobody decided on. */
const GROUP_ELEMENTS = ['source', 'target', 'element'];

/** Lists the entries of a site's ConceptMap of decisions, each with the decision that it states. */
export function listDecisionEntries(site: string, map: unknown): readonly DecisionEntry[] {
  if (!isObject(map)) return [];
  const [tag] = listObjects(isObject(map.meta) ? map.meta.tag : null);
  const quantity = readText(tag?.code);
  return listObjects(map.group).flatMap((group, i) =>
    listObjects(group.element).map((element, j) => {
      const decision = readElement(site, group, quantity, element);
      const isKnownGroup = Object.keys(group).every((name) => GROUP_ELEMENTS.includes(name));
      const statesNothingElse = toCanonicalJson(buildMapElement(decision)) === toCanonicalJson(element);
      return {
        at: `group[${i}].element[${j}]`,
        decision: isKnownGroup && statesNothingElse && decision.item !== '' ? decision : null,
      };
    }),
  );
}
