import { AUDIT_ACTIONS, type AuditAction } from '../../../audit/audit-actions.ts';
import { CANONICAL_BASE, formatSubjectToken } from '../../../fhir/canonical-urls.ts';
import type { JsonObject } from '../../../fhir/resource.ts';
import type { ListedAuditEntry } from '../select-entries.ts';

/** IHE Basic Audit Log Patterns 1.1. */
const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';
const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
const REST = 'http://hl7.org/fhir/restful-interaction';
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem/';
const BALP_ENTITY_TYPES = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType';

const SOFTWARE = { display: 'FHIR trial adapter' };

/** Outcome codes of DICOM: success, and a minor failure. */
const OUTCOMES: Readonly<Record<NonNullable<ListedAuditEntry['outcome']>, string>> = {
  done: '0',
  refused: '4',
  failed: '8',
};

/** Which way the data went: from a client to the adapter, from the adapter to somebody, or nowhere. */
type Direction = 'received' | 'disclosed' | 'none';

interface EventPattern {
  readonly type: JsonObject;
  readonly subtypes: readonly JsonObject[];
  readonly direction: Direction;
  /** The profile where exactly one subject is concerned, and where none is. */
  readonly profile?: string;
  readonly profileWithoutSubject?: string;
}

const buildCoding = (system: string, code: string, display?: string): JsonObject => ({
  system,
  code,
  ...(display === undefined ? {} : { display }),
});

const REST_TYPE = buildCoding(`${TERMINOLOGY}audit-event-type`, 'rest', 'Restful Operation');
const ACTIVITY_TYPE = buildCoding(DICOM, '110100', 'Application Activity');
const AUTHENTICATION_TYPE = buildCoding(DICOM, '110114', 'User Authentication');
const RECORD_TYPE = buildCoding(DICOM, '110110', 'Patient Record');
const DISCLOSE = buildCoding(
  `${TERMINOLOGY}iso-21089-lifecycle`,
  'disclose',
  'Disclose Record Lifecycle Event',
);

const buildRestPattern = (code: 'create' | 'update' | 'delete', profile: string): EventPattern => ({
  type: REST_TYPE,
  subtypes: [buildCoding(REST, code, code)],
  direction: 'received',
  profile: `${BALP}Patient${profile}`,
  profileWithoutSubject: `${BALP}${profile}`,
});

const DISCLOSURE: EventPattern = {
  type: buildCoding(DICOM, '110106', 'Export'),
  subtypes: [DISCLOSE],
  direction: 'disclosed',
  profile: `${BALP}PrivacyDisclosure.Source`,
};

const buildActivity = (code: string, display: string, type = ACTIVITY_TYPE): EventPattern => ({
  type,
  subtypes: [buildCoding(DICOM, code, display)],
  direction: 'none',
});

/** The patterns of actions that have one; any other is an activity of the application, or about a subject's record. */
const PATTERNS: ReadonlyMap<AuditAction, EventPattern> = new Map([
  ['resource.created', buildRestPattern('create', 'Create')],
  ['resource.updated', buildRestPattern('update', 'Update')],
  ['resource.deleted', buildRestPattern('delete', 'Delete')],
  ['export.written', DISCLOSURE],
  ['write-back.delivered', DISCLOSURE],
  [
    'data.read',
    {
      type: REST_TYPE,
      subtypes: [buildCoding(REST, 'read', 'read')],
      direction: 'disclosed',
      profile: `${BALP}PatientRead`,
    },
  ],
  ['service.started', buildActivity('110120', 'Application Start')],
  ['service.stopped', buildActivity('110121', 'Application Stop')],
  ['person.signed-in', buildActivity('110122', 'Login', AUTHENTICATION_TYPE)],
  ['person.signed-out', buildActivity('110123', 'Logout', AUTHENTICATION_TYPE)],
  ['client.authenticated', buildActivity('110122', 'Login', AUTHENTICATION_TYPE)],
]);

const selectPattern = ({ action, about }: ListedAuditEntry): EventPattern =>
  PATTERNS.get(action) ?? {
    type: about && about.length > 0 ? RECORD_TYPE : ACTIVITY_TYPE,
    subtypes: [],
    direction: 'none',
  };

const NETWORK_ADDRESS = '2';
const NETWORK_URI = '5';

const SOURCE_ROLE = buildCoding(DICOM, '110153', 'Source Role ID');
const DESTINATION_ROLE = buildCoding(DICOM, '110152', 'Destination Role ID');

function buildAgent(role: JsonObject | null, who: JsonObject, more: JsonObject): JsonObject {
  return { ...(role ? { type: { coding: [role] } } : {}), who, ...more };
}

/** Who acted: by id, with how they were authenticated as their role. */
const buildActor = ({ actor, how }: ListedAuditEntry): JsonObject => ({
  who: { identifier: { system: `${CANONICAL_BASE}/sid/actor`, value: actor }, display: actor },
  role: [{ coding: [buildCoding(`${CANONICAL_BASE}/CodeSystem/authentication`, how)] }],
});

const buildAdapter = (role: JsonObject | null): JsonObject =>
  buildAgent(role, SOFTWARE, {
    requestor: false,
    ...(role ? { network: { address: CANONICAL_BASE, type: NETWORK_URI } } : {}),
  });

function buildReceivedAgents(entry: ListedAuditEntry): readonly JsonObject[] {
  const { who, role } = buildActor(entry);
  const network = entry.network ? { network: { address: entry.network, type: NETWORK_ADDRESS } } : {};
  return [
    { ...buildAgent(SOURCE_ROLE, who as JsonObject, { role, requestor: true }), ...network },
    buildAdapter(DESTINATION_ROLE),
  ];
}

function buildDisclosedAgents(entry: ListedAuditEntry): readonly JsonObject[] {
  const recipient = entry.detail?.for ?? (entry.site === undefined ? 'not stated' : `EHR of ${entry.site}`);
  const isReader = entry.action === 'data.read';
  const receiver = buildAgent(
    DESTINATION_ROLE,
    { display: isReader ? entry.actor : String(recipient) },
    {
      requestor: false,
      network: { address: entry.network ?? 'not-recorded', type: entry.network ? NETWORK_ADDRESS : '1' },
    },
  );
  return [buildAdapter(SOURCE_ROLE), receiver, { ...buildActor(entry), requestor: true }];
}

function buildAgents(entry: ListedAuditEntry, direction: Direction): readonly JsonObject[] {
  if (direction === 'received') return buildReceivedAgents(entry);
  if (direction === 'disclosed') return buildDisclosedAgents(entry);
  return [{ ...buildActor(entry), requestor: entry.kind !== 'system' }];
}

const buildPatientEntity = (subject: string): JsonObject => {
  const [study = '', number = ''] = subject.split('|');
  const [system = '', value = ''] = formatSubjectToken(study, number).split('|');
  return {
    what: { type: 'Patient', identifier: { system, value } },
    type: buildCoding(`${TERMINOLOGY}audit-entity-type`, '1', 'Person'),
    role: buildCoding(`${TERMINOLOGY}object-role`, '1', 'Patient'),
  };
};

const buildDataEntity = ({ object, chain, seq, before, after }: ListedAuditEntry): JsonObject => {
  const hashes = [
    ['before', before],
    ['after', after],
  ].filter(([, hash]) => hash !== undefined);
  return {
    what: { identifier: { system: `${CANONICAL_BASE}/sid/audited`, value: object ?? `${chain}/${seq}` } },
    type: buildCoding(`${TERMINOLOGY}audit-entity-type`, '2', 'System Object'),
    role: buildCoding(`${TERMINOLOGY}object-role`, '4', 'Domain Resource'),
    ...(hashes.length > 0 ? { detail: hashes.map(([type, valueString]) => ({ type, valueString })) } : {}),
  };
};

const buildRequestEntity = (request: string): JsonObject => ({
  what: { identifier: { value: request } },
  type: buildCoding(BALP_ENTITY_TYPES, 'XrequestId'),
});

/** The profile that an event fulfils: only with what the profile requires, and only for what was done. */
function selectProfile(entry: ListedAuditEntry, pattern: EventPattern, hasSubject: boolean): string | null {
  const isDone = (entry.outcome ?? 'done') === 'done';
  const hasNetwork = pattern.direction !== 'received' || entry.network !== undefined;
  if (!isDone || !hasNetwork) return null;
  return (hasSubject ? pattern.profile : pattern.profileWithoutSubject) ?? null;
}

function buildOneEvent(entry: ListedAuditEntry, subject: string | null): JsonObject {
  const pattern = selectPattern(entry);
  const profile = selectProfile(entry, pattern, subject !== null);
  const says = AUDIT_ACTIONS[entry.action].says;
  return {
    resourceType: 'AuditEvent',
    ...(profile ? { meta: { profile: [profile] } } : {}),
    type: pattern.type,
    subtype: [
      ...pattern.subtypes,
      buildCoding(`${CANONICAL_BASE}/CodeSystem/audit-action`, entry.action, says),
    ],
    action: AUDIT_ACTIONS[entry.action].fhir,
    recorded: entry.at,
    outcome: OUTCOMES[entry.outcome ?? 'done'],
    ...(entry.reason === undefined ? {} : { outcomeDesc: entry.reason }),
    agent: buildAgents(entry, pattern.direction),
    source: {
      ...(entry.site === undefined ? {} : { site: entry.site }),
      observer: SOFTWARE,
      type: [buildCoding(`${TERMINOLOGY}security-source-type`, '4', 'Application Server')],
    },
    entity: [
      ...(entry.request === undefined ? [] : [buildRequestEntity(entry.request)]),
      buildDataEntity(entry),
      ...(subject === null ? [] : [buildPatientEntity(subject)]),
    ],
  };
}

/**
 * Builds the FHIR R4 AuditEvents of an entry by the patterns of IHE BALP 1.1: one for each subject, since the patterns have one
 * patient; one where no subject is concerned. The patient is named by their number in the study and by nothing else.
 */
export function buildAuditEvents(entry: ListedAuditEntry): readonly JsonObject[] {
  const { about = [] } = entry;
  return about.length === 0
    ? [buildOneEvent(entry, null)]
    : about.map((subject) => buildOneEvent(entry, subject));
}
