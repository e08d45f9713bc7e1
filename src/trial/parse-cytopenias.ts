import type { DefinitionReader } from './definition.ts';
import type { Analyte } from './facts.ts';
import type { Cytopenia, CytopeniaScale } from './protocol.ts';

const CYTOPENIA_ANALYTES: readonly Analyte[] = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];

function readGrade(reader: DefinitionReader, value: unknown, at: string): Cytopenia['grades'][number] {
  const f = reader.fields(value, at, ['grade', 'below']);
  return { grade: reader.whole(f.grade, `${at}/grade`, 1), below: reader.decimal(f.below, `${at}/below`) };
}

function readCytopenia(reader: DefinitionReader, value: unknown, at: string): Cytopenia {
  const f = reader.fields(value, at, ['analyte', 'codes', 'terms', 'grades']);
  const texts = (list: unknown, place: string) => reader.list(list, place, (v, each) => reader.text(v, each));
  return {
    analyte: reader.oneOf(f.analyte, `${at}/analyte`, CYTOPENIA_ANALYTES),
    codes: texts(f.codes, `${at}/codes`),
    terms: texts(f.terms, `${at}/terms`),
    grades: reader.list(f.grades, `${at}/grades`, (v, place) => readGrade(reader, v, place)),
  };
}

/** The protocol's low counts as adverse events; every fault is noted with its JSON pointer. */
export function readCytopenias(reader: DefinitionReader, value: unknown, at: string): CytopeniaScale {
  const f = reader.fields(value, at, ['scale', 'version', 'system', 'says?', 'of']);
  return {
    scale: reader.text(f.scale, `${at}/scale`),
    version: reader.text(f.version, `${at}/version`),
    system: reader.text(f.system, `${at}/system`),
    of: reader.list(f.of, `${at}/of`, (v, place) => readCytopenia(reader, v, place)),
  };
}
