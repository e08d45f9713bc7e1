import { BASE, codeSystem, structureDefinition, UCUM } from '../fhir/canonical.ts';
import { isObject } from '../fhir/resource.ts';
import type { Attribute } from './concept-map.ts';

/** A map entry that a person decided: what is mapped to what, and who said so, when and why. */
export interface Decision {
  readonly site: string;
  /** The work item that it settles. */
  readonly item: string;
  /** A code belongs in a vocabulary (`analyte`), a unit's spelling in the unit map of a quantity (`platelets`). */
  readonly kind: 'code' | 'unit';
  readonly vocabulary: string;
  /** The code's system; `` for a unit. */
  readonly system: string;
  readonly code: string;
  readonly display: string | null;
  /** null: the trial has no use for it. */
  readonly target: string | null;
  readonly product: readonly Attribute[];
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  readonly why: string | null;
}

const SPELLINGS = codeSystem('unit-spelling');

interface Json {
  readonly [name: string]: unknown;
}

const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

const sourceOf = (decision: Decision): string => (decision.kind === 'unit' ? SPELLINGS : decision.system);
const targetOf = (decision: Decision): string =>
  decision.kind === 'unit' ? UCUM : codeSystem(decision.vocabulary);

/** Where among a site's decisions the entry belongs: `concepts/accepted.json`, or a unit map for each quantity. */
export function fileOfDecision({ kind, vocabulary }: Decision): string {
  return kind === 'unit' ? `units/accepted-${vocabulary}.json` : 'concepts/accepted.json';
}

function elementOf(decision: Decision): Json {
  const { code, display, target, product, by, at, why, item } = decision;
  const said = [
    { url: 'item', valueString: item },
    { url: 'by', valueString: by },
    { url: 'at', valueDateTime: at },
    ...(why === null ? [] : [{ url: 'why', valueString: why }]),
  ];
  const attributes = product.map(({ name, value }) => ({
    property: `${BASE}/mapping-property/${name}`,
    value,
  }));
  return {
    extension: [{ url: structureDefinition('mapping-decision'), extension: said }],
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

function newMap(decision: Decision): Json {
  const { kind, site, vocabulary } = decision;
  const id = kind === 'unit' ? `accepted-${site}-${vocabulary}` : `accepted-${site}`;
  return {
    resourceType: 'ConceptMap',
    url: `${BASE}/ConceptMap/${id}`,
    version: '1',
    status: 'active',
    ...(kind === 'unit' ? { meta: { tag: [{ system: codeSystem('quantity'), code: vocabulary }] } } : {}),
    description: `What people decided about work items of ${site}.`,
    group: [],
  };
}

/**
 * The site's ConceptMap of decisions (null: there is none yet) with this one in it, in place of an earlier one about the
 * same code. The entry carries who, when, why and the work item in the extension `mapping-decision`, and why as comment.
 */
export function withDecision(map: unknown, decision: Decision): Json {
  const before: Json = isObject(map) ? map : newMap(decision);
  const [source, target] = [sourceOf(decision), targetOf(decision)];
  const belongs = (group: Json): boolean => group.source === source && group.target === target;
  const groups = objects(before.group);
  const group = groups.find(belongs) ?? { source, target, element: [] };
  const others = objects(group.element).filter((element) => element.code !== decision.code);
  const changed = { ...group, element: [...others, elementOf(decision)] };
  return { ...before, group: [...groups.filter((g) => !belongs(g)), changed] };
}
