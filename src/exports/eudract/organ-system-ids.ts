import type { OrganSystem } from '../registry-vocabulary.ts';

/**
 * EudraCT's ids (EUTCT) of the system organ classes, as EMA publishes them for results uploads. Source: the public tables
 * of other upload tools.
 */
export const ORGAN_SYSTEM_EUTCT_IDS: Readonly<Record<OrganSystem, string>> = {
  'Blood and lymphatic system disorders': '100000004851',
  'Cardiac disorders': '100000004849',
  'Congenital, familial and genetic disorders': '100000004850',
  'Ear and labyrinth disorders': '100000004854',
  'Endocrine disorders': '100000004860',
  'Eye disorders': '100000004853',
  'Gastrointestinal disorders': '100000004856',
  'General disorders': '100000004867',
  'Hepatobiliary disorders': '100000004871',
  'Immune system disorders': '100000004870',
  'Infections and infestations': '100000004862',
  'Injury, poisoning and procedural complications': '100000004863',
  Investigations: '100000004848',
  'Metabolism and nutrition disorders': '100000004861',
  'Musculoskeletal and connective tissue disorders': '100000004859',
  'Neoplasms benign, malignant and unspecified (incl cysts and polyps)': '100000004864',
  'Nervous system disorders': '100000004852',
  'Pregnancy, puerperium and perinatal conditions': '100000004868',
  'Product Issues': '100000167503',
  'Psychiatric disorders': '100000004873',
  'Renal and urinary disorders': '100000004857',
  'Reproductive system and breast disorders': '100000004872',
  'Respiratory, thoracic and mediastinal disorders': '100000004855',
  'Skin and subcutaneous tissue disorders': '100000004858',
  'Social circumstances': '100000004869',
  'Surgical and medical procedures': '100000004865',
  'Vascular disorders': '100000004866',
};

/** Selects the version of a class in EudraCT, which refuses any other: 3 for Product Issues, 22 for the rest. */
export function selectOrganSystemVersion(organSystem: OrganSystem): string {
  return organSystem === 'Product Issues' ? '3' : '22';
}
