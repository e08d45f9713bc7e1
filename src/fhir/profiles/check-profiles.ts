import type { OutcomeIssue } from '../operation-outcome.ts';
import { parseReference, toLocalKey } from '../reference.ts';
import { isObject, type Resource } from '../resource.ts';
import { createInvalidIssue } from '../validate/invalid-issues.ts';
import { type ElementOccurrence, isInSlice, listOccurrences, matchesPattern } from './element-occurrences.ts';
import { compileInvariants, type InvariantChecker } from './invariants.ts';
import type { ProfileElement, ProfileRules } from './profile-rules.ts';

/** What is wrong with a resource by the inbound profiles; empty where nothing is. */
export type ProfileChecker = (resource: Resource) => readonly OutcomeIssue[];

interface CheckContext {
  readonly root: Resource;
  readonly valueSets: ProfileRules['codes'];
  readonly invariants: InvariantChecker;
}

/**
 * A checker for the compiled inbound profiles: what is asked of every resource of the type, and all of each profile that
 * the resource claims in `meta.profile`. A claim of a profile that is not ours is not looked at. Contained resources are
 * not checked: they lean on what contains them. A resource entered in error is not checked either: what was wrong must
 * be taken back, whatever it looks like. Issues never show what was sent.
 */
export function createProfileChecker(rules: ProfileRules): ProfileChecker {
  const invariants = compileInvariants(rules);
  return (resource) => {
    if (isEnteredInError(resource)) return [];
    const tools = { root: resource, valueSets: rules.codes, invariants };
    const { resourceType } = resource;
    return selectProfiles(rules, resource).flatMap((asked) =>
      checkOccurrence(tools, asked, { path: resourceType, value: resource, type: null }),
    );
  };
}

/** Conditions say it in their verificationStatus, all others in their status (FHIR R4). */
function isEnteredInError({ status, verificationStatus }: Resource): boolean {
  return (
    status === 'entered-in-error' ||
    matchesPattern(verificationStatus, { coding: [{ code: 'entered-in-error' }] })
  );
}

function selectProfiles(rules: ProfileRules, { resourceType, meta }: Resource): readonly ProfileElement[] {
  const claims: readonly unknown[] = isObject(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  const claimed = claims.flatMap((claim) => {
    const profile = readOwnProperty(rules.profiles, String(claim).replace(/\|.*$/, ''));
    return profile?.name === resourceType ? [profile] : [];
  });
  const always = readOwnProperty(rules.types, resourceType);
  return always ? [always, ...claimed] : claimed;
}

/** A claim is the sender's text: it must not reach what every object has. */
function readOwnProperty<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function checkProfileElement(
  tools: CheckContext,
  asked: ProfileElement,
  parent: ElementOccurrence,
): readonly OutcomeIssue[] {
  if (!isObject(parent.value)) return [];
  const items = listOccurrences(parent.value, asked.name, parent.path).filter((item) =>
    isInSlice(item, asked.slice),
  );
  return [
    ...checkCardinality(asked, parent.path, items.length),
    ...items.flatMap((item) => checkOccurrence(tools, asked, item)),
  ];
}

function checkCardinality(asked: ProfileElement, at: string, count: number): readonly OutcomeIssue[] {
  const place = `${at}.${asked.name.replace('[x]', '')}`;
  const which = asked.slice ? ` (${asked.slice.name})` : '';
  if (asked.min !== undefined && count < asked.min) {
    return [
      createInvalidIssue(
        'required',
        place,
        `The profile asks for at least ${asked.min} of this element${which}.`,
      ),
    ];
  }
  if (asked.max !== undefined && count > asked.max) {
    return [
      createInvalidIssue('value', place, `The profile allows at most ${asked.max} of this element${which}.`),
    ];
  }
  return [];
}

function checkOccurrence(
  tools: CheckContext,
  asked: ProfileElement,
  item: ElementOccurrence,
): readonly OutcomeIssue[] {
  const { types } = asked;
  if (types && item.type !== null && !types.includes(item.type)) {
    return [createInvalidIssue('value', item.path, `The profile allows only ${types.join(' or ')} here.`)];
  }
  return [
    ...checkContent(tools, asked, item),
    ...tools.invariants.findBroken(asked, item, tools.root),
    ...(asked.children ?? []).flatMap((child) => checkProfileElement(tools, child, item)),
  ];
}

function checkContent(
  { valueSets: codes, root }: CheckContext,
  asked: ProfileElement,
  item: ElementOccurrence,
): readonly OutcomeIssue[] {
  const { pattern, targets } = asked;
  const issues: OutcomeIssue[] = [];
  if (pattern !== undefined && !matchesPattern(item.value, pattern)) {
    issues.push(
      createInvalidIssue('value', item.path, `The profile asks for ${JSON.stringify(pattern)} here.`),
    );
  }
  const known = asked.codes === undefined ? undefined : codes[asked.codes];
  if (known && !isInValueSet(known, item.value)) {
    issues.push(
      createInvalidIssue(
        'code-invalid',
        item.path,
        `Expected a code of ${asked.codes}: ${formatCodes(known)}.`,
      ),
    );
  }
  if (targets && !mayReferTo(targets, item.value, root)) {
    issues.push(
      createInvalidIssue('value', item.path, `The reference must point at a ${targets.join(' or ')}.`),
    );
  }
  return issues;
}

type ValueSetCodes = Readonly<Record<string, readonly string[]>>;

/** A binding of strength required: a code of the value set, in a CodeableConcept one such coding (R4 terminologies). */
function isInValueSet(known: ValueSetCodes, value: unknown): boolean {
  if (typeof value === 'string') return Object.values(known).some((codes) => codes.includes(value));
  if (!isObject(value)) return false;
  const codings: readonly unknown[] = Array.isArray(value.coding) ? value.coding : [value];
  return codings.some(
    (coding) =>
      isObject(coding) &&
      typeof coding.code === 'string' &&
      readOwnProperty(known, String(coding.system))?.includes(coding.code),
  );
}

const MAX_LISTED_CODES = 12;

function formatCodes(known: ValueSetCodes): string {
  const all = Object.entries(known).flatMap(([system, codes]) => codes.map((code) => `${system}|${code}`));
  return all.length > MAX_LISTED_CODES ? `${all.slice(0, MAX_LISTED_CODES).join(', ')}, …` : all.join(', ');
}

/** False only where the type is evident: what a logical reference or a bare URL points at is not known. */
function mayReferTo(targets: readonly string[], value: unknown, root: Resource): boolean {
  if (!isObject(value)) return true;
  const type = resolveTargetType(value, root);
  return type === null || targets.includes(type);
}

function resolveTargetType(reference: Record<string, unknown>, root: Resource): string | null {
  if (typeof reference.reference !== 'string') return readStatedType(reference);
  const parsed = parseReference(reference.reference);
  if (parsed?.kind === 'contained') return findContainedType(root, parsed.id);
  const key = parsed && parsed.kind !== 'urn' ? toLocalKey(parsed) : null;
  return key?.split('/')[0] ?? readStatedType(reference);
}

const readStatedType = (reference: Record<string, unknown>): string | null =>
  typeof reference.type === 'string' ? reference.type : null;

function findContainedType(root: Resource, id: string): string | null {
  const all: readonly unknown[] = Array.isArray(root.contained) ? root.contained : [];
  const found = all.find((each) => isObject(each) && each.id === id);
  return isObject(found) && typeof found.resourceType === 'string' ? found.resourceType : null;
}
