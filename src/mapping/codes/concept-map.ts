import { z } from 'zod';
import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { readDigits } from '../../fhir/lossless-json.ts';
import { MappingFailure } from '../mapping-failure.ts';

/** A parsed JSON file of the mapping library. */
export interface MappingFile {
  /** Path for messages, relative to the mappings folder. */
  readonly file: string;
  readonly json: unknown;
}

/** A property of a map target (`product`) or a condition on it (`dependsOn`), such as `method` or `factor`. */
export interface MapAttribute {
  readonly name: string;
  readonly value: string;
}

/** One target of a map element. */
export interface MapTarget {
  /** The trial term or UCUM code; null if the map states that there is none (`unmatched`). */
  readonly code: string | null;
  /** Conditions of the target, which must all be met. */
  readonly dependsOn: readonly MapAttribute[];
  readonly product: readonly MapAttribute[];
}

/** One source code of a map, with its targets. */
export interface MapElement {
  readonly code: string;
  /** The code's display in the source system; null if the map has none. */
  readonly display: string | null;
  readonly targets: readonly MapTarget[];
}

/** One group of a ConceptMap: from one code system to one vocabulary of trial terms. */
export interface MapGroup {
  readonly file: string;
  readonly source: string;
  readonly target: string;
  /** In these systems a code also includes all codes below it: `D61` includes D61.9. null: codes match exactly. */
  readonly hierarchy: 'atc' | 'icd-10' | null;
  readonly elements: readonly MapElement[];
  /** The term for every code of the source system that the group does not list; null if there is none. */
  readonly defaultTerm: string | null;
}

/** A closed range: both limits are part of it. */
export interface ValueLimits {
  readonly low: string;
  readonly high: string;
}

/** A FHIR ConceptMap in the form that the mapper uses. */
export interface ConceptMap {
  readonly file: string;
  /** The quantity whose units the map lists (`platelets`), from its tag; null for a map of codes. */
  readonly quantity: string | null;
  readonly groups: readonly MapGroup[];
  /** Hard limits in the quantity's trial unit. A value outside them is held; null if the map has none. */
  readonly plausibleRange: ValueLimits | null;
  /** The usual range in the trial's subjects. A value outside it counts, with a warning; null if the map has none. */
  readonly expectedRange: ValueLimits | null;
  /** Only listed spellings are accepted: other valid UCUM units are not converted. */
  readonly spellingsOnly: boolean;
}

/** Maps that take precedence over the general ones. */
export interface OverridingMaps {
  /** Maps of one study; a site's own maps take precedence over them. */
  readonly study?: readonly ConceptMap[];
  /** Decisions on work items, by site; they take precedence over everything else. */
  readonly decided?: ReadonlyMap<string, readonly ConceptMap[]>;
}

const PROPERTY_BASE = `${CANONICAL_BASE}/mapping-property/`;

/**
 * In R4 the equivalence describes the target: it is the same as the source, or wider (the source is a kind of it). A
 * narrower target would be a guess, and a merely related one is not a mapping (R4 ValueSet concept-map-equivalence).
 */
const USABLE_EQUIVALENCES = new Set(['equal', 'equivalent', 'wider', 'subsumes']);

const attributeSchema = z.object({
  property: z
    .string()
    .startsWith(PROPERTY_BASE)
    .transform((uri) => uri.slice(PROPERTY_BASE.length)),
  value: z.string().min(1),
});

const targetSchema = z
  .object({
    code: z.string().min(1).optional(),
    equivalence: z.string(),
    dependsOn: z.array(attributeSchema).default([]),
    product: z.array(attributeSchema).default([]),
  })
  .refine(({ equivalence }) => equivalence === 'unmatched' || USABLE_EQUIVALENCES.has(equivalence), {
    message: 'equivalence must be equal, equivalent, wider, subsumes or unmatched',
    path: ['equivalence'],
  })
  .refine(({ equivalence, code }) => (equivalence === 'unmatched') === (code === undefined), {
    message: 'a target has a code unless its equivalence is unmatched',
    path: ['code'],
  });

const extensionSchema = z.array(z.looseObject({ url: z.string() })).default([]);

const groupSchema = z.object({
  extension: extensionSchema,
  source: z.string().min(1),
  target: z.string().min(1),
  element: z.array(
    z.object({
      code: z.string().min(1),
      display: z.string().optional(),
      target: z.array(targetSchema).min(1),
    }),
  ),
  unmapped: z.object({ mode: z.literal('fixed'), code: z.string().min(1) }).optional(),
});

const conceptMapSchema = z.object({
  resourceType: z.literal('ConceptMap'),
  url: z.string().min(1),
  version: z.string().min(1),
  status: z.literal('active'),
  meta: z.object({ tag: z.array(z.object({ system: z.string(), code: z.string() })).default([]) }).optional(),
  extension: extensionSchema,
  group: z.array(groupSchema).min(1),
});

type ExtensionList = z.infer<typeof extensionSchema>;

function findExtension(extensions: ExtensionList, name: string): Record<string, unknown> | undefined {
  return extensions.find(({ url }) => url === `${CANONICAL_BASE}/StructureDefinition/${name}`);
}

const rangeSchema = z.object({
  low: z.object({ value: z.unknown() }),
  high: z.object({ value: z.unknown() }),
});

function readLimits(file: string, extensions: ExtensionList, name: string): ValueLimits | null {
  const extension = findExtension(extensions, name);
  if (!extension) return null;
  const range = rangeSchema.safeParse(extension.valueRange);
  const low = range.success ? readDigits(range.data.low.value) : null;
  const high = range.success ? readDigits(range.data.high.value) : null;
  if (low === null || high === null)
    throw new MappingFailure(file, `extension ${name}`, 'Write a valueRange with low.value and high.value.');
  return { low, high };
}

function readHierarchy(file: string, extensions: ExtensionList): MapGroup['hierarchy'] {
  const code = findExtension(extensions, 'code-hierarchy')?.valueCode ?? null;
  if (code === null || code === 'atc' || code === 'icd-10') return code;
  throw new MappingFailure(file, 'extension code-hierarchy', 'Use valueCode atc or icd-10.');
}

/**
 * Reads a parsed JSON file as a ConceptMap (FHIR R4). Every target of the result can be used as it is. Throws a
 * MappingFailure that names the file, the place and the fix.
 */
export function readConceptMap({ file, json }: MappingFile): ConceptMap {
  // Read once: compiled code would not pay.
  const parsed = conceptMapSchema.safeParse(json, { jitless: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') || 'ConceptMap';
    throw new MappingFailure(file, place, `${issue?.message ?? 'See R4 ConceptMap'}.`);
  }
  const { group: groups, meta, extension: extensions } = parsed.data;
  const tag = meta?.tag.find(({ system }) => system === `${CANONICAL_BASE}/CodeSystem/quantity`);
  return {
    file,
    quantity: tag?.code ?? null,
    plausibleRange: readLimits(file, extensions, 'plausible-range'),
    expectedRange: readLimits(file, extensions, 'expected-range'),
    spellingsOnly: findExtension(extensions, 'spellings-only')?.valueBoolean === true,
    groups: groups.map((group) => readGroup(group, file)),
  };
}

function readGroup(group: z.infer<typeof groupSchema>, file: string): MapGroup {
  return {
    file,
    source: group.source,
    target: group.target,
    hierarchy: readHierarchy(file, group.extension),
    elements: group.element.map((element) => ({
      code: element.code,
      display: element.display ?? null,
      targets: element.target.map(readTarget),
    })),
    defaultTerm: group.unmapped?.code ?? null,
  };
}

function readTarget(target: z.infer<typeof targetSchema>): MapTarget {
  const toAttribute = ({ property, value }: z.infer<typeof attributeSchema>): MapAttribute => ({
    name: property,
    value,
  });
  return {
    code: target.code ?? null,
    dependsOn: target.dependsOn.map(toAttribute),
    product: target.product.map(toAttribute),
  };
}
