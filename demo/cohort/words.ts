import type { Analyte } from './counts.ts';
import type { Dialect, Written } from './dialect.ts';
import {
  ATC,
  type Coded,
  CPT,
  ICD10,
  ICD10_PCS,
  LOINC,
  MEDDRA,
  NCIT,
  RXNORM,
  SNOMED,
  STUDY_BASE,
} from './wire.ts';

type Unit = Omit<Written, 'code'>;
type Codes = Readonly<Record<Analyte, Coded>>;

const loinc = (code: string, display: string): Coded => ({ system: LOINC, code, display });

export const AUTOMATED: Codes = {
  wbc: loinc('6690-2', 'Leukocytes [#/volume] in Blood by Automated count'),
  anc: loinc('751-8', 'Neutrophils [#/volume] in Blood by Automated count'),
  hemoglobin: loinc('718-7', 'Hemoglobin [Mass/volume] in Blood'),
  platelets: loinc('777-3', 'Platelets [#/volume] in Blood by Automated count'),
  reticulocytes: loinc('60474-4', 'Reticulocytes [#/volume] in Blood by Automated count'),
};

export const NO_METHOD: Codes = {
  wbc: loinc('26464-8', 'Leukocytes [#/volume] in Blood'),
  anc: loinc('26499-4', 'Neutrophils [#/volume] in Blood'),
  hemoglobin: loinc('718-7', 'Hemoglobin [Mass/volume] in Blood'),
  platelets: loinc('26515-7', 'Platelets [#/volume] in Blood'),
  reticulocytes: loinc('14196-0', 'Reticulocytes [#/volume] in Blood'),
};

export const MOLAR: Codes = {
  ...AUTOMATED,
  hemoglobin: loinc('59260-0', 'Hemoglobin [Moles/volume] in Blood'),
};

const LOCAL_LAB = 'https://hospital-5.example/codes/laboratory';
const LOCAL_CARE = 'https://hospital-5.example/codes/care';
const lab = (code: string, display: string): Coded => ({ system: LOCAL_LAB, code, display });
const care = (code: string, display: string): Coded => ({ system: LOCAL_CARE, code, display });

export const LOCAL: Codes = {
  wbc: lab('XCG-01', 'White cells'),
  anc: lab('XCG-02', 'Neutrophils, absolute'),
  hemoglobin: lab('XCG-05', 'Haemoglobin'),
  platelets: lab('XCG-08', 'Platelets'),
  reticulocytes: lab('WZH-03', 'Reticulocytes, absolute'),
};

/** A code of the same hospital that nobody has mapped. */
export const LOCAL_UNMAPPED = lab('SHJC-41', 'Ferritin');

// The generator counts leukocytes and neutrophils per mm3, platelets and reticulocytes in 10*9/L, haemoglobin in g/L.
const thousands = (value: number) => (value / 1000).toFixed(2);
const whole = (value: number) => String(value);
const perMm3 = (value: number) => String(value * 1000);
const perDecilitre = (value: number) => (value / 10).toFixed(1);
/** Millimoles of the haemoglobin monomer (16.1145 g a mmol). */
const millimoles = (value: number) => (value / 16.1145).toFixed(2);

/** The analytes with their codes and units: cells in one unit, haemoglobin in another. */
export function written(codes: Codes, cells: Omit<Unit, 'digits'>, haemoglobin: Unit): Dialect['labs'] {
  const small = cells.unit === '/mm3';
  const leukocytes = { ...cells, digits: small ? whole : thousands };
  const others = { ...cells, digits: small ? perMm3 : whole };
  return {
    wbc: { code: codes.wbc, ...leukocytes },
    anc: { code: codes.anc, ...leukocytes },
    hemoglobin: { code: codes.hemoglobin, ...haemoglobin },
    platelets: { code: codes.platelets, ...others },
    reticulocytes: { code: codes.reticulocytes, ...others },
  };
}

export const GRAMS_PER_LITRE: Unit = { unit: 'g/L', unitCode: 'g/L', digits: whole };
export const GRAMS_PER_DECILITRE: Unit = { unit: 'g/dL', unitCode: 'g/dL', digits: perDecilitre };
export const GM_PER_DECILITRE: Unit = { unit: 'gm/dL', unitCode: null, digits: perDecilitre };
export const MILLIMOLES: Unit = { unit: 'mmol/L', unitCode: 'mmol/L', digits: millimoles };

const MSC: Coded = {
  system: `${STUDY_BASE}/CodeSystem/msc-product`,
  code: 'bm-msc',
  display: 'Bone-marrow mesenchymal stromal cells',
};

const snomed = (code: string, display: string): Coded => ({ system: SNOMED, code, display });

export const SNOMED_WORDS: Dialect['words'] = {
  mscProduct: MSC,
  redCells: snomed('116863004', 'Transfusion of red blood cells'),
  platelets: snomed('12719002', 'Platelet transfusion'),
  filgrastim: { system: RXNORM, code: '68442', display: 'filgrastim' },
  atg: { system: RXNORM, code: '1011', display: 'antithymocyte globulin' },
  aplasticAnaemia: snomed('306058006', 'Aplastic anemia'),
  infection: snomed('233604007', 'Pneumonia'),
  headache: { system: NCIT, code: 'C143527', display: 'Headache' },
  fever: { system: NCIT, code: 'C143485', display: 'Fever' },
};

export const ICD_WORDS: Dialect['words'] = {
  ...SNOMED_WORDS,
  redCells: {
    system: ICD10_PCS,
    code: '30233N1',
    display: 'Transfusion of red blood cells, peripheral vein',
  },
  platelets: { system: ICD10_PCS, code: '30233R1', display: 'Transfusion of platelets, peripheral vein' },
  aplasticAnaemia: { system: ICD10, code: 'D61.9', display: 'Aplastic anaemia, unspecified' },
  infection: { system: ICD10, code: 'J18.9', display: 'Pneumonia, unspecified' },
  headache: { system: MEDDRA, code: '10019211', display: 'Headache' },
  fever: { system: MEDDRA, code: '10037660', display: 'Fever' },
};

/** One billing code for every blood product. */
export const CPT_WORDS: Dialect['words'] = {
  ...SNOMED_WORDS,
  redCells: { system: CPT, code: '36430', display: 'Transfusion, blood or blood components' },
  platelets: { system: CPT, code: '36430', display: 'Transfusion, blood or blood components' },
};

export const ATC_WORDS: Dialect['words'] = {
  ...ICD_WORDS,
  redCells: { system: ATC, code: 'B05AX01', display: 'erythrocytes' },
  platelets: { system: ATC, code: 'B05AX02', display: 'thrombocytes' },
  filgrastim: { system: ATC, code: 'L03AA02', display: 'filgrastim' },
  atg: { system: ATC, code: 'L04AA04', display: 'antithymocyte immunoglobulin (rabbit)' },
};

export const LOCAL_WORDS: Dialect['words'] = {
  mscProduct: care('XB-MSC', 'Marrow stromal cells, allogeneic'),
  redCells: care('SX-HXB', 'Red cell suspension'),
  platelets: care('SX-XXB', 'Platelets, apheresis'),
  filgrastim: care('YP-3301', 'Filgrastim injection'),
  atg: care('YP-2207', 'Rabbit anti-thymocyte globulin'),
  aplasticAnaemia: care('ZD-D61', 'Aplastic anaemia'),
  infection: care('ZD-J18', 'Lung infection'),
  headache: care('BL-TT', 'Headache'),
  fever: care('BL-FR', 'Fever'),
};
