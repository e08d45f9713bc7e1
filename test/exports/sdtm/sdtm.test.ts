import { beforeAll, describe, expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { sdtm } from '../../../src/exports/sdtm/sdtm.ts';
import { assessVariedRecord, buildVariedFacts, buildVariedStudy, collectFiles } from '../varied-study.ts';

interface SdtmDataset {
  readonly name: string;
  readonly records: number;
  readonly columns: readonly {
    readonly itemOID: string;
    readonly name: string;
    readonly label: string;
    readonly length?: number;
    readonly keySequence?: number;
  }[];
  readonly rows: readonly (readonly unknown[])[];
}

let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  const records = ['S-1', 'S-2'].map((subject) => assessVariedRecord(subject, buildVariedFacts(subject)));
  files = await collectFiles(
    sdtm.write(buildVariedStudy([...records, assessVariedRecord('S-3', [], 'withdrawn')])),
  );
});

function parseDataset(name: string): SdtmDataset {
  return JSON.parse(files.get(`sdtm/${name.toLowerCase()}.json`) ?? '{"rows":[]}');
}

/** Selects the named cells of one subject, by variable. */
function selectRows(name: string, subject: string, ...variables: readonly string[]) {
  const { columns, rows: all } = parseDataset(name);
  const places = columns.map((column) => column.name);
  return all
    .filter((row) => row[places.indexOf('USUBJID')] === `msc-aa.${subject}`)
    .map((row) => variables.map((variable) => row[places.indexOf(variable)]));
}

describe('race, ethnicity and country', () => {
  const origins = {
    'S-1': { races: ['asian'], ethnicity: 'not-hispanic-or-latino' },
    'S-2': { races: ['american-indian-or-alaska-native', 'white'], ethnicity: 'unknown' },
    'S-3': { races: [] },
    'S-4': {},
  } as const;
  let demographicFiles: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const records = Object.entries(origins).map(([subject, origin], i) => {
      const facts = buildVariedFacts(subject).map((fact) =>
        fact.kind === 'person' ? { ...fact, ...origin } : fact,
      );
      return { ...assessVariedRecord(subject, facts), ...(i < 3 ? { country: 'CHN' } : {}) };
    });
    demographicFiles = await collectFiles(sdtm.write(buildVariedStudy(records)));
  });

  const table = (name: string) => JSON.parse(demographicFiles.get(`sdtm/${name}.json`) ?? '') as SdtmDataset;
  function cells(name: string, ...variables: readonly string[]) {
    const { columns, rows } = table(name);
    const positions = variables.map((variable) => columns.findIndex((column) => column.name === variable));
    return rows.map((row) => positions.map((position) => row[position]));
  }

  test('one race is a term; several are MULTIPLE, each in SUPPDM; a race that was not sent is empty', () => {
    expect(cells('dm', 'SUBJID', 'RACE', 'ETHNIC', 'COUNTRY')).toEqual([
      ['S-1', 'ASIAN', 'NOT HISPANIC OR LATINO', 'CHN'],
      ['S-2', 'MULTIPLE', 'UNKNOWN', 'CHN'],
      ['S-3', 'UNKNOWN', null, 'CHN'],
      ['S-4', null, null, null],
    ]);
    const races = cells('suppdm', 'USUBJID', 'QNAM', 'QVAL', 'QORIG').filter(([, name]) =>
      String(name).startsWith('RACE'),
    );
    expect(races).toEqual([
      ['msc-aa.S-2', 'RACE1', 'AMERICAN INDIAN OR ALASKA NATIVE', 'COLLECTED'],
      ['msc-aa.S-2', 'RACE2', 'WHITE', 'COLLECTED'],
    ]);
  });

  test('define.xml has the NCI codes, MULTIPLE as an extended value, and ISO 3166 as a dictionary', () => {
    const define = demographicFiles.get('sdtm/define.xml') ?? '';
    expect(define).toMatch(/CodedValue="ASIAN">[\s\S]{0,250}Name="C41260"/);
    expect(define).toContain('CodedValue="MULTIPLE" def:ExtendedValue="Yes"');
    expect(define).toContain('<ExternalCodeList Dictionary="ISO 3166-1 Alpha-3" Version="2020"/>');
  });
});

describe('SDTM', () => {
  test('results are as sent and converted, limits have no numeric result, units have the spelling of CDISC', () => {
    expect(
      selectRows('LB', 'S-1', 'LBTESTCD', 'LBORRES', 'LBORRESU', 'LBSTRESC', 'LBSTRESN', 'LBSTRESU'),
    ).toEqual([
      ['HGB', '7.20', 'g/dL', '72.0', 72, 'g/L'],
      ['NEUT', '450', '/mm3', '0.450', 0.45, '10^9/L'],
      ['PLAT', '<5', '10^3/uL', '<5', null, '10^9/L'],
      ['PLAT', '11', 'strange', '11', 11, '10^9/L'],
      ['PLAT', '25', '10^3/uL', '25', 25, '10^9/L'],
    ]);
    expect(files.get('sdtm/lb.json')).toContain('"0.450", 0.450, "10^9/L"');
  });

  test('dates keep their precision, days are the site-local days, there is no study day 0', () => {
    expect(selectRows('LB', 'S-1', 'LBDTC', 'LBDY').slice(0, 3)).toEqual([
      ['2020-03-01T08:00:00+08:00', -4],
      ['2020-03-02T08:00:00+08:00', -3],
      ['2020-03-02', -3],
    ]);
    expect(selectRows('EX', 'S-1', 'EXSTDTC', 'EXSTDY')[0]).toEqual(['2020-03-05T10:00:00+08:00', 1]);
    expect(selectRows('AE', 'S-1', 'AETERM', 'AESTDTC', 'AESTDY', 'AEENDTC', 'AEENDY')).toEqual([
      ['Fever', '2020-03-10', 6, '2020-03-11', 7],
      ['Headache', '2020-03', null, null, null],
    ]);
    expect(selectRows('MH', 'S-1', 'MHSTDTC', 'MHENRTPT')).toEqual([['2019-08', 'ONGOING']]);
    expect(selectRows('CM', 'S-1', 'CMSTDTC', 'CMENDTC', 'CMSTDY')).toEqual([['2020-03', '2020-04', null]]);
  });

  test('visits are assigned by window, unscheduled ones numbered after the preceding planned visit', () => {
    expect(selectRows('LB', 'S-1', 'LBDY', 'VISITNUM', 'VISIT', 'EPOCH').slice(2)).toEqual([
      [-3, 1, 'BASELINE', 'SCREENING'],
      [4, 1.01, 'UNSCHEDULED 1.01', 'TREATMENT'],
      [31, 3, '1 MONTH', 'FOLLOW-UP'],
    ]);
    const visits = selectRows('SV', 'S-1', 'VISITNUM', 'SVOCCUR', 'SVSTDTC', 'SVENDTC');
    expect(visits.slice(0, 4)).toEqual([
      [1, 'Y', '2020-03-01', '2020-03-04'],
      [1.01, null, '2020-03-08', '2020-03-08'],
      [2, 'N', null, null],
      [3, 'Y', '2020-04-04', '2020-04-04'],
    ]);
    expect(selectRows('LB', 'S-1', 'LBTESTCD', 'LBLOBXFL').filter(([, flag]) => flag === 'Y')).toHaveLength(
      3,
    );
  });

  test('demographics and elements of a subject with and without treatment', () => {
    const asked = [
      'SUBJID',
      'RFSTDTC',
      'RFPENDTC',
      'DTHDTC',
      'DTHFL',
      'AGE',
      'SEX',
      'ARMCD',
      'ACTARMCD',
      'ARMNRS',
    ];
    expect(selectRows('DM', 'S-1', ...asked)).toEqual([
      ['S-1', '2020-03-05T10:00:00+08:00', '2021-02', '2021-02', 'Y', 39, 'F', 'BM-MSC', 'BM-MSC', null],
    ]);
    expect(selectRows('DM', 'S-3', ...asked)).toEqual([
      ['S-3', null, '2020-02-28', null, null, null, 'U', 'BM-MSC', null, 'ASSIGNED, NOT TREATED'],
    ]);
    expect(selectRows('SE', 'S-1', 'ETCD', 'SESTDTC', 'SEENDTC')).toEqual([
      ['SCRN', '2020-02-28', '2020-03-05'],
      ['MSC1', '2020-03-05', '2020-03-27'],
      ['FUP', '2020-03-27', '2021-02-28'],
    ]);
    expect(selectRows('DS', 'S-3', 'DSDECOD', 'DSSTDTC')).toEqual([
      ['INFORMED CONSENT OBTAINED', '2020-02-28'],
      ['ENROLLED', '2020-03-01'],
      ['WITHDRAWAL BY SUBJECT', null],
    ]);
  });

  test('every assessed class is a response under its criteria set', () => {
    const { judgement } = assessVariedRecord('S-1', buildVariedFacts('S-1'));
    const classes = judgement.assessments.filter(({ value }) => value.kind === 'class');
    const found = selectRows('RS', 'S-1', 'RSTESTCD', 'RSCAT', 'RSSTRESC');
    expect(found).toHaveLength(classes.length);
    expect(
      found.filter(([code]) => code === 'OVRLRESP').every(([, set]) => String(set).startsWith('bsh-')),
    ).toBe(true);
  });

  test('record counts are right, and SUPP-- refers to existing records', () => {
    for (const text of [...files].filter(([file]) => file.endsWith('.json')).map(([, text]) => text)) {
      const { records, rows, columns } = JSON.parse(text) as SdtmDataset;
      expect(rows).toHaveLength(records);
      expect(rows.every((row) => row.length === columns.length)).toBe(true);
    }
    const sequence = new Set(selectRows('LB', 'S-1', 'LBSEQ').flat().map(String));
    expect(
      selectRows('SUPPLB', 'S-1', 'IDVARVAL')
        .flat()
        .every((value) => sequence.has(String(value))),
    ).toBe(true);
  });
});

type XmlNode = Readonly<Record<string, unknown>>;

function toXmlList(value: unknown): readonly XmlNode[] {
  return value === undefined ? [] : ([value].flat() as unknown as readonly XmlNode[]);
}

describe('define.xml', () => {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
  const metadata = (): XmlNode => parser.parse(files.get('sdtm/define.xml') ?? '').ODM.Study.MetaDataVersion;

  test('has the variables, lengths and keys of every file, and names no file that does not exist', () => {
    const groups = toXmlList(metadata().ItemGroupDef);
    const items = new Map(toXmlList(metadata().ItemDef).map((item) => [item.OID, item]));
    const described = groups
      .filter((group) => group['def:HasNoData'] === undefined)
      .map((group) => group.Name);
    expect(described.map((name) => `sdtm/${String(name).toLowerCase()}.json`)).toEqual(
      [...files.keys()].filter((file) => file.endsWith('.json')),
    );
    for (const group of groups.filter(({ Name }) => described.includes(Name))) {
      const { columns } = parseDataset(String(group.Name));
      const refs = toXmlList(group.ItemRef);
      expect(refs.map((ref) => [ref.ItemOID, ref.KeySequence])).toEqual(
        columns.map(({ itemOID, keySequence }) => [itemOID, keySequence?.toString()]),
      );
      const sized = columns.filter(({ length }) => length !== undefined);
      expect(sized.map(({ itemOID }) => Number(items.get(itemOID)?.Length))).toEqual(
        sized.map(({ length }) => length),
      );
    }
  });

  test('every reference resolves', () => {
    const text = files.get('sdtm/define.xml') ?? '';
    const named = new Set([...text.matchAll(/ (?:OID|ID)="([^"]+)"/g)].map(([, id]) => id));
    const asked = [
      ...text.matchAll(
        / (?:def:)?(?:ItemOID|MethodOID|CodeListOID|CommentOID|StandardOID|ValueListOID|WhereClauseOID|ArchiveLocationID)="([^"]+)"/g,
      ),
    ];
    expect(asked.map(([, id]) => id).filter((id) => !named.has(id))).toEqual([]);
    expect(asked.length).toBeGreaterThan(200);
  });

  test('a unit that CDISC does not have is an extended value of its list', () => {
    const units = toXmlList(metadata().CodeList).find(({ OID }) => OID === 'CL.UNIT');
    const terms = toXmlList(units?.EnumeratedItem).map((item) => [
      item.CodedValue,
      item['def:ExtendedValue'],
    ]);
    expect(terms).toEqual([
      ['/mm3', undefined],
      ['10^3/uL', undefined],
      ['g/dL', undefined],
      ['kg', undefined],
      ['strange', 'Yes'],
    ]);
  });
});
