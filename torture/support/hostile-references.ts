/** Where a reference may point that must never be called. */
export interface HostilePlaces {
  /** Base URL of the site's EHR. */
  readonly ehr: string;
  /** `host:port` of a listener that must hear nothing. */
  readonly canary: string;
}

/** References and URLs as a hostile sender writes them: 47, by what they try. */
export function listHostileReferences({ ehr, canary }: HostilePlaces): readonly string[] {
  const port = canary.split(':')[1] ?? '';
  const { host } = new URL(ehr);
  return [
    // Another host, plainly.
    `http://${canary}/fhir/Observation/1`,
    `https://${canary}/fhir/Observation/1`,
    `HTTP://${canary}/Observation/1`,
    `//${canary}/Observation/1`,
    `\\\\${canary}\\share\\x`,
    // Names and spellings of this machine.
    `http://localhost:${port}/Observation/1`,
    `http://127.1:${port}/Observation/1`,
    `http://2130706433:${port}/Observation/1`,
    `http://0x7f000001:${port}/Observation/1`,
    `http://0177.0.0.1:${port}/Observation/1`,
    `http://[::1]:${port}/Observation/1`,
    `http://[::ffff:127.0.0.1]:${port}/Observation/1`,
    `http://0.0.0.0:${port}/Observation/1`,
    `http://127.0.0.1.nip.io:${port}/Observation/1`,
    // Metadata services and private networks.
    'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://100.100.100.200/latest/meta-data/',
    'http://168.63.129.16/metadata/v1',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://10.0.0.1/Observation/1',
    'http://192.168.0.1/Observation/1',
    'http://[64:ff9b:1::a9fe:a9fe]/Observation/1',
    'http://[2002:a9fe:a9fe::1]/Observation/1',
    // What begins like the EHR's base, and is not below it.
    `http://${host}.evil.invalid/fhir/Observation/1`,
    `http://${host}@${canary}/fhir/Observation/1`,
    `http://${canary}#@${host}/fhir/Observation/1`,
    `${ehr}.evil/Observation/1`,
    `${ehr}x/Observation/1`,
    `${ehr}/../admin/Observation/1`,
    `${ehr}/%2e%2e/admin/Observation/1`,
    `${ehr}\\..\\admin`,
    // Under the base, and still not to be fetched.
    `${ehr}/Observation/1`,
    `${ehr}/Patient/1/$everything`,
    'Observation/../../admin',
    'Observation/1?_format=http://evil.invalid',
    `Patient?identifier=http://${canary}|1`,
    `Observation?url=http://${canary}/`,
    // Other schemes.
    'file:///etc/passwd',
    `ftp://${canary}/x`,
    `gopher://${canary}/_GET`,
    `ldap://${canary}/dc=x`,
    `jar:http://${canary}/x.jar!/`,
    'data:application/fhir+json,{}',
    'javascript:fetch("http://evil.invalid")',
    // Characters that parsers drop.
    `ht\ttp://${canary}/Observation/1`,
    `http://${canary}\r\nHost: evil.invalid`,
    `http://ｅvil。invalid/Observation/1`,
  ];
}

const buildReference = (reference: string) => ({ reference });

/** Builds resources that carry the reference in every element that can hold one or a URL. */
export function buildHostileResources(reference: string, id: string): readonly object[] {
  const there = buildReference(reference);
  const attachment = { contentType: 'application/fhir+json', url: reference };
  const count = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-02-03T08:00:00Z',
    valueQuantity: { value: 20, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  };
  return [
    { ...count, id: `${id}-subject`, subject: there },
    {
      ...{ ...count, id: `${id}-others`, encounter: there, device: there, specimen: there },
      ...{ focus: [there], performer: [there], basedOn: [there], partOf: [there] },
      ...{ hasMember: [there], derivedFrom: [there] },
      meta: { source: reference, profile: [reference] },
      implicitRules: reference,
    },
    { ...count, id: `${id}-extension`, extension: [{ url: reference, valueUrl: reference }] },
    {
      ...{ ...count, id: `${id}-contained`, specimen: buildReference('#s') },
      contained: [{ resourceType: 'Specimen', id: 's', parent: [there], subject: there }],
    },
    { ...count, id: `${id}-code`, code: { coding: [{ system: reference, code: '777-3' }] } },
    {
      ...{ resourceType: 'Patient', id: `${id}-patient`, generalPractitioner: [there], photo: [attachment] },
      ...{ managingOrganization: there, link: [{ other: there, type: 'seealso' }] },
      identifier: [{ system: reference, value: '1', assigner: there }],
    },
    {
      ...{ resourceType: 'MedicationAdministration', id: `${id}-administration`, status: 'completed' },
      ...{ medicationReference: there, subject: { reference: 'Patient/p1' }, context: there },
      ...{ effectiveDateTime: '2026-02-03', request: there },
    },
    {
      ...{ resourceType: 'AdverseEvent', id: `${id}-event`, actuality: 'actual', event: { text: 'Fever' } },
      ...{ subject: { reference: 'Patient/p1' }, date: '2026-02-03', resultingCondition: [there] },
      suspectEntity: [{ instance: there }],
    },
    {
      ...{ resourceType: 'DiagnosticReport', id: `${id}-report`, status: 'final', code: { text: 'x' } },
      ...{ subject: { reference: 'Patient/p1' }, result: [there], media: [{ link: there }] },
      presentedForm: [attachment],
    },
    {
      ...{ resourceType: 'ResearchSubject', id: `${id}-research`, status: 'on-study' },
      ...{ study: there, individual: there, consent: there },
    },
  ];
}
