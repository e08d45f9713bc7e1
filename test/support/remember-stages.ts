import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Library } from '../../src/library.ts';
import { listSupportingReferences } from '../../src/pipeline/facts/references.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';

/** Caches the results of a stage. Past `most` all are forgotten: sequences of much variety would fill the memory. */
export function rememberResults<A extends unknown[], T>(
  work: (...asked: A) => T,
  keyOf: (...asked: A) => string,
  most: number,
): (...asked: A) => T {
  const known = new Map<string, T>();
  return (...asked) => {
    const key = keyOf(...asked);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = work(...asked);
    if (known.size >= most) known.clear();
    known.set(key, made);
    return made;
  };
}

/** The pure stages of the pipeline, each with a cache of at most `most` results: thousands of stories need the same few hundred. */
export function rememberStages(library: Pick<Library, 'validate' | 'mapper'>, most: number) {
  return {
    parse: rememberResults(parseJson, (text) => text, most),
    validate: rememberResults(library.validate, (resource) => JSON.stringify(resource), most),
    map: rememberResults(
      library.mapper.map,
      (resource, { resolve, ...context }) =>
        JSON.stringify([resource, context, listSupportingReferences(resource as Resource).map(resolve)]),
      most,
    ),
    assess: rememberResults(
      assessSubject,
      ({ subject, facts, today }) => JSON.stringify([subject, facts, today]),
      most,
    ),
  };
}
