import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();
beforeAll(async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': {} } });
  const rows = formatEnrolmentFile('T-1,site-t,Patient/p1,2026-02-01,2026-01-30');
  const file = testFolder.writeFile('enrolment.csv', rows);
  await runInFolder(testFolder, ['enroll', file, '--study', 'msc-aa']);
});

const formatCount = (id: string, value = '24.0') =>
  `{"resourceType":"Observation","id":"${id}","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"777-3"}]},` +
  `"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-03-02T08:15:00+08:00",` +
  `"valueQuantity":{"value":${value},"unit":"10*3/uL","system":"http://unitsofmeasure.org","code":"10*3/uL"}}`;

const formatPretty = (text: string) => JSON.stringify(JSON.parse(text), null, 2);

const runIngest = async (...args: string[]) => {
  const done = await runInFolder(testFolder, ['ingest', ...args, '--site', 'site-t', '--json']);
  return { ...done, summary: JSON.parse(done.out) };
};

describe('usage', () => {
  test.each([
    ['an unknown command', ['toast']],
    ['an unknown option', ['report', '--toast']],
    ['no site', ['ingest', 'a.json']],
    ['no study to enrol into', ['enroll', 'a.csv']],
    ['neither a file nor --diff', ['map']],
    ['an unknown state', ['outbox', 'list', '--state', 'lost']],
  ])('%s: exit 2, with a message on standard error', async (_name, args) => {
    const { code, out, err } = await runInFolder(testFolder, args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('--help');
  });

  test.each([
    ['serve'],
    ['enroll'],
    ['ingest'],
    ['map'],
    ['assess'],
    ['explain'],
    ['report'],
    ['work'],
    ['outbox'],
    ['bench'],
    ['check'],
    ['seal-key'],
    ['replay'],
    ['simulate'],
    ['sql'],
    ['work', 'list'],
    ['work', 'show'],
    ['work', 'accept'],
    ['work', 'reject'],
    ['outbox', 'list'],
    ['outbox', 'retry'],
    ['outbox', 'pause'],
    ['outbox', 'resume'],
    ['outbox', 'overwrite'],
  ])('%s %s --help shows an example', async (...names) => {
    const args = names.filter((name): name is string => typeof name === 'string');
    const { code, out } = await runInFolder(testFolder, [...args, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Example:\n {2}\$ trial-adapter /);
  });

  test('--help names the variables and the exit codes', async () => {
    const { code, out } = await runInFolder(testFolder, ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('TRIAL_ADAPTER_DEV_TOKEN');
    expect(out).toContain('Exit codes: 0 done, 1 refused or failed, 2 usage');
  });
});

describe('enroll', () => {
  test('one wrong row: no subject is enrolled, and every wrong cell is reported with its fix', async () => {
    const file = testFolder.writeFile(
      'wrong.csv',
      [
        'site,subject,patient,consentedOn,enrolledOn',
        'site-t,T-7,Patient/p7,2026-01-30,2026-02-01',
        'site-t,T-8,p8,2026-02-30,2026-02-01',
        '',
        'site-t,T-7,urn:mrn|8,2026-01-30,soon',
      ].join('\n'),
    );
    const { code, err } = await runInFolder(testFolder, ['enroll', file, '--study', 'msc-aa']);
    expect(code).toBe(1);
    expect(err).toContain(`${file}:3: patient: write system|value or Patient/id`);
    expect(err).toContain(`${file}:3: consentedOn: write a day that exists`);
    expect(err).toContain(`${file}:5: enrolledOn:`);
    expect(err).toContain(`${file}:5: subject: keep one: line 2 has the same value`);
    const listed = JSON.parse((await runInFolder(testFolder, ['assess', '--json'])).out);
    expect(listed.map((each: { subject: string }) => each.subject)).toEqual(['T-1']);
  });

  test.each([
    ['another header', 'subject,site\nT-1,a'],
    ['a row with too few cells', 'subject,site,patient,enrolledOn,consentedOn\nT-1,site-t'],
    ['no rows', 'subject,site,patient,enrolledOn,consentedOn\n'],
    ['an empty file', ''],
    ['a quote that is not closed', 'subject,site,patient,enrolledOn,consentedOn\n"T-1,a,b,c,d'],
  ])('%s: exit 1 and the fix', async (_name, text) => {
    const { code, err } = await runInFolder(testFolder, [
      'enroll',
      testFolder.writeFile('bad.csv', text),
      '--study',
      'msc-aa',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^trial-adapter: .*Fix: /m);
  });

  test('the same file again changes nothing', async () => {
    const { out } = await runInFolder(testFolder, [
      'enroll',
      `${testFolder.path}/enrolment.csv`,
      '--study',
      'msc-aa',
    ]);
    expect(out).toMatch(/^0 enrolled, 1 unchanged/);
  });

  test('a study that does not exist', async () => {
    const { code, err } = await runInFolder(testFolder, [
      'enroll',
      `${testFolder.path}/enrolment.csv`,
      '--study',
      'none',
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining('msc-aa')]);
  });
});

describe('ingest', () => {
  test('a folder of NDJSON, documents and Bundles; input that is not FHIR is counted and reported', async () => {
    const entry = (text: string) => ({ resource: JSON.parse(text) });
    testFolder.writeFile('in/a.ndjson', `${formatCount('a1')}\n\nnot json\n${formatCount('a2')}\n`);
    testFolder.writeFile('in/b/pretty.json', formatPretty(formatCount('b1')));
    testFolder.writeFile('in/b/one-line.json', formatCount('b2'));
    const entries = [
      entry(formatCount('c1')),
      entry(formatCount('c2')),
      { resource: { resourceType: 'Toast' } },
    ];
    testFolder.writeFile(
      'in/c.json',
      JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: entries }, null, 1),
    );
    testFolder.writeFile('in/d.json', '<Observation/>');
    testFolder.writeFile('in/e.json', '');
    testFolder.writeFile('in/readme.txt', 'not taken');
    const { code, summary, err } = await runIngest(`${testFolder.path}/in`);
    const { resources, facts, reasons, ...others } = summary;
    expect(code).toBe(1);
    expect(others).toEqual({ mapped: 6, held: 0, ignored: 0, dropped: 0, unchanged: 0, invalid: 4 });
    expect(resources).toBe(10);
    expect(facts).toBe(6);
    expect(Object.values(reasons)).toEqual([4]);
    expect(err).toMatch(/in\/a\.ndjson:3: /);
    expect(err).toMatch(/in\/d\.json:1: /);
    expect(err).toMatch(/in\/c\.json:3: /);
  });

  test('the same file again is unchanged; a resource entered in error is ignored with the reason', async () => {
    const again = await runIngest(`${testFolder.path}/in/a.ndjson`);
    expect(again.summary).toMatchObject({ resources: 3, mapped: 0, facts: 0, unchanged: 2, invalid: 1 });
    const withdrawn = formatCount('a2').replace('"final"', '"entered-in-error"');
    const after = await runIngest(testFolder.writeFile('withdrawn.json', withdrawn));
    expect(after.summary).toMatchObject({ resources: 1, ignored: 1, reasons: { 'entered-in-error': 1 } });
  });

  test('standard input, whether NDJSON or one document over many lines', async () => {
    const args = ['ingest', '-', '--site', 'site-t', '--json'];
    const lines = await runInFolder(testFolder, args, {
      stdin: `${formatCount('s1')}\n${formatCount('s2')}`,
    });
    expect(JSON.parse(lines.out)).toMatchObject({ resources: 2, mapped: 2 });
    const document = await runInFolder(testFolder, args, { stdin: formatPretty(formatCount('s3')) });
    expect(JSON.parse(document.out)).toMatchObject({ resources: 1, mapped: 1 });
  });

  test('a transaction with an invalid entry is not stored at all', async () => {
    const put = (text: string) => {
      const resource = JSON.parse(text);
      return { resource, request: { method: 'PUT', url: `Observation/${resource.id}` } };
    };
    const bad = put(formatCount('t2').replace('"final"', '"done"'));
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [put(formatCount('t1')), bad] };
    const file = testFolder.writeFile('transaction.json', JSON.stringify(bundle));
    const { code, summary } = await runIngest(file);
    expect([code, summary.invalid, summary.mapped]).toEqual([1, 2, 0]);
    const good = { ...bundle, entry: bundle.entry.slice(0, 1) };
    expect((await runIngest(testFolder.writeFile('good.json', JSON.stringify(good)))).summary.mapped).toBe(1);
  });

  test('a path that does not exist: exit 1 before anything is stored', async () => {
    const { code, err } = await runInFolder(testFolder, [
      'ingest',
      `${testFolder.path}/nowhere`,
      '--site',
      'site-t',
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining('nowhere')]);
  });

  test('a table for people, without control characters', async () => {
    const file = testFolder.writeFile('table.ndjson', `${formatCount('table1')}\nnot json\n`);
    const { out, err } = await runInFolder(testFolder, ['ingest', file, '--site', 'site-t']);
    expect(out).toMatch(/^resources +mapped +facts +held +ignored +dropped +unchanged +invalid\n2 +1 /);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('map', () => {
  test('shows the fact and its conversion, and stores nothing', async () => {
    const file = testFolder.writeFile('map.json', formatCount('only-mapped'));
    const { code, out } = await runInFolder(testFolder, ['map', file, '--site', 'site-t']);
    expect(code).toBe(0);
    expect(out).toMatch(/platelets 24\.0.*24\.0 10\*3\/uL/);
    expect((await runIngest(file)).summary.mapped).toBe(1);
  });

  test('--trace shows for each column the value, the element and the expression, and what the row yields', async () => {
    const file = testFolder.writeFile('trace.json', formatCount('traced'));
    const { out } = await runInFolder(testFolder, ['map', file, '--site', 'site-t', '--trace']);
    expect(out).toMatch(/view observation_measurement \(views\/observation-measurement\.json\), row 1/);
    expect(out).toMatch(
      /value_unit +10\*3\/uL +Observation\.valueQuantity\.unit +value\.ofType\(Quantity\)\.unit/,
    );
    expect(out).toContain('yields lab: platelets 24.0 (final), from 24.0 10*3/uL × 1 = 24.0 10*9/L');
    const [{ trace }] = JSON.parse((await runInFolder(testFolder, ['map', file, '--trace', '--json'])).out);
    expect(trace[0].cells).toContainEqual({
      column: 'code_codes',
      value: ['777-3'],
      element: 'Observation.code.coding[0].code',
      path: 'code.coding.where(system.exists() and code.exists()).code',
    });
  });

  test('--trace names the path to a row of an inner element', async () => {
    const panel = JSON.parse(formatCount('panel'));
    const { code, valueQuantity, ...rest } = panel;
    const part = { ...rest, code, component: [{ code, valueQuantity }] };
    const file = testFolder.writeFile('trace-panel.json', JSON.stringify(part));
    const { out } = await runInFolder(testFolder, ['map', file, '--site', 'site-t', '--trace']);
    expect(out).toMatch(
      /value_unit +\S+ +Observation\.component\[0\]\.valueQuantity\.unit +component\.value/,
    );
  });

  test('--diff of the mappings in use finds nothing; a folder that does not exist is refused', async () => {
    const { out } = await runInFolder(testFolder, ['map', '--diff', 'mappings']);
    expect(out).toContain('0 resources would yield different facts');
    expect((await runInFolder(testFolder, ['map', '--diff', `${testFolder.path}/nowhere`])).code).toBe(1);
  });

  test('shows why a resource is not valid', async () => {
    const file = testFolder.writeFile('map-bad.json', formatCount('x').replace('"final"', '"done"'));
    const { code, out } = await runInFolder(testFolder, ['map', file]);
    expect(code).toBe(1);
    expect(out).toContain('Observation.status');
  });
});

describe('queries', () => {
  test('as of a day, without what was received later; by other criteria, with the subjects that change class', async () => {
    const assess = (...args: string[]) => runInFolder(testFolder, ['assess', '--json', ...args]);
    expect(JSON.parse((await assess('--as-of', '2026-01-31')).out)).toEqual([]);
    const [one] = JSON.parse((await assess('--as-of', '2026-02-01')).out);
    expect(one.judgement.versions).toMatchObject({
      protocol: { id: 'msc-aa' },
      mapping: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect((await runInFolder(testFolder, ['explain', 'T-1', '--as-of', '2026-01-31'])).err).toContain(
      'not enrolled',
    );
    expect(await assess('--as-of', '2026-02-30')).toMatchObject({ code: 2 });
    expect(await assess('--as-of', '2999-01-01')).toMatchObject({ code: 2 });
    expect((await assess('--diff', 'no-set')).err).toContain('bsh-saa');
    expect((await assess('--diff', 'bsh-saa@0.0.1')).err).toContain('[criteria/unknown]');
    expect(await assess('--diff', 'nih-saa', '--criteria', 'nih-saa')).toMatchObject({ code: 2 });
    const diff = JSON.parse((await assess('--diff', 'nih-saa@1.0.0')).out);
    expect(diff).toMatchObject({ subjects: 1, flips: [], counts: {} });
  });

  test('report, assess and explain answer for a study with one subject', async () => {
    const report = JSON.parse((await runInFolder(testFolder, ['report', '--json'])).out);
    expect(report).toMatchObject({ study: 'msc-aa', subjects: 1, sites: 1 });
    expect(report.openWork).toMatchObject({ items: expect.any(Number), deathsWithoutDay: [] });
    expect((await runInFolder(testFolder, ['report'])).out).toContain('1 subject at 1 site');
    expect((await runInFolder(testFolder, ['assess'])).out).toMatch(/^subject +severity/);
    expect((await runInFolder(testFolder, ['explain', 'T-1'])).out.length).toBeGreaterThan(10);
    const asData = JSON.parse(
      (await runInFolder(testFolder, ['explain', 'T-1', '--visit', 'M1', '--json'])).out,
    );
    expect(asData).toMatchObject({ subject: 'T-1', study: 'msc-aa', judgement: { dayZero: null } });
    const nobody = await runInFolder(testFolder, ['explain', 'T-999']);
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('T-999')]);
  });

  test('a held resource is listed and can be rejected', async () => {
    const odd = formatCount('w1')
      .replace('10*3/uL","system', 'Kilo/uL","system')
      .replace('"code":"10*3/uL"', '"code":"Kilo"');
    expect((await runIngest(testFolder.writeFile('odd.json', odd))).summary.held).toBe(1);
    const [item] = JSON.parse((await runInFolder(testFolder, ['work', 'list', '--json'])).out);
    expect(item).toMatchObject({ site: 'site-t', status: 'open', count: 1, example: 'Observation/w1' });
    expect((await runInFolder(testFolder, ['work'])).out).toContain(item.reason);
    expect((await runInFolder(testFolder, ['work', 'reject', item.id])).out).toContain('1 resource ignored');
    expect(JSON.parse((await runInFolder(testFolder, ['work', '--json'])).out)).toEqual([]);
    expect((await runInFolder(testFolder, ['work', 'reject', 'none'])).code).toBe(1);
    expect((await runInFolder(testFolder, ['work', 'show', item.id])).out).toMatch(/rejected by \S+ on /);
    expect((await runInFolder(testFolder, ['work', 'accept', 'none', '--by', 'me'])).code).toBe(1);
  });

  test('the outbox is listed and paused, and an unknown entry is refused', async () => {
    expect(JSON.parse((await runInFolder(testFolder, ['outbox', 'list', '--json'])).out)).toEqual([]);
    const paused = await runInFolder(testFolder, ['outbox', 'pause', '--site', 'site-t', '--json']);
    expect(JSON.parse(paused.out)).toEqual({ from: 'pending', to: 'paused', entries: 0 });
    const none = await runInFolder(testFolder, ['outbox', 'overwrite', 'nothing', '--site', 'site-t']);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('outbox list --state dead')]);
  });

  test('check accepts the bundled files, and names the place of a problem', async () => {
    expect((await runInFolder(testFolder, ['check'])).code).toBe(0);
    const overlaps = await runInFolder(testFolder, ['check', '--site', 'site-5', '--json']);
    expect(JSON.parse(overlaps.out)).toEqual({ problems: [], overlaps: [] });
    testFolder.writeFile('mappings/views/broken.json', '{');
    const broken = await runInFolder(testFolder, ['check'], {
      env: { TRIAL_ADAPTER_MAPPINGS: `${testFolder.path}/mappings` },
    });
    expect([broken.code, broken.err]).toEqual([1, expect.stringMatching(/broken\.json.*Fix: /)]);
  });
});

describe('serve', () => {
  const token = { TRIAL_ADAPTER_DEV_TOKEN: 'a-token-of-the-test' };
  const urlIn = (out: string) => /http:\S+/.exec(out)?.[0] ?? '';

  test('--dev admits the token of the environment', async () => {
    let status = 0;
    const whileServing = async (out: string) => {
      const headers = { Authorization: `Bearer ${token.TRIAL_ADAPTER_DEV_TOKEN}` };
      status = (await fetch(`${urlIn(out)}/metadata`, { headers })).status;
    };
    const { code, out } = await runInFolder(testFolder, ['serve', '--dev', '--port', '0'], {
      env: token,
      whileServing,
    });
    expect([code, status]).toEqual([0, 200]);
    expect(out).not.toContain(token.TRIAL_ADAPTER_DEV_TOKEN);
  });

  test('without clients and without --dev every call is refused, with a warning', async () => {
    let status = 0;
    const whileServing = async (out: string) => {
      const headers = { Authorization: `Bearer ${token.TRIAL_ADAPTER_DEV_TOKEN}` };
      status = (await fetch(`${urlIn(out)}/metadata`, { headers })).status;
    };
    const { err } = await runInFolder(testFolder, ['serve', '--port', '0'], { env: token, whileServing });
    expect(status).toBe(401);
    expect(err).toContain('every request is refused');
  });

  test('--dev generates a token, prints it once, and listens on loopback only', async () => {
    const { out } = await runInFolder(testFolder, ['serve', '--dev', '--port', '0']);
    expect(out).toMatch(/Bearer token of site dev, for this run: [\w-]{32}/);
    const open = await runInFolder(testFolder, ['serve', '--dev', '--host', '0.0.0.0']);
    expect([open.code, open.err]).toEqual([1, expect.stringContaining('loopback')]);
  });
});
