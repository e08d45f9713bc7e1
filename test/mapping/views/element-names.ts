/** The elements of the types that random views and resources use, with the type of each; `[]`: a list. */
export const ELEMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Observation: {
    ...{ id: 'id', meta: 'Meta', status: 'code', category: 'CodeableConcept[]', code: 'CodeableConcept' },
    ...{
      subject: 'Reference',
      focus: 'Reference[]',
      effective: 'choice',
      issued: 'instant',
      value: 'choice',
    },
    ...{ dataAbsentReason: 'CodeableConcept', note: 'Annotation[]', component: 'Component[]' },
    ...{ hasMember: 'Reference[]', extension: 'Extension[]', contained: 'Resource[]' },
  },
  Patient: {
    ...{ id: 'id', active: 'boolean', name: 'HumanName[]', gender: 'code', birthDate: 'date' },
    ...{ deceased: 'choice', multipleBirth: 'choice', contact: 'Contact[]', link: 'Link[]' },
    ...{ extension: 'Extension[]', managingOrganization: 'Reference' },
  },
  Questionnaire: { id: 'id', status: 'code', date: 'dateTime', item: 'Item[]', url: 'uri' },
  Item: {
    ...{ linkId: 'string', text: 'string', required: 'boolean', maxLength: 'integer', item: 'Item[]' },
    ...{ extension: 'Extension[]', code: 'Coding[]' },
  },
  Component: {
    code: 'CodeableConcept',
    value: 'choice',
    dataAbsentReason: 'CodeableConcept',
    extension: 'Extension[]',
  },
  Contact: { name: 'HumanName', gender: 'code', period: 'Period' },
  Link: { other: 'Reference', type: 'code' },
  CodeableConcept: { coding: 'Coding[]', text: 'string', extension: 'Extension[]' },
  Coding: { system: 'uri', code: 'code', display: 'string', version: 'string', userSelected: 'boolean' },
  Quantity: { value: 'decimal', unit: 'string', code: 'code', system: 'uri', comparator: 'code' },
  Reference: { reference: 'string', type: 'uri', display: 'string' },
  Period: { start: 'dateTime', end: 'dateTime' },
  HumanName: { family: 'string', given: 'string[]', use: 'code', period: 'Period' },
  Annotation: { text: 'markdown', time: 'dateTime' },
  Extension: { url: 'uri', value: 'choice', extension: 'Extension[]' },
  Meta: { lastUpdated: 'instant', versionId: 'id', tag: 'Coding[]', profile: 'canonical[]' },
};

/** The types of a choice, as they are written after its name. */
export const CHOICES: Readonly<Record<string, string>> = {
  ...{ Quantity: 'Quantity', CodeableConcept: 'CodeableConcept', String: 'string', Boolean: 'boolean' },
  ...{ Integer: 'integer', DateTime: 'dateTime', Period: 'Period', Time: 'time', Instant: 'instant' },
  ...{ Decimal: 'decimal', Reference: 'Reference', Code: 'code', Coding: 'Coding', Date: 'date' },
};

/** URLs that extensions have and expressions ask for. */
export const EXTENSION_URLS = ['urn:a', 'urn:b'];

export const TEXTS: Readonly<Record<string, readonly string[]>> = {
  id: ['a', 'b1'],
  code: ['final', 'a', 'b', 'code'],
  uri: ['http://loinc.org', 'urn:a', 'Patient'],
  string: ['a', 'b', '', 'Patient/p1', 'Observation/o1/_history/2', '#x', 'true', '1'],
  date: ['2020', '2020-02', '2020-02-29', 'never'],
  dateTime: [
    '2020',
    '2020-02-29',
    '2020-02-29T10:00:00Z',
    '2020-02-29T11:00:00+01:00',
    '2020-03-01T10:00:00.5Z',
    'x',
  ],
  instant: ['2020-02-29T10:00:00Z', '2020-02-29T10:00:00.000Z', '2020'],
  time: ['10:00', '10:00:00', 'noon'],
};

export const DRAWN_NUMBERS = [
  '1',
  '1.0',
  '1.50',
  '0.010',
  '-3',
  '1e2',
  '24',
  '12345678901234567890.1',
  '0',
  '100',
];
