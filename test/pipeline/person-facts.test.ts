import { expect, test } from '@jest/globals';
import { type PipelineSandbox, SANDBOX_STUDY, usePipelineSandbox } from './pipeline-sandbox.ts';
import { buildSentPatient, withVersionId } from './sent-resources.ts';

const withPipelineSandbox = usePipelineSandbox();

const buildRace = (...codes: readonly string[]) => ({
  url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
  extension: codes.map((code) => ({
    url: 'ombCategory',
    valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code },
  })),
});

const buildPatientWithRace = (...codes: readonly string[]) => ({
  ...buildSentPatient(0, null),
  extension: [
    buildRace(...codes),
    { url: 'https://hospital.example/religion', valueString: 'kept by the hospital' },
  ],
  name: [{ family: 'Nobody' }],
  address: [{ city: 'Tianjin', country: 'CN' }],
});

const listFacts = ({ tx }: PipelineSandbox) => tx.facts.listForSubject(SANDBOX_STUDY, 'S0');

test('a corrected race replaces the former one, whichever version comes first', () =>
  withPipelineSandbox(async (sandbox) => {
    await sandbox.enrol('S0', 'Patient/p0');
    await sandbox.send(withVersionId(buildPatientWithRace('2106-3', '2028-9'), 2));
    await sandbox.send(withVersionId(buildPatientWithRace('2106-3'), 1));
    expect(await listFacts(sandbox)).toMatchObject([{ kind: 'person', races: ['asian', 'white'] }]);
    await sandbox.send(withVersionId(buildSentPatient(0, null), 3));
    const [person, ...more] = await listFacts(sandbox);
    expect(person).not.toHaveProperty('races');
    expect(more).toEqual([]);
  }));

test('no further detail of a person is kept: no name, no address, no other extension', () =>
  withPipelineSandbox(async (sandbox) => {
    await sandbox.enrol('S0', 'Patient/p0');
    await sandbox.send(withVersionId(buildPatientWithRace('2106-3'), 1));
    expect(JSON.stringify(await listFacts(sandbox))).not.toMatch(/Nobody|Tianjin|CN|religion|hospital/);
  }));
