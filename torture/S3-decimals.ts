import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bar, BarResult } from './bar.ts';
import { readWorkspaceStore } from './support/read-stored.ts';
import { type LoadAnswer, sendLoad } from './support/send-load.ts';
import { buildCountResource, buildSiteHeaders } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  runCommand,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';

const SITE = 'site-1';

/** Decimals that FHIR allows and that a double, or a careless printer, changes. */
const LITERALS = [
  ...[
    '1.00',
    '0.010',
    '100',
    '24',
    '24.0',
    '24.50',
    '0.12345678901234567890',
    '123456789012345678',
    '9007199254740993',
  ],
  ...[
    '1.10',
    '1.0e3',
    '1E2',
    '2.50e1',
    '1e-2',
    '1E-22',
    '1e400',
    '0',
    '-0',
    '-0.0',
    '33.000000000000000000001',
  ],
] as const;

const formatDay = (index: number): string => `2026-02-${String(index + 1).padStart(2, '0')}`;
const formatId = (index: number): string => `dec${index}`;

/** The body of a count with a literal as it stands here: no number of this program takes part in it. */
const buildBody = (index: number, literal: string): string =>
  JSON.stringify(buildCountResource(formatId(index), 'p1', 424_242, formatDay(index))).replace(
    '424242',
    literal,
  );

async function sendLiterals(workspace: Workspace): Promise<readonly LoadAnswer[]> {
  const service = await startServiceProcess(workspace);
  try {
    return await sendLoad({
      origin: service.origin,
      connections: 1,
      keepsBodies: true,
      build: (number) => {
        const literal = LITERALS[number];
        if (literal === undefined) return null;
        const path = `/fhir/Observation/${formatId(number)}`;
        return { method: 'PUT', path, headers: buildSiteHeaders(SITE), body: buildBody(number, literal) };
      },
    });
  } finally {
    await service.stop();
  }
}

/** The formats with results, and what a result with the literal looks like in a line of them that has the day. */
const FORMATS: readonly {
  readonly id: string;
  readonly contains: (line: string, literal: string) => boolean;
}[] = [
  {
    id: 'csv',
    contains: (line, literal) =>
      line.split(/[,\r]/).some((cell) => cell === literal || cell === `"${literal}"`),
  },
  {
    id: 'ndjson',
    contains: (line, literal) => line.includes(`"value":${literal},`) || line.includes(`"value":${literal}}`),
  },
  {
    id: 'sdtm',
    contains: (line, literal) => line.includes(`"${literal}"`) || line.split(',').includes(literal),
  },
];

function listLines(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((file) => file.isFile() && !file.parentPath.includes('trace'))
    .flatMap((file) => readFileSync(join(file.parentPath, file.name), 'utf8').split('\n'));
}

/** Exports the study in a format; returns the literals that were mapped and that no line of their day shows. */
async function listLostInExport(
  workspace: Workspace,
  { id, contains }: (typeof FORMATS)[number],
  mapped: readonly number[],
): Promise<readonly string[]> {
  const folder = join(workspace.path, `export-${id}`);
  const { code, err } = await runCommand(workspace, ['export', id, '--study', 'msc-aa', '--out', folder]);
  if (code !== 0) return [`export ${id} ended with ${code}: ${err.slice(0, 300)}`];
  const lines = listLines(folder);
  return mapped.flatMap((index) => {
    const literal = LITERALS[index] ?? '';
    const isShown = lines.some((line) => line.includes(formatDay(index)) && contains(line, literal));
    return isShown ? [] : [`${literal} is not in the ${id} of ${formatDay(index)}`];
  });
}

/** Lists the literals that are not in the store as they were sent. */
const listLostInStore = (workspace: Workspace): Promise<readonly string[]> =>
  readWorkspaceStore(workspace, async (tx) => {
    const lost: string[] = [];
    for (const [index, literal] of LITERALS.entries()) {
      const key = { site: SITE, resourceType: 'Observation', id: formatId(index) };
      const body = (await tx.inbox.getCurrent(key))?.body;
      if (!body?.includes(`"value":${literal},`)) lost.push(`${literal} is not in the store`);
    }
    return lost;
  });

/** How many of the literals a double prints otherwise: what a service without exact numbers would change. */
const countChangedByDoubles = (): number =>
  LITERALS.filter((literal) => JSON.stringify(JSON.parse(literal)) !== literal).length;

async function run(): Promise<BarResult> {
  const workspace = createWorkspace({ sites: [SITE] });
  try {
    await enrolSubjects(workspace, [`S1,${SITE},Patient/p1`]);
    const answers = await sendLiterals(workspace);
    const breaches: string[] = [...(await listLostInStore(workspace))];
    const mapped = answers.flatMap(({ number, body }) => (body?.includes('"mapped"') ? [number] : []));
    for (const { number, status } of answers)
      if (status !== 201) breaches.push(`${LITERALS[number]} was answered ${status}`);
    for (const format of FORMATS) breaches.push(...(await listLostInExport(workspace, format, mapped)));
    return {
      counts: { literals: LITERALS.length, mapped: mapped.length, formats: FORMATS.length },
      breaches,
      control: { name: 'the same literals as doubles', found: countChangedByDoubles() },
    };
  } finally {
    workspace.remove();
  }
}

/** S3: a decimal is stored and exported as it was sent, digit for digit. */
export const decimalBar: Bar = { id: 'S3', name: 'decimals', run };
