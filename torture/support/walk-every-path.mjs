/**
 * Loaded before the service in the control of S2: the panels above a result are walked once for each way to them, and read anew
 * for each, as they were before the walk was bounded.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const WALK = `
function walkEveryPath(nodes, name, path) {
  for (const container of nodes.get(name)?.containers ?? []) {
    if (path.includes(container)) continue;
    JSON.parse(JSON.stringify(nodes.get(container).content.resource));
    walkEveryPath(nodes, container, [...path, container]);
  }
}
`;

registerHooks({
  load(url, context, next) {
    if (!url.endsWith('/src/pipeline/facts/containers.ts')) return next(url, context);
    const text = readFileSync(fileURLToPath(url), 'utf8');
    const changed = text.replace(
      'return removeCircles(nodes);',
      'walkEveryPath(nodes, start.name, [start.name]); return removeCircles(nodes);',
    );
    if (changed === text) throw new Error('The bounded walk was not found.');
    return { format: 'module', source: stripTypeScriptTypes(changed) + WALK, shortCircuit: true };
  },
});
