import { parseReference } from '../../fhir/reference.ts';
import { combineResults, type MappingResult, toHeldResult, type WorkNeed } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import type { ViewRow } from '../view/view-row.ts';
import type { ReaderInput } from './reader-input.ts';
import { resolveProduct } from './resolve-product.ts';
import { readConcept, readQuantity, readTexts } from './row-columns.ts';
import { type TermTranslation, toUntranslatedResult, translateConcept } from './translate-concept.ts';
import {
  buildTreatmentFact,
  readTreatmentStatus,
  readTreatmentTime,
  TREATMENT_VOCABULARIES,
} from './treatment-facts.ts';

/** Types of products that are given to a patient. Devices are used without being given. */
const PRODUCT_TYPES: ReadonlySet<string> = new Set(['Medication', 'Substance', 'BiologicallyDerivedProduct']);

function isProductReference(reference: string): boolean {
  const parsed = parseReference(reference);
  return parsed !== null && (!('type' in parsed) || parsed.type === null || PRODUCT_TYPES.has(parsed.type));
}

interface UsedProducts {
  readonly concepts: readonly SentConcept[];
  /** The data needed to identify the other products. */
  readonly needs: readonly WorkNeed[];
}

/** Resolves the products that the Procedure used. */
function readUsedProducts(row: ViewRow, input: ReaderInput): UsedProducts {
  const concepts: SentConcept[] = [];
  const needs: WorkNeed[] = [];
  for (const [i, reference] of readTexts(row, 'used_references').entries()) {
    if (!isProductReference(reference)) continue;
    const product = resolveProduct(input, reference, `${input.at}.usedReference[${i}]`);
    if ('result' in product) needs.push(...product.result.work);
    else concepts.push(product.value);
  }
  return { concepts, needs };
}

interface TranslatedConcept {
  readonly concept: SentConcept;
  readonly translation: TermTranslation;
}

/** The term `any` of blood components is less specific than the product itself and yields to every other term. */
const isAnyBloodProduct = ({ translation: { term } }: TranslatedConcept): boolean =>
  term.vocabulary === 'blood-component' && term.code === 'any';

/** Returns the concepts that have a term, without the unspecific ones if there is a specific one. */
function translateConcepts(
  input: ReaderInput,
  concepts: readonly SentConcept[],
): readonly TranslatedConcept[] {
  const translated = concepts.flatMap((concept) => {
    const translation = translateConcept(input, TREATMENT_VOCABULARIES, concept);
    return 'value' in translation ? [{ concept, translation: translation.value }] : [];
  });
  const specific = translated.filter((entry) => !isAnyBloodProduct(entry));
  return specific.length > 0 ? specific : translated;
}

/** Builds the result of a Procedure without a term: by its own code, unless that is unmapped and products are missing. */
function toUnnamedResult(code: SentConcept, needs: readonly WorkNeed[], input: ReaderInput): MappingResult {
  const { mappings, context } = input;
  const translation = mappings.terminology.translate(context.site, TREATMENT_VOCABULARIES, code.codings);
  if (translation.kind === 'term') throw new Error('A code with a term was not translated.');
  if (translation.kind === 'unmapped' && needs.length > 0) return toHeldResult(...needs);
  return toUntranslatedResult(input, TREATMENT_VOCABULARIES, code, translation);
}

/**
 * Reads one row of a Procedure as an infusion, transfusion or transplant fact, by its own code or by the products that it
 * used; the more specific term counts. A blood product that is not yet known is stated as `any` until its product
 * arrives. Source: FHIR R4 Procedure; domain section 3.4 (CPT 36430 confounds red cells and platelets both).
 */
export function readProcedure(row: ViewRow, input: ReaderInput): MappingResult {
  const status = readTreatmentStatus(row, input);
  if ('result' in status) return status.result;
  const code = readConcept(row, 'code');
  const used = readUsedProducts(row, input);
  const translated = translateConcepts(input, [code, readConcept(row, 'used'), ...used.concepts]);
  const [first] = translated;
  if (!first) return toUnnamedResult(code, used.needs, input);
  const { term, coding } = first.translation;
  const contradicting = translated.find(({ translation }) => translation.term.code !== term.code);
  if (contradicting) {
    const codings = [coding, contradicting.translation.coding];
    const concept = { ...code, codings };
    return toUntranslatedResult(input, TREATMENT_VOCABULARIES, concept, { kind: 'ambiguous', codings });
  }
  const time = readTreatmentTime(row, input, 'performed[x]');
  if ('result' in time) return time.result;
  const treatment = {
    term,
    coding,
    at: time.value,
    status: status.value,
    dose: readQuantity(row, 'dose'),
    element: first.concept.element,
  };
  const mapped = buildTreatmentFact(treatment, input);
  return isAnyBloodProduct(first) ? combineResults([mapped, toHeldResult(...used.needs)]) : mapped;
}
