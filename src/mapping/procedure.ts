import { parseReference } from '../fhir/reference.ts';
import type { Meaning } from './concepts.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { productOf } from './product.ts';
import { type Reading, withoutWord } from './reading.ts';
import { combine, held } from './results.ts';
import { type Concept, conceptOf, texts } from './row.ts';
import { doseOf, givenAt, TREATMENTS, treatmentFact, treatmentStatus } from './treatment.ts';
import type { Row } from './view/compile.ts';

interface Used {
  readonly concepts: readonly Concept[];
  readonly needs: readonly WorkNeed[];
}

/** Types of what can be given to a patient; devices are used and stay outside. */
const PRODUCTS: ReadonlySet<string> = new Set(['Medication', 'Substance', 'BiologicallyDerivedProduct']);

function isProduct(reference: string): boolean {
  const parsed = parseReference(reference);
  return parsed !== null && (!('type' in parsed) || parsed.type === null || PRODUCTS.has(parsed.type));
}

/** The products that the Procedure used, and what stands in the way of knowing the others. */
function productsOf(row: Row, reading: Reading): Used {
  const concepts: Concept[] = [];
  const needs: WorkNeed[] = [];
  for (const [i, reference] of texts(row, 'used_references').entries()) {
    if (!isProduct(reference)) continue;
    const product = productOf(reading, reference, `${reading.at}.usedReference[${i}]`);
    if ('needs' in product) needs.push(...product.needs);
    else concepts.push(product.concept);
  }
  return { concepts, needs };
}

interface Named {
  readonly concept: Concept;
  readonly meaning: Extract<Meaning, { kind: 'word' }>;
}

/** `any` blood product says less than the product itself: it gives way to every other word. */
const isGeneral = ({ meaning: { word } }: Named): boolean =>
  word.vocabulary === 'blood-component' && word.code === 'any';

/** The concepts that have a word, without the general ones where a specific one is among them. */
function named(reading: Reading, concepts: readonly Concept[]): readonly Named[] {
  const { tools, context } = reading;
  const all = concepts.flatMap((concept) => {
    const meaning = tools.concepts.find(context.site, TREATMENTS, concept.codings);
    return meaning.kind === 'word' ? [{ concept, meaning }] : [];
  });
  const specific = all.filter((n) => !isGeneral(n));
  return specific.length > 0 ? specific : all;
}

/** No word at all: what the code itself means decides, then what is still waited for. */
function unnamed(code: Concept, needs: readonly WorkNeed[], reading: Reading): Mapped {
  const { tools, context } = reading;
  const meaning = tools.concepts.find(context.site, TREATMENTS, code.codings);
  if (meaning.kind === 'word') throw new Error('A code with a word was not named.');
  if (meaning.kind === 'unmapped' && needs.length > 0) return held(...needs);
  return withoutWord(tools, TREATMENTS, code, meaning);
}

/**
 * One row of a Procedure as an infusion, transfusion or transplant fact, by its own code or by the products that it used; the more
 * specific word counts. A blood product that is not yet known is stated as `any` while its product is waited for.
 * Source: FHIR R4 Procedure; domain section 3.4 (CPT 36430 confounds red cells and platelets both).
 */
export function readProcedure(row: Row, reading: Reading): Mapped {
  const status = treatmentStatus(row, reading);
  if (typeof status !== 'string') return status;
  const code = conceptOf(row, 'code');
  const used = productsOf(row, reading);
  const names = named(reading, [code, conceptOf(row, 'used'), ...used.concepts]);
  const [first] = names;
  if (!first) return unnamed(code, used.needs, reading);
  const { word, coding } = first.meaning;
  const other = names.find((n) => n.meaning.word.code !== word.code);
  if (other) {
    const codings = [coding, other.meaning.coding];
    return withoutWord(reading.tools, TREATMENTS, { ...code, codings }, { kind: 'ambiguous', codings });
  }
  const at = givenAt(row, reading, 'performed[x]');
  if ('reason' in at) return held(at);
  const { element } = first.concept;
  const given = treatmentFact({ word, coding, at, status, dose: doseOf(row), element }, reading);
  return isGeneral(first) ? combine([given, held(...used.needs)]) : given;
}
