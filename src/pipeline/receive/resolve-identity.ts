import {
  findReferencedEntry,
  listReferenceTexts,
  type ResolvedReference,
  replaceReferences,
} from '../../fhir/bundles/bundle-references.ts';
import type { BundleEntries, Interaction } from '../../fhir/interaction.ts';
import { isObject, type Resource } from '../../fhir/resource.ts';
import { readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import { toIdentifierToken } from '../../intake/resource-identity.ts';
import { deriveStatementId, normaliseContent } from '../../intake/statement-identity.ts';
import { inheritFromContainer } from '../../mapping/readers/inherit-from-container.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { findIdByIfNoneExist } from './conditional-requests.ts';
import { findSameStatement } from './same-statement.ts';

/** The ids of a Bundle's entries, once they are known. A Bundle can be received in several transactions. */
const idsByBundle = new WeakMap<BundleEntries, Map<Interaction, string>>();

/** The entries that refer to an entry, in the order of the Bundle. */
const referrersByBundle = new WeakMap<BundleEntries, ReadonlyMap<Interaction, readonly Interaction[]>>();

/** The resolution of the references of one Bundle; `visiting` are the entries whose ids are being determined. */
interface Resolution {
  readonly tx: SiteTransaction;
  readonly visiting: ReadonlySet<Interaction>;
}

/**
 * Resolves the identity of the interaction's resource, and the references to other entries of its Bundle: these become
 * `Type/id` of the entry, always. Returns the interaction by itself, with the id where it has one, and the id.
 */
export async function resolveIdentity(
  tx: SiteTransaction,
  interaction: Interaction,
): Promise<{ readonly interaction: Interaction; readonly id: string }> {
  const resolution = { tx, visiting: new Set<Interaction>() };
  const id = await resolveId(resolution, interaction);
  const { place: _bundle, ...alone } = interaction;
  const resource = await resolveReferences(resolution, interaction);
  return { interaction: { ...alone, resource }, id };
}

/** Determines the id: the one that was sent, else that of the same statement in the store, else one derived from it. */
async function resolveId(resolution: Resolution, interaction: Interaction): Promise<string> {
  const sent = interaction.id ?? interaction.resource?.id;
  if (sent !== undefined) return sent;
  const { place } = interaction;
  const known = place && (idsByBundle.get(place.entries) ?? new Map<Interaction, string>());
  if (place && known) idsByBundle.set(place.entries, known);
  const id = known?.get(interaction) ?? (await determineId(resolution, interaction));
  known?.set(interaction, id);
  return id;
}

async function determineId({ tx, visiting }: Resolution, interaction: Interaction): Promise<string> {
  const inner = { tx, visiting: new Set([...visiting, interaction]) };
  const resource = await inheritFromBundle(inner, interaction);
  const existing = await findIdByIfNoneExist(tx, interaction, resource);
  if (existing !== null) return existing;
  const id = deriveStatementId(tx.site, resource, await findScope(inner, interaction, resource));
  const key = { site: tx.site, resourceType: resource.resourceType, id };
  if ((await tx.inbox.getCurrent(key))?.body) return id;
  return (await findSameStatement(tx, resource)) ?? id;
}

/** Returns the resource with references to entries resolved; as it is where it was sent alone. */
async function resolveReferences(resolution: Resolution, interaction: Interaction): Promise<Resource> {
  const { resource } = interaction;
  if (!resource) throw new Error('An interaction without a resource has no references.');
  return resolvePart(resolution, interaction, resource);
}

/** Resolves the references in a part of an entry's resource. */
async function resolvePart<T>(resolution: Resolution, { place }: Interaction, part: T): Promise<T> {
  if (!place) return part;
  const resolved = new Map<string, ResolvedReference>();
  for (const text of new Set(listReferenceTexts(part))) {
    const target = findReferencedEntry(place, text);
    if (target) resolved.set(text, await resolveReference(resolution, target));
  }
  return replaceReferences(part, resolved);
}

/**
 * Returns what a report or panel states for its results, with references resolved. Its results are left out: they are
 * identified by it, and it by them.
 */
function resolveStatedParts(resolution: Resolution, interaction: Interaction): Promise<Resource> {
  const { resource } = interaction;
  if (!resource) throw new Error('An interaction without a resource states nothing.');
  const stated = Object.entries(resource).filter(
    ([name]) =>
      ['resourceType', 'subject', 'individual', 'specimen'].includes(name) || name.startsWith('effective'),
  );
  return resolvePart(resolution, interaction, Object.fromEntries(stated) as unknown as Resource);
}

async function resolveReference(resolution: Resolution, target: Interaction): Promise<ResolvedReference> {
  const { resourceType } = target;
  // Entries that refer to each other in a circle cannot be identified by each other.
  if (resolution.visiting.has(target)) return { reference: resourceType, identifier: null };
  const id = await resolveId(resolution, target);
  return { reference: `${resourceType}/${id}`, identifier: await selectIdentifier(resolution.tx, target) };
}

/**
 * Selects the identifier that is added to a reference, for a reader that does not have the id: one that means a subject,
 * else the first with a system; null where there is none.
 */
async function selectIdentifier(
  { site, subjects }: SiteTransaction,
  { resource, resourceType }: Interaction,
): Promise<ResolvedReference['identifier']> {
  const list = resource && Array.isArray(resource.identifier) ? resource.identifier : [];
  const identifiers = list.filter(isObject).filter(({ system }) => typeof system === 'string');
  const [first = null, ...others] = identifiers;
  if (resourceType !== 'Patient' || others.length === 0) return first && selectToken(first);
  for (const identifier of identifiers) {
    const token = toIdentifierToken(identifier);
    if (token && (await subjects.listEnrolmentIdentifiers(site, [token])).length > 0)
      return selectToken(identifier);
  }
  return first && selectToken(first);
}

const selectToken = ({ system, value }: Record<string, unknown>): ResolvedReference['identifier'] =>
  typeof value === 'string' ? { system, value } : null;

/**
 * Completes a resource by what its Bundle states for it, so that it can be identified: a result of a report or panel that
 * lacks subject, specimen or time has those of the container. The completed resource is not stored.
 */
async function inheritFromBundle(resolution: Resolution, interaction: Interaction): Promise<Resource> {
  const resource = await resolveReferences(resolution, interaction);
  const { place } = interaction;
  if (!place || resource.resourceType !== 'Observation') return resource;
  let completed = resource;
  for (const container of listContainers(place.entries, interaction)) {
    const stated = await resolveStatedParts(resolution, container);
    completed = inheritFromContainer(completed, stated);
  }
  return completed;
}

function listReferrers(entries: BundleEntries, target: Interaction): readonly Interaction[] {
  const known = referrersByBundle.get(entries) ?? indexReferrers(entries);
  referrersByBundle.set(entries, known);
  return known.get(target) ?? [];
}

function indexReferrers(entries: BundleEntries): ReadonlyMap<Interaction, readonly Interaction[]> {
  const pairs = [...entries.byUrl.values()].flatMap((referrer) =>
    listTargets(referrer, referrer.resource).map((target) => [target, referrer] as const),
  );
  const grouped = Map.groupBy(pairs, ([target]) => target);
  return new Map([...grouped].map(([target, group]) => [target, group.map(([, referrer]) => referrer)]));
}

/** Lists the entries to which a part of an entry's resource refers, each once. */
function listTargets({ place }: Interaction, part: unknown): readonly Interaction[] {
  if (!place) return [];
  const targets = listReferenceTexts(part).flatMap((text) => findReferencedEntry(place, text) ?? []);
  return [...new Set(targets)];
}

/** Lists the reports and panels of the Bundle that list the entry as a result. */
const listContainers = (entries: BundleEntries, member: Interaction): readonly Interaction[] =>
  listReferrers(entries, member).filter((container) => {
    const { resource } = container;
    const listed = resource?.resourceType === 'DiagnosticReport' ? resource.result : resource?.hasMember;
    return listTargets(container, listed).includes(member);
  });

/** Types that belong to the resources referring to them. */
const SCOPED_TYPES: ReadonlySet<string> = new Set([
  'Specimen',
  'Medication',
  'BiologicallyDerivedProduct',
  'Substance',
  'Device',
]);

/**
 * Finds what distinguishes a supporting resource besides its content: the subjects of the entries that refer to it, and
 * their times where it has none. A specimen "1" of one report is not the specimen "1" of another.
 */
async function findScope(
  resolution: Resolution,
  interaction: Interaction,
  resource: Resource,
): Promise<readonly string[] | null> {
  const { place } = interaction;
  if (!SCOPED_TYPES.has(resource.resourceType) || !place) return null;
  const scope = new Set<string>();
  for (const referrer of listReferrers(place.entries, interaction)) {
    const referring = await resolveStatedParts(resolution, referrer);
    const { identifiers } = readPatientIdentifiers(referring, resolution.tx.ehrBase);
    for (const identifier of identifiers.slice(0, 1)) scope.add(identifier);
    const times = isObject(resource.collection) ? [] : listEffectiveElements(referring);
    for (const time of times) scope.add(JSON.stringify(normaliseContent(time)));
  }
  return [...scope].sort();
}

const listEffectiveElements = (resource: Resource): readonly unknown[] =>
  Object.keys(resource)
    .filter((name) => name.startsWith('effective'))
    .map((name) => resource[name]);
