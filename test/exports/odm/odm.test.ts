import { beforeAll, describe, expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { odm } from '../../../src/exports/odm/odm.ts';
import { assessVariedRecord, buildVariedFacts, buildVariedStudy, collectFiles } from '../varied-study.ts';

let odmText: string;

beforeAll(async () => {
  const records = [assessVariedRecord('S-1', buildVariedFacts('S-1')), assessVariedRecord('S-2', [])];
  odmText = (await collectFiles(odm.write(buildVariedStudy(records)))).get('odm/odm.xml') ?? '';
});

describe('ODM', () => {
  test('is one document with one SubjectData for each subject', () => {
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
    const { ODM } = parser.parse(odmText, true);
    expect(ODM).toMatchObject({
      ODMVersion: '1.3.2',
      FileType: 'Snapshot',
      CreationDateTime: '2021-06-01T00:00:00Z',
    });
    const subjects: readonly { SubjectKey: string }[] = ODM.ClinicalData.SubjectData;
    expect(subjects.map(({ SubjectKey }) => SubjectKey)).toEqual(['S-1', 'S-2']);
  });

  test('defines every event, form, group, item and codelist of the data', () => {
    const defined = new Set([...odmText.matchAll(/ OID="([^"]+)"/g)].map(([, oid]) => oid));
    const used = [
      ...odmText.matchAll(/ (?:StudyEvent|Form|ItemGroup|Item|CodeList|Study|MetaDataVersion)OID="([^"]+)"/g),
    ];
    expect(used.map(([, oid]) => oid).filter((oid) => !defined.has(oid))).toEqual([]);
    expect(used.length).toBeGreaterThan(300);
  });

  test('coded values are in their codelists', () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      isArray: (name) => name === 'ItemDef' || name === 'CodeListItem',
    });
    const { ItemDef, CodeList } = parser.parse(odmText).ODM.Study.MetaDataVersion;
    const lists = new Map<string, string[]>(
      CodeList.map((list: { OID: string; CodeListItem: { CodedValue: string }[] }) => [
        list.OID,
        list.CodeListItem.map((item) => item.CodedValue),
      ]),
    );
    const coded = new Map<string, string>(
      ItemDef.flatMap((item: { OID: string; CodeListRef?: { CodeListOID: string } }) =>
        item.CodeListRef ? [[item.OID, item.CodeListRef.CodeListOID]] : [],
      ),
    );
    const values = [...odmText.matchAll(/<ItemData ItemOID="([^"]+)" Value="([^"]*)"/g)].filter(
      ([, item = '']) => coded.has(item),
    );
    expect(
      values.filter(([, item = '', value = '']) => !lists.get(coded.get(item) ?? '')?.includes(value)),
    ).toEqual([]);
    expect(values.length).toBeGreaterThan(30);
  });

  test('values keep their digits and dates their precision', () => {
    expect(odmText).toContain('<ItemData ItemOID="I.lbstresn" Value="0.450"/>');
    expect(odmText).toContain('<ItemData ItemOID="I.lborres" Value="&lt;5"/>');
    expect(odmText).toContain('<ItemData ItemOID="I.exdose" Value="1.50"/>');
    expect(odmText).toContain('<ItemData ItemOID="I.mhstdtc" Value="2019-08"/>');
  });

  test('text from a hospital cannot break the document', async () => {
    const facts = buildVariedFacts('S-1').map((fact) =>
      fact.kind === 'adverse-event' ? { ...fact, term: 'Fever <38> & "chills"\u0007' } : fact,
    );
    const written =
      (await collectFiles(odm.write(buildVariedStudy([assessVariedRecord('S-1', facts)])))).get(
        'odm/odm.xml',
      ) ?? '';
    expect(() => new XMLParser().parse(written, true)).not.toThrow();
    expect(written).toContain('Fever &lt;38&gt; &amp; &quot;chills&quot;\uFFFD');
  });
});
