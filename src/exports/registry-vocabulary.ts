/** The figures of the report that can be the result of a registered outcome. */
export const OUTCOME_FIGURES = [
  'overall-response',
  'complete-response',
  'partial-response',
  'best-response',
  'time-to-neutrophil',
  'time-to-erythroid',
  'time-to-platelet',
  'survival-12-months',
  'alive',
] as const;

/** MedDRA system organ classes as the registry lists them. The terms below them are licensed and not included. */
export const ORGAN_SYSTEMS = [
  'Blood and lymphatic system disorders',
  'Cardiac disorders',
  'Congenital, familial and genetic disorders',
  'Ear and labyrinth disorders',
  'Endocrine disorders',
  'Eye disorders',
  'Gastrointestinal disorders',
  'General disorders',
  'Hepatobiliary disorders',
  'Immune system disorders',
  'Infections and infestations',
  'Injury, poisoning and procedural complications',
  'Investigations',
  'Metabolism and nutrition disorders',
  'Musculoskeletal and connective tissue disorders',
  'Neoplasms benign, malignant and unspecified (incl cysts and polyps)',
  'Nervous system disorders',
  'Pregnancy, puerperium and perinatal conditions',
  'Product Issues',
  'Psychiatric disorders',
  'Renal and urinary disorders',
  'Reproductive system and breast disorders',
  'Respiratory, thoracic and mediastinal disorders',
  'Skin and subcutaneous tissue disorders',
  'Social circumstances',
  'Surgical and medical procedures',
  'Vascular disorders',
] as const;

export type OutcomeFigure = (typeof OUTCOME_FIGURES)[number];
export type OrganSystem = (typeof ORGAN_SYSTEMS)[number];
