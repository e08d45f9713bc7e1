import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import r4 from 'fhirpath/fhir-context/r4';
import { isObject } from '../../../src/fhir/resource.ts';
import { createPartCompiler } from '../../../src/mapping/view/compiled/compile-program.ts';
import { ElementTypes } from '../../../src/mapping/view/compiled/element-type.ts';
import { getEngineNodes } from '../../../src/mapping/view/compiled/engine-node.ts';
import { SharedParts } from '../../../src/mapping/view/compiled/shared-parts.ts';
import { parseSyntaxTree } from '../../../src/mapping/view/syntax-tree.ts';
import { readRepositoryJson } from '../bundled-mappings.ts';

const VIEWS = readdirSync(new URL('../../../mappings/views/', import.meta.url)).filter((file) =>
  /(?<!\.cases)\.json$/.test(file),
);

/** Lists the expressions of a view, wherever they are. */
function listExpressions(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(listExpressions);
  if (!isObject(part)) return [];
  return Object.entries(part).flatMap(([name, value]) =>
    ['path', 'forEach', 'forEachOrNull'].includes(name) ? [String(value)] : listExpressions(value),
  );
}

function isCompiled(expression: string): boolean {
  const context = {
    types: new ElementTypes(r4),
    engine: getEngineNodes(r4),
    constants: {},
    parts: new SharedParts(),
  };
  const compiler = createPartCompiler(context);
  const syntax = parseSyntaxTree(expression, '');
  compiler.note(syntax);
  return compiler.compileProgram(syntax, false) !== null;
}

test.each(VIEWS)('the engine evaluates no expression of %s', (file) => {
  const expressions = listExpressions(readRepositoryJson(`mappings/views/${file}`));
  expect(expressions.length).toBeGreaterThan(0);
  expect(expressions.filter((expression) => !isCompiled(expression))).toEqual([]);
});

test('an expression that is not covered would be found', () => {
  expect(['status', 'value.lowBoundary()', '(a | b).c'].map(isCompiled)).toEqual([true, false, false]);
});
