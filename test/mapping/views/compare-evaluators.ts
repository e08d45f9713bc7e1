import { Failure } from '../../../src/errors.ts';
import { stringifyJson } from '../../../src/fhir/lossless-json.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { type CompiledView, compileView } from '../../../src/mapping/view/compile-view.ts';

/** A view compiled twice: as the adapter uses it, and with the FHIRPath engine for every expression. */
export interface EvaluatorPair {
  readonly compiled: CompiledView;
  readonly interpreted: CompiledView;
}

/** Compiles a view twice; null where it is refused, which does not depend on the evaluator. */
export function compileTwice(view: unknown): EvaluatorPair | null {
  try {
    return { compiled: compileView(view), interpreted: compileView(view, { isInterpreted: true }) };
  } catch (failure) {
    if (failure instanceof Failure) return null;
    throw failure;
  }
}

/** What a view says about a resource: how many rows, and everything about them in words. */
interface Said {
  readonly rowCount: number;
  readonly text: string;
}

/** Writes down everything that a view says about a resource: values and their digits, places, parents, or the failure. */
function describeRows({ listRows, columns }: CompiledView, resource: Resource): Said {
  try {
    const rows = listRows(resource).map((row) => [
      row.cells,
      row.elements,
      columns.map(({ name }) => [row.listOrigins(name), row.listParents(name)]),
    ]);
    return { rowCount: rows.length, text: stringifyJson(rows) };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const { code, message, at, spec, fix } = failure;
    return { rowCount: 0, text: stringifyJson({ code, message, at, spec, fix }) };
  }
}

/** Compares what the two evaluators say about a resource: the number of rows, and both texts if they differ, else null. */
export function findEvaluatorDifference(
  { compiled, interpreted }: EvaluatorPair,
  resource: Resource,
): { readonly rowCount: number; readonly text: string | null } {
  const [ours, engine] = [describeRows(compiled, resource), describeRows(interpreted, resource)];
  const isSame = ours.text === engine.text;
  return {
    rowCount: ours.rowCount,
    text: isSame ? null : `compiled: ${ours.text}\nengine:   ${engine.text}`,
  };
}
