import { z } from 'zod';
import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { readDigits } from '../../fhir/lossless-json.ts';
import { MappingFailure } from '../mapping-failure.ts';

/** A parsed JSON file of the mapping library, with its name for messages. */
export interface MappingFile {
  readonly file: string;
  readonly json: unknown;
}

/** A fact about a mapping that the trial needs, by its short name: `method`, `factor`. */
export interface MapAttribute {
  readonly name: string;
  readonly value: string;
}

export interface MapTarget {
  /** null: the map says that there is none (`unmatched`). */
  readonly code: string | null;
  readonly dependsOn: readonly MapAttribute[];
  readonly product: readonly MapAttribute[];
}

export interface MapElement {
  readonly code: string;
  /** What the source calls the code; null where the map does not say. */
  readonly display: string | null;
  readonly targets: readonly MapTarget[];
}

/** One group of a ConceptMap: from one code system to one set of the trial's words. */
export interface MapGroup {
  readonly file: string;
  readonly source: string;
  readonly target: string;
  /** Codes of these systems mean everything below them too: `D61` is D61.9 as well. null for all others. */
  readonly hierarchy: 'atc' | 'icd-10' | null;
  readonly elements: readonly MapElement[];
  /** The word for every code of the source system that the group does not list; null where there is none. */
  readonly defaultTerm: string | null;
}

/** Both limits belong to the range. */
export interface ValueLimits {
  readonly low: string;
  readonly high: string;
}

export interface ConceptMap {
  readonly file: string;
  /** What the units of the map are for (`platelets`), from its tag; null for maps of codes. */
  readonly quantity: string | null;
  readonly groups: readonly MapGroup[];
  /** Hard limits in the quantity's own unit, outside which a value is not believed; null where not said. */
  readonly plausibleRange: ValueLimits | null;
  /** What is usual in the trial's patients: outside it a value counts, and its sender is warned; null where not said. */
  readonly expectedRange: ValueLimits | null;
  /** Only listed spellings count: other valid UCUM units are not converted. */
  readonly spellingsOnly: boolean;
}

/** Maps that come before the general ones. */
export interface OverridingMaps {
  /** Of one study; after the sites' own. */
  readonly study?: readonly ConceptMap[];
  /** What people decided about work items, by site; before everything else. */
  readonly decided?: ReadonlyMap<string, readonly ConceptMap[]>;
}

const PROPERTY_BASE = `${CANONICAL_BASE}/mapping-property/`;

/**
 * In R4 the words say what the target is: it is the same as the source, or wider (the source is a kind of it). A target
 * that is narrower would be a guess, one that is merely related is no mapping (R4 ValueSet concept-map-equivalence).
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
  .refine((t) => t.equivalence === 'unmatched' || USABLE_EQUIVALENCES.has(t.equivalence), {
    message: 'equivalence must be equal, equivalent, wider, subsumes or unmatched',
    path: ['equivalence'],
  })
  .refine((t) => (t.equivalence === 'unmatched') === (t.code === undefined), {
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

function findExtension(list: ExtensionList, name: string): Record<string, unknown> | undefined {
  return list.find((e) => e.url === `${CANONICAL_BASE}/StructureDefinition/${name}`);
}

const rangeSchema = z.object({
  low: z.object({ value: z.unknown() }),
  high: z.object({ value: z.unknown() }),
});

function readLimits(part: MappingFile, list: ExtensionList, name: string): ValueLimits | null {
  const found = findExtension(list, name);
  if (!found) return null;
  const range = rangeSchema.safeParse(found.valueRange);
  const low = range.success ? readDigits(range.data.low.value) : null;
  const high = range.success ? readDigits(range.data.high.value) : null;
  if (low === null || high === null)
    throw new MappingFailure(
      part.file,
      `extension ${name}`,
      'Give valueRange with low.value and high.value.',
    );
  return { low, high };
}

function readHierarchy(part: MappingFile, list: ExtensionList): MapGroup['hierarchy'] {
  const code = findExtension(list, 'code-hierarchy')?.valueCode ?? null;
  if (code === null || code === 'atc' || code === 'icd-10') return code;
  throw new MappingFailure(part.file, 'extension code-hierarchy', 'Use valueCode atc or icd-10.');
}

/**
 * A parsed JSON file as a ConceptMap (FHIR R4) in the form that the mapper uses: every target usable without judgement,
 * `unmatched` kept apart. Throws a `library/invalid` Failure that names file, place and fix.
 */
export function readConceptMap(part: MappingFile): ConceptMap {
  const read = conceptMapSchema.safeParse(part.json);
  if (!read.success) {
    const issue = read.error.issues[0];
    throw new MappingFailure(
      part.file,
      issue?.path.join('.') || 'ConceptMap',
      `${issue?.message ?? 'See R4 ConceptMap'}.`,
    );
  }
  const { group, meta, extension: extensions } = read.data;
  const tag = meta?.tag.find((t) => t.system === `${CANONICAL_BASE}/CodeSystem/quantity`);
  return {
    file: part.file,
    quantity: tag?.code ?? null,
    plausibleRange: readLimits(part, extensions, 'plausible-range'),
    expectedRange: readLimits(part, extensions, 'expected-range'),
    spellingsOnly: findExtension(extensions, 'spellings-only')?.valueBoolean === true,
    groups: group.map((g) => ({
      file: part.file,
      source: g.source,
      target: g.target,
      hierarchy: readHierarchy(part, g.extension),
      elements: g.element.map((e) => ({
        code: e.code,
        display: e.display ?? null,
        targets: e.target.map(readTarget),
      })),
      defaultTerm: g.unmapped?.code ?? null,
    })),
  };
}

function readTarget(target: z.infer<typeof targetSchema>): MapTarget {
  const attribute = (a: { property: string; value: string }): MapAttribute => ({
    name: a.property,
    value: a.value,
  });
  return {
    code: target.code ?? null,
    dependsOn: target.dependsOn.map(attribute),
    product: target.product.map(attribute),
  };
}
