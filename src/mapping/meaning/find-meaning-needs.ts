import { isObject } from '../../fhir/resource.ts';
import type { Fact } from '../../trial/facts.ts';
import { type MappingResult, toHeldResult, toIgnoredResult, type WorkNeed } from '../mapping-result.ts';
import type { ReaderInput } from '../readers/reader-input.ts';
import { resolveReference } from '../readers/resolve-reference.ts';
import { checkConcept, listCodings } from './check-concept.ts';
import { checkFocus, checkPatientType, checkSamePatient } from './check-reference.ts';
import { readReferencedType } from './compare-patients.ts';
import { type ElementPath, type FoundElement, listElementsAt, parseElementPath } from './list-elements.ts';
import type { MeaningCheck, MeaningRule } from './meaning-rule.ts';
import { createNotUnderstoodNeed, type MeaningNeed, type MeaningScope } from './meaning-scope.ts';
import { COMMON_RULES, MEANING_TABLE } from './meaning-table.ts';
import { findUnknownModifiers } from './unknown-modifiers.ts';

const LABEL_FIX = 'Send the resource without the label if it is wrong; else reject the work item.';

function checkLabels(found: FoundElement, held: readonly string[]): readonly WorkNeed[] {
  const labels = listCodings(found.value).map(({ system, code }) => `${system}|${code}`);
  return labels
    .filter((label) => held.includes(label))
    .map((label) => {
      const detail = `${found.element} has the label ${label}: the data are not to be used as those of a patient.`;
      return createNotUnderstoodNeed(found, label, detail, LABEL_FIX);
    });
}

function checkCode(found: FoundElement, accepted: readonly string[]): readonly WorkNeed[] {
  const { value, element } = found;
  if (typeof value === 'string' && accepted.includes(value)) return [];
  const code = typeof value === 'string' && /^[a-z-]{1,40}$/.test(value) ? value : '(not a code)';
  const detail = `${element} is ${code}; values are used only where it is ${accepted.join(' or ')}.`;
  return [createNotUnderstoodNeed(found, code, detail, 'Send the correct status, or reject the work item.')];
}

function createAbsentNeed(found: FoundElement): WorkNeed {
  const detail = `${found.element} can change what the resource means, and is not supported.`;
  return createNotUnderstoodNeed(
    found,
    'not supported',
    detail,
    'Send the resource without it, or reject the work item.',
  );
}

/** Checks the Specimen to which a reference leads. One that has not arrived is checked when it does. */
function checkSpecimen({ value }: FoundElement, scope: MeaningScope): readonly MeaningNeed[] {
  const reference = isObject(value) ? value.reference : undefined;
  if (typeof reference !== 'string') return [];
  const { container, input } = scope;
  const specimen = resolveReference({ ...input, resource: container }, reference);
  if (!('resource' in specimen)) return [];
  const { resource } = specimen;
  return findNeeds({
    ...scope,
    resource,
    at: resource.resourceType,
    container: reference.startsWith('#') ? container : resource,
  });
}

/** Checks a focus. A Specimen as focus is the material of the result; one that has not arrived is awaited. */
function checkFocusOrSpecimen(found: FoundElement, scope: MeaningScope): readonly MeaningNeed[] {
  const { value: reference } = found;
  const { container, input } = scope;
  if (!isObject(reference) || readReferencedType({ reference, container }) !== 'Specimen')
    return checkFocus(found, scope);
  const text = typeof reference.reference === 'string' ? reference.reference : '';
  const specimen = resolveReference({ ...input, resource: container }, text);
  if ('resource' in specimen) return checkSpecimen(found, scope);
  const [need] = checkFocus(found, scope);
  return need ? [{ ...need, waitsFor: specimen.waitsFor }] : [];
}

function checkElement(found: FoundElement, check: MeaningCheck, scope: MeaningScope): readonly MeaningNeed[] {
  switch (check.kind) {
    case 'patient':
      return checkPatientType(found, scope);
    case 'same-patient':
      return checkSamePatient(found, scope);
    case 'focus':
      return checkFocusOrSpecimen(found, scope);
    case 'specimen':
      return checkSpecimen(found, scope);
    case 'concept':
      return checkConcept(found, check, scope);
    case 'codes':
      return checkCode(found, check.accepted);
    case 'labels':
      return checkLabels(found, check.held);
    case 'absent':
      return [createAbsentNeed(found)];
  }
}

/** Names the element as the table does, without the indexes of lists: the work item asks about the kind of thing said. */
function nameElement(
  found: FoundElement,
  { path, url }: ElementPath,
  { namedAs }: MeaningRule,
  at: string,
): FoundElement {
  if (namedAs !== undefined) return { ...found, element: `${at}.${namedAs}` };
  return url !== null ? found : { ...found, element: `${at}.${path}` };
}

/** A rule of the table that asks for a check, with its paths taken apart. */
interface CompiledCheck {
  readonly rule: MeaningRule;
  readonly check: MeaningCheck;
  readonly paths: readonly ElementPath[];
}

function compileChecks(rules: readonly MeaningRule[]): readonly CompiledCheck[] {
  return rules.flatMap((rule) =>
    typeof rule.handling === 'string'
      ? []
      : [{ rule, check: rule.handling, paths: rule.elements.map(parseElementPath) }],
  );
}

const COMMON_CHECKS = compileChecks(COMMON_RULES);

/** The checks of each resource type. */
const CHECKS_BY_TYPE: ReadonlyMap<string, readonly CompiledCheck[]> = new Map(
  Object.entries(MEANING_TABLE).map(([type, rules]) => [type, [...COMMON_CHECKS, ...compileChecks(rules)]]),
);

function addNeedsOfRule(
  { rule, check, paths }: CompiledCheck,
  scope: MeaningScope,
  needs: MeaningNeed[],
): void {
  const { resource, at, hasValue } = scope;
  if (rule.isForValuesOnly === true && !hasValue) return;
  for (const path of paths)
    for (const found of listElementsAt(resource, path, at))
      needs.push(...checkElement(nameElement(found, path, rule, at), check, scope));
}

/** Keeps the first need of each question: two entries of a list may say the same. */
function removeDuplicateNeeds(needs: readonly MeaningNeed[]): readonly MeaningNeed[] {
  if (needs.length <= 1) return needs;
  const byGroup = needs.map((need) => [need.group, need] as const);
  return [...new Map(byGroup.reverse()).values()].reverse();
}

function findNeeds(scope: MeaningScope): readonly MeaningNeed[] {
  const { resource, at } = scope;
  const needs: MeaningNeed[] = [...findUnknownModifiers(resource, at)];
  for (const check of CHECKS_BY_TYPE.get(resource.resourceType) ?? COMMON_CHECKS)
    addNeedsOfRule(check, scope, needs);
  return removeDuplicateNeeds(needs);
}

/** Whether the fact states a value that the trial would use: a count, a share, or that a finding is absent. */
function hasUsableValue(fact: Fact): boolean {
  if (fact.kind === 'lab') return fact.measured !== null;
  if (fact.kind === 'differential') return fact.percent !== null;
  return fact.kind === 'finding' && !fact.present;
}

/**
 * Finds the elements of a product or other resource, to which the one being read refers, that are said and not understood;
 * `at` is the FHIRPath of the reference.
 */
export function findReferencedMeaningNeeds(
  resource: MeaningScope['resource'],
  at: string,
  input: ReaderInput,
): readonly WorkNeed[] {
  const { subject } = input.resource;
  const shared = { subject, subjectContainer: input.resource, hasValue: false, input };
  return findNeeds({ ...shared, resource, at, container: resource });
}

/**
 * Holds a resource with an element that can change whose or which data it states and is not understood, by the meaning
 * table: no fact is stated by a guess. An ignored resource stays ignored. `resource` is the one that was read: the one
 * that was sent, or one contained in it, completed by what it inherits.
 */
export function holdNotUnderstood(
  mapped: MappingResult,
  resource: MeaningScope['resource'],
  input: ReaderInput,
): MappingResult {
  if (mapped.facts.length + mapped.work.length === 0) return mapped;
  const needs = findNeeds({
    resource,
    at: input.at,
    container: input.resource,
    subject: resource.subject,
    subjectContainer: input.resource,
    hasValue: mapped.facts.some(hasUsableValue),
    input,
  });
  const open = needs.filter(({ isNotUsed }) => isNotUsed !== true);
  if (open.length > 0) return toHeldResult(...open);
  const [notUsed] = needs;
  return notUsed ? toIgnoredResult('code-not-needed', notUsed.element, notUsed.detail) : mapped;
}
