import type { Issue } from '../outcome.ts';
import { localKey, parseReference } from '../reference.ts';
import { isObject, type Resource } from '../resource.ts';
import { invalid } from '../validate/tree.ts';
import { type CompiledRules, compileRules } from './invariants.ts';
import { type Item, isIn, itemsOf, matches } from './items.ts';
import type { Asked, ProfileRules } from './rules.ts';

/** What is wrong with a resource by the inbound profiles; empty where nothing is. */
export type CheckProfiles = (resource: Resource) => readonly Issue[];

interface Tools {
  readonly root: Resource;
  readonly codes: ProfileRules['codes'];
  readonly invariants: CompiledRules;
}

/**
 * A checker for the compiled inbound profiles: what is asked of every resource of the type, and all of each profile that
 * the resource claims in `meta.profile`. A claim of a profile that is not ours is not looked at. Contained resources are
 * not checked: they lean on what contains them. A resource entered in error is not checked either: what was wrong must
 * be taken back, whatever it looks like. Issues never show what was sent.
 */
export function createCheckProfiles(rules: ProfileRules): CheckProfiles {
  const invariants = compileRules(rules);
  return (resource) => {
    if (isTakenBack(resource)) return [];
    const tools = { root: resource, codes: rules.codes, invariants };
    const { resourceType } = resource;
    return askedOf(rules, resource).flatMap((asked) =>
      itemIssues(tools, asked, { at: resourceType, value: resource, type: null }),
    );
  };
}

/** Conditions say it in their verificationStatus, all others in their status (FHIR R4). */
function isTakenBack({ status, verificationStatus }: Resource): boolean {
  return (
    status === 'entered-in-error' || matches(verificationStatus, { coding: [{ code: 'entered-in-error' }] })
  );
}

function askedOf(rules: ProfileRules, { resourceType, meta }: Resource): readonly Asked[] {
  const claims: readonly unknown[] = isObject(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  const claimed = claims.flatMap((claim) => {
    const profile = own(rules.profiles, String(claim).replace(/\|.*$/, ''));
    return profile?.name === resourceType ? [profile] : [];
  });
  const always = own(rules.types, resourceType);
  return always ? [always, ...claimed] : claimed;
}

/** A claim is the sender's text: it must not reach what every object has. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function elementIssues(tools: Tools, asked: Asked, parent: Item): readonly Issue[] {
  if (!isObject(parent.value)) return [];
  const items = itemsOf(parent.value, asked.name, parent.at).filter((item) => isIn(item, asked.slice));
  return [
    ...countIssues(asked, parent.at, items.length),
    ...items.flatMap((item) => itemIssues(tools, asked, item)),
  ];
}

function countIssues(asked: Asked, at: string, count: number): readonly Issue[] {
  const place = `${at}.${asked.name.replace('[x]', '')}`;
  const which = asked.slice ? ` (${asked.slice.name})` : '';
  if (asked.min !== undefined && count < asked.min) {
    return [
      invalid('required', place, `The profile asks for at least ${asked.min} of this element${which}.`),
    ];
  }
  if (asked.max !== undefined && count > asked.max) {
    return [invalid('value', place, `The profile allows at most ${asked.max} of this element${which}.`)];
  }
  return [];
}

function itemIssues(tools: Tools, asked: Asked, item: Item): readonly Issue[] {
  const { types } = asked;
  if (types && item.type !== null && !types.includes(item.type)) {
    return [invalid('value', item.at, `The profile allows only ${types.join(' or ')} here.`)];
  }
  return [
    ...contentIssues(tools, asked, item),
    ...tools.invariants.broken(asked, item, tools.root),
    ...(asked.children ?? []).flatMap((child) => elementIssues(tools, child, item)),
  ];
}

function contentIssues({ codes, root }: Tools, asked: Asked, item: Item): readonly Issue[] {
  const { pattern, targets } = asked;
  const issues: Issue[] = [];
  if (pattern !== undefined && !matches(item.value, pattern)) {
    issues.push(invalid('value', item.at, `The profile asks for ${JSON.stringify(pattern)} here.`));
  }
  const known = asked.codes === undefined ? undefined : codes[asked.codes];
  if (known && !isCodeOf(known, item.value)) {
    issues.push(invalid('code-invalid', item.at, `Expected a code of ${asked.codes}: ${listed(known)}.`));
  }
  if (targets && !mayPointAt(targets, item.value, root)) {
    issues.push(invalid('value', item.at, `The reference must point at a ${targets.join(' or ')}.`));
  }
  return issues;
}

type Codes = Readonly<Record<string, readonly string[]>>;

/** A binding of strength required: a code of the value set, in a CodeableConcept one such coding (R4 terminologies). */
function isCodeOf(known: Codes, value: unknown): boolean {
  if (typeof value === 'string') return Object.values(known).some((codes) => codes.includes(value));
  if (!isObject(value)) return false;
  const codings: readonly unknown[] = Array.isArray(value.coding) ? value.coding : [value];
  return codings.some(
    (coding) =>
      isObject(coding) &&
      typeof coding.code === 'string' &&
      own(known, String(coding.system))?.includes(coding.code),
  );
}

const MOST_LISTED = 12;

function listed(known: Codes): string {
  const all = Object.entries(known).flatMap(([system, codes]) => codes.map((code) => `${system}|${code}`));
  return all.length > MOST_LISTED ? `${all.slice(0, MOST_LISTED).join(', ')}, …` : all.join(', ');
}

/** False only where the type is evident: what a logical reference or a bare URL points at is not known. */
function mayPointAt(targets: readonly string[], value: unknown, root: Resource): boolean {
  if (!isObject(value)) return true;
  const type = targetType(value, root);
  return type === null || targets.includes(type);
}

function targetType(reference: Record<string, unknown>, root: Resource): string | null {
  if (typeof reference.reference !== 'string') return stated(reference);
  const parsed = parseReference(reference.reference);
  if (parsed?.kind === 'contained') return containedType(root, parsed.id);
  const key = parsed && parsed.kind !== 'urn' ? localKey(parsed) : null;
  return key?.split('/')[0] ?? stated(reference);
}

const stated = (reference: Record<string, unknown>): string | null =>
  typeof reference.type === 'string' ? reference.type : null;

function containedType(root: Resource, id: string): string | null {
  const all: readonly unknown[] = Array.isArray(root.contained) ? root.contained : [];
  const found = all.find((each) => isObject(each) && each.id === id);
  return isObject(found) && typeof found.resourceType === 'string' ? found.resourceType : null;
}
