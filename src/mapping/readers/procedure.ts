import { parseReference } from '../../fhir/reference.ts';
import { combineResults, toHeldResult } from '../build-result.ts';
import type { Translation } from '../codes/terminology.ts';
import type { MappingResult, WorkNeed } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import type { ViewRow } from '../view/compile-view.ts';
import type { ReaderInput } from './reader-input.ts';
import { resolveProduct } from './resolve-product.ts';
import { readConcept, readTexts } from './row-columns.ts';
import { toUntranslatedResult } from './translate-concept.ts';
import {
  buildTreatmentFact,
  readDose,
  readTreatmentStatus,
  readTreatmentTime,
  TREATMENT_VOCABULARIES,
} from './treatment-facts.ts';

interface UsedProducts {
  readonly concepts: readonly SentConcept[];
  readonly needs: readonly WorkNeed[];
}

/** Types of what can be given to a patient; devices are used and stay outside. */
const PRODUCT_TYPES: ReadonlySet<string> = new Set(['Medication', 'Substance', 'BiologicallyDerivedProduct']);

function isProductReference(reference: string): boolean {
  const parsed = parseReference(reference);
  return parsed !== null && (!('type' in parsed) || parsed.type === null || PRODUCT_TYPES.has(parsed.type));
}

/** The products that the Procedure used, and what stands in the way of knowing the others. */
function readUsedProducts(row: ViewRow, reading: ReaderInput): UsedProducts {
  const concepts: SentConcept[] = [];
  const needs: WorkNeed[] = [];
  for (const [i, reference] of readTexts(row, 'used_references').entries()) {
    if (!isProductReference(reference)) continue;
    const product = resolveProduct(reading, reference, `${reading.at}.usedReference[${i}]`);
    if ('needs' in product) needs.push(...product.needs);
    else concepts.push(product.concept);
  }
  return { concepts, needs };
}

interface TranslatedConcept {
  readonly concept: SentConcept;
  readonly translation: Extract<Translation, { kind: 'word' }>;
}

/** `any` blood product says less than the product itself: it gives way to every other word. */
const isAnyBloodProduct = ({ translation: { term: word } }: TranslatedConcept): boolean =>
  word.vocabulary === 'blood-component' && word.code === 'any';

/** The concepts that have a word, without the general ones where a specific one is among them. */
function translateConcepts(
  reading: ReaderInput,
  concepts: readonly SentConcept[],
): readonly TranslatedConcept[] {
  const { mappings: tools, context } = reading;
  const all = concepts.flatMap((concept) => {
    const meaning = tools.terminology.translate(context.site, TREATMENT_VOCABULARIES, concept.codings);
    return meaning.kind === 'word' ? [{ concept, translation: meaning }] : [];
  });
  const specific = all.filter((n) => !isAnyBloodProduct(n));
  return specific.length > 0 ? specific : all;
}

/** No word at all: what the code itself means decides, then what is still waited for. */
function toUntranslatedProcedureResult(
  code: SentConcept,
  needs: readonly WorkNeed[],
  reading: ReaderInput,
): MappingResult {
  const { mappings: tools, context } = reading;
  const meaning = tools.terminology.translate(context.site, TREATMENT_VOCABULARIES, code.codings);
  if (meaning.kind === 'word') throw new Error('A code with a word was not named.');
  if (meaning.kind === 'unmapped' && needs.length > 0) return toHeldResult(...needs);
  return toUntranslatedResult(tools, TREATMENT_VOCABULARIES, code, meaning);
}

/**
 * One row of a Procedure as an infusion, transfusion or transplant fact, by its own code or by the products that it used; the more
 * specific word counts. A blood product that is not yet known is stated as `any` while its product is waited for.
 * Source: FHIR R4 Procedure; domain section 3.4 (CPT 36430 confounds red cells and platelets both).
 */
export function readProcedure(row: ViewRow, reading: ReaderInput): MappingResult {
  const status = readTreatmentStatus(row, reading);
  if (typeof status !== 'string') return status;
  const code = readConcept(row, 'code');
  const used = readUsedProducts(row, reading);
  const names = translateConcepts(reading, [code, readConcept(row, 'used'), ...used.concepts]);
  const [first] = names;
  if (!first) return toUntranslatedProcedureResult(code, used.needs, reading);
  const { term: word, coding } = first.translation;
  const other = names.find((n) => n.translation.term.code !== word.code);
  if (other) {
    const codings = [coding, other.translation.coding];
    return toUntranslatedResult(
      reading.mappings,
      TREATMENT_VOCABULARIES,
      { ...code, codings },
      { kind: 'ambiguous', codings },
    );
  }
  const at = readTreatmentTime(row, reading, 'performed[x]');
  if ('reason' in at) return toHeldResult(at);
  const { element } = first.concept;
  const given = buildTreatmentFact({ term: word, coding, at, status, dose: readDose(row), element }, reading);
  return isAnyBloodProduct(first) ? combineResults([given, toHeldResult(...used.needs)]) : given;
}
