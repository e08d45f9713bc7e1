import type { CountedAnalyte } from './blood-counts.ts';
import type { AnalyteNotation, Dialect } from './dialect.ts';
import {
  ADAPTER_BASE,
  ATC_URI,
  type CodedTerm,
  CPT_URI,
  ICD10_PCS_URI,
  ICD10_URI,
  LOINC_URI,
  MEDDRA_URI,
  NCIT_URI,
  RXNORM_URI,
  SNOMED_URI,
} from './fhir-elements.ts';

type UnitNotation = Omit<AnalyteNotation, 'code'>;
type AnalyteCodes = Readonly<Record<CountedAnalyte, CodedTerm>>;

const buildLoincTerm = (code: string, display: string): CodedTerm => ({ system: LOINC_URI, code, display });

export const AUTOMATED_CODES: AnalyteCodes = {
  wbc: buildLoincTerm('6690-2', 'Leukocytes [#/volume] in Blood by Automated count'),
  anc: buildLoincTerm('751-8', 'Neutrophils [#/volume] in Blood by Automated count'),
  hemoglobin: buildLoincTerm('718-7', 'Hemoglobin [Mass/volume] in Blood'),
  platelets: buildLoincTerm('777-3', 'Platelets [#/volume] in Blood by Automated count'),
  reticulocytes: buildLoincTerm('60474-4', 'Reticulocytes [#/volume] in Blood by Automated count'),
};

export const METHODLESS_CODES: AnalyteCodes = {
  wbc: buildLoincTerm('26464-8', 'Leukocytes [#/volume] in Blood'),
  anc: buildLoincTerm('26499-4', 'Neutrophils [#/volume] in Blood'),
  hemoglobin: buildLoincTerm('718-7', 'Hemoglobin [Mass/volume] in Blood'),
  platelets: buildLoincTerm('26515-7', 'Platelets [#/volume] in Blood'),
  reticulocytes: buildLoincTerm('14196-0', 'Reticulocytes [#/volume] in Blood'),
};

export const MOLAR_CODES: AnalyteCodes = {
  ...AUTOMATED_CODES,
  hemoglobin: buildLoincTerm('59260-0', 'Hemoglobin [Moles/volume] in Blood'),
};

const LOCAL_LAB_SYSTEM = 'https://hospital-5.example/codes/laboratory';
const LOCAL_CARE_SYSTEM = 'https://hospital-5.example/codes/care';
const buildLocalLabTerm = (code: string, display: string): CodedTerm => ({
  system: LOCAL_LAB_SYSTEM,
  code,
  display,
});
const buildLocalCareTerm = (code: string, display: string): CodedTerm => ({
  system: LOCAL_CARE_SYSTEM,
  code,
  display,
});

export const LOCAL_CODES: AnalyteCodes = {
  wbc: buildLocalLabTerm('XCG-01', 'White cells'),
  anc: buildLocalLabTerm('XCG-02', 'Neutrophils, absolute'),
  hemoglobin: buildLocalLabTerm('XCG-05', 'Haemoglobin'),
  platelets: buildLocalLabTerm('XCG-08', 'Platelets'),
  reticulocytes: buildLocalLabTerm('WZH-03', 'Reticulocytes, absolute'),
};

/** A code of the same hospital that no map contains. */
export const UNMAPPED_LOCAL_CODE = buildLocalLabTerm('SHJC-41', 'Ferritin');

// The generator's units: leukocytes and neutrophils per mm3, platelets and reticulocytes in 10*9/L, haemoglobin in g/L.
const formatThousands = (value: number) => (value / 1000).toFixed(2);
const formatWhole = (value: number) => String(value);
const formatPerMm3 = (value: number) => String(value * 1000);
const formatPerDecilitre = (value: number) => (value / 10).toFixed(1);
/** Millimoles of the haemoglobin monomer (16.1145 g per mmol). */
const formatMillimoles = (value: number) => (value / 16.1145).toFixed(2);

/** Builds the notation of each analyte: its code, and one unit for cells and another for haemoglobin. */
export function buildLabNotations(
  codes: AnalyteCodes,
  cells: Omit<UnitNotation, 'formatDigits'>,
  haemoglobin: UnitNotation,
): Dialect['labs'] {
  const isPerMm3 = cells.unit === '/mm3';
  const leukocytes = { ...cells, formatDigits: isPerMm3 ? formatWhole : formatThousands };
  const otherCells = { ...cells, formatDigits: isPerMm3 ? formatPerMm3 : formatWhole };
  return {
    wbc: { code: codes.wbc, ...leukocytes },
    anc: { code: codes.anc, ...leukocytes },
    hemoglobin: { code: codes.hemoglobin, ...haemoglobin },
    platelets: { code: codes.platelets, ...otherCells },
    reticulocytes: { code: codes.reticulocytes, ...otherCells },
  };
}

export const GRAMS_PER_LITRE: UnitNotation = { unit: 'g/L', unitCode: 'g/L', formatDigits: formatWhole };
export const GRAMS_PER_DECILITRE: UnitNotation = {
  unit: 'g/dL',
  unitCode: 'g/dL',
  formatDigits: formatPerDecilitre,
};
export const GM_PER_DECILITRE: UnitNotation = {
  unit: 'gm/dL',
  unitCode: null,
  formatDigits: formatPerDecilitre,
};
export const MILLIMOLES_PER_LITRE: UnitNotation = {
  unit: 'mmol/L',
  unitCode: 'mmol/L',
  formatDigits: formatMillimoles,
};

const MSC_PRODUCT: CodedTerm = {
  system: `${ADAPTER_BASE}/CodeSystem/msc-product`,
  code: 'bm-msc',
  display: 'Bone-marrow mesenchymal stromal cells',
};

const buildSnomedTerm = (code: string, display: string): CodedTerm => ({ system: SNOMED_URI, code, display });

export const SNOMED_TERMS: Dialect['terms'] = {
  mscProduct: MSC_PRODUCT,
  redCells: buildSnomedTerm('116863004', 'Transfusion of red blood cells'),
  platelets: buildSnomedTerm('12719002', 'Platelet transfusion'),
  filgrastim: { system: RXNORM_URI, code: '68442', display: 'filgrastim' },
  atg: { system: RXNORM_URI, code: '1011', display: 'antithymocyte globulin' },
  aplasticAnaemia: buildSnomedTerm('306058006', 'Aplastic anemia'),
  infection: buildSnomedTerm('233604007', 'Pneumonia'),
  headache: { system: NCIT_URI, code: 'C143527', display: 'Headache' },
  fever: { system: NCIT_URI, code: 'C143485', display: 'Fever' },
};

export const ICD_TERMS: Dialect['terms'] = {
  ...SNOMED_TERMS,
  redCells: {
    system: ICD10_PCS_URI,
    code: '30233N1',
    display: 'Transfusion of red blood cells, peripheral vein',
  },
  platelets: { system: ICD10_PCS_URI, code: '30233R1', display: 'Transfusion of platelets, peripheral vein' },
  aplasticAnaemia: { system: ICD10_URI, code: 'D61.9', display: 'Aplastic anaemia, unspecified' },
  infection: { system: ICD10_URI, code: 'J18.9', display: 'Pneumonia, unspecified' },
  headache: { system: MEDDRA_URI, code: '10019211', display: 'Headache' },
  fever: { system: MEDDRA_URI, code: '10037660', display: 'Fever' },
};

/** One billing code for all blood products. */
export const CPT_TERMS: Dialect['terms'] = {
  ...SNOMED_TERMS,
  redCells: { system: CPT_URI, code: '36430', display: 'Transfusion, blood or blood components' },
  platelets: { system: CPT_URI, code: '36430', display: 'Transfusion, blood or blood components' },
};

export const ATC_TERMS: Dialect['terms'] = {
  ...ICD_TERMS,
  redCells: { system: ATC_URI, code: 'B05AX01', display: 'erythrocytes' },
  platelets: { system: ATC_URI, code: 'B05AX02', display: 'thrombocytes' },
  filgrastim: { system: ATC_URI, code: 'L03AA02', display: 'filgrastim' },
  atg: { system: ATC_URI, code: 'L04AA04', display: 'antithymocyte immunoglobulin (rabbit)' },
};

export const LOCAL_TERMS: Dialect['terms'] = {
  mscProduct: buildLocalCareTerm('XB-MSC', 'Marrow stromal cells, allogeneic'),
  redCells: buildLocalCareTerm('SX-HXB', 'Red cell suspension'),
  platelets: buildLocalCareTerm('SX-XXB', 'Platelets, apheresis'),
  filgrastim: buildLocalCareTerm('YP-3301', 'Filgrastim injection'),
  atg: buildLocalCareTerm('YP-2207', 'Rabbit anti-thymocyte globulin'),
  aplasticAnaemia: buildLocalCareTerm('ZD-D61', 'Aplastic anaemia'),
  infection: buildLocalCareTerm('ZD-J18', 'Lung infection'),
  headache: buildLocalCareTerm('BL-TT', 'Headache'),
  fever: buildLocalCareTerm('BL-FR', 'Fever'),
};
