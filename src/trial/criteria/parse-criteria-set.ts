import { createDefinitionReader, type DefinitionReader, type ParseResult } from '../definition.ts';
import { MEDICATION_ROLES } from '../facts.ts';
import type {
  Citation,
  ClassRule,
  CriteriaSet,
  Criterion,
  LateEventRule,
  RelapseRule,
} from './criteria-set.ts';
import { readCriterion } from './read-criterion.ts';

const TRUST_LEVELS = ['seen', 'paraphrase', 'own-knowledge', 'own-choice'] as const;

function readCitation(reader: DefinitionReader, value: unknown, at: string): Citation {
  const f = reader.fields(value, at, ['cite', 'trust']);
  return {
    cite: reader.text(f.cite, `${at}/cite`),
    trust: reader.oneOf(f.trust, `${at}/trust`, TRUST_LEVELS),
  };
}

/** Reads a list of sources; each must say how far its text was seen. */
export function readCitations(reader: DefinitionReader, value: unknown, at: string): readonly Citation[] {
  return reader.list(value, at, (entry, place) => readCitation(reader, entry, place));
}

function readLateEventRule(reader: DefinitionReader, value: unknown, at: string): LateEventRule {
  const f = reader.fields(value, at, ['paragraph', 'source']);
  return {
    paragraph: reader.text(f.paragraph, `${at}/paragraph`),
    source: readCitation(reader, f.source, `${at}/source`),
  };
}

function readRelapseRule(reader: DefinitionReader, value: unknown, at: string): RelapseRule {
  const f = reader.fields(value, at, ['paragraph', 'source', 'when', 'newTreatment?']);
  return {
    paragraph: reader.text(f.paragraph, `${at}/paragraph`),
    source: readCitation(reader, f.source, `${at}/source`),
    when: readCriterion(reader, f.when, `${at}/when`),
    newTreatment:
      f.newTreatment === undefined
        ? null
        : reader.oneOf(f.newTreatment, `${at}/newTreatment`, MEDICATION_ROLES),
  };
}

function readClassRule(reader: DefinitionReader, value: unknown, at: string): ClassRule {
  const f = reader.fields(value, at, ['scope', 'class', 'paragraph', 'confirmationDays?', 'when']);
  return {
    scope: reader.oneOf(f.scope, `${at}/scope`, ['overall', 'erythroid', 'neutrophil', 'platelet']),
    class: reader.oneOf(f.class, `${at}/class`, ['CR', 'PR']),
    paragraph: reader.text(f.paragraph, `${at}/paragraph`),
    confirmationDays:
      f.confirmationDays === undefined ? null : reader.whole(f.confirmationDays, `${at}/confirmationDays`, 1),
    when: readCriterion(reader, f.when, `${at}/when`),
  };
}

function readDefinitions(
  reader: DefinitionReader,
  value: unknown,
  at: string,
): ReadonlyMap<string, Criterion> {
  const definitions = new Map<string, Criterion>();
  if (value === undefined) return definitions;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reader.problem(at, 'definitions is not an object', 'write names with their criteria');
    return definitions;
  }
  for (const [name, entry] of Object.entries(value)) {
    definitions.set(name, readCriterion(reader, entry, `${at}/${name}`));
  }
  return definitions;
}

const CRITERIA_SET_KEYS = [
  '$schema?',
  'id',
  'version',
  'title',
  'status',
  'sources',
  'notes?',
  'confirmationDays?',
  'definitions?',
  'classes?',
  'relapse?',
  'clonalEvolution?',
];

function readStatus(reader: DefinitionReader, f: Readonly<Record<string, unknown>>): CriteriaSet['status'] {
  const status = reader.oneOf(f.status, '/status', ['defined', 'undefined']);
  for (const key of ['classes', 'relapse', 'clonalEvolution']) {
    if (status !== 'undefined' || f[key] === undefined) continue;
    reader.problem(`/${key}`, `an undefined set has ${key}`, 'take them out, or set status to "defined"');
  }
  if (status === 'defined' && f.classes === undefined && f.definitions === undefined) {
    const fix = 'add them, or set status to "undefined"';
    reader.problem('', 'a defined set has neither classes nor definitions', fix);
  }
  return status;
}

/**
 * Checks a criteria file by hand (the trial imports nothing). Gives every problem with its JSON pointer. A set whose
 * status is `undefined` has no classes; a defined one may be definitions only (severity).
 */
export function parseCriteriaSet(json: unknown, file: string): ParseResult<CriteriaSet> {
  const reader = createDefinitionReader(file);
  const f = reader.fields(json, '', CRITERIA_SET_KEYS);
  const status = readStatus(reader, f);
  return reader.finish({
    id: reader.text(f.id, '/id'),
    version: reader.text(f.version, '/version'),
    title: reader.text(f.title, '/title'),
    status,
    sources: readCitations(reader, f.sources, '/sources'),
    notes: f.notes === undefined ? [] : reader.list(f.notes, '/notes', (v, at) => reader.text(v, at)),
    confirmationDays:
      f.confirmationDays === undefined ? null : reader.whole(f.confirmationDays, '/confirmationDays', 1),
    definitions: readDefinitions(reader, f.definitions, '/definitions'),
    classes:
      f.classes === undefined
        ? []
        : reader.list(f.classes, '/classes', (v, at) => readClassRule(reader, v, at)),
    relapse: f.relapse === undefined ? null : readRelapseRule(reader, f.relapse, '/relapse'),
    clonalEvolution:
      f.clonalEvolution === undefined
        ? null
        : readLateEventRule(reader, f.clonalEvolution, '/clonalEvolution'),
  });
}
