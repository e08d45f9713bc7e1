import { closeSync, openSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { Failure } from '../errors.ts';
import { type Cause, type Change, changesOfExports, type ExportChanges } from '../service/export-folders.ts';
import type { Service } from '../service.ts';
import { causeSays, changeSays, resourceOf, type Standings } from './change-words.ts';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, withStored } from './session.ts';
import { type Io, plural, table } from './terminal.ts';

interface ChangesOptions extends StoreOptions {
  readonly out?: string;
  readonly json: boolean;
}

/** So many places are printed; a file takes them all. */
const PRINTED = 100;

/** Asks the store, once for each resource. Without a store it knows nothing. */
class Asked {
  readonly known = new Map<string, NonNullable<Awaited<ReturnType<Service['standing']>>>>();
  readonly #service: Service | null;
  readonly #asked = new Set<string>();

  constructor(service: Service | null) {
    this.#service = service;
  }

  async ask(causes: readonly Cause[]): Promise<Standings> {
    const changes = causes.flatMap((cause) => ('resources' in cause ? cause.resources : []));
    for (const name of changes.map(resourceOf)) {
      if (!this.#service || this.#asked.has(name)) continue;
      this.#asked.add(name);
      const standing = await this.#service.standing(name);
      if (standing) this.known.set(name, standing);
    }
    return this.known;
  }
}

/** Something that takes every change, in order. */
interface Reader {
  take(change: Change, standings: Standings): void;
  end(standings: Standings): void;
}

function csvCell(value: unknown): string {
  const text = value === null ? '' : String(value);
  const safe =
    /^[=+\-@\t\r]/.test(text) && typeof value === 'string' && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function toFile(path: string): Reader {
  const file = openFile(path);
  const write = (cells: readonly unknown[]): void => {
    writeSync(file, `${cells.map(csvCell).join(',')}\r\n`);
  };
  write(['file', 'address', 'column', 'what', 'was', 'now', 'why']);
  return {
    take({ file: of, at, column, what, was, now, why }, standings) {
      write([of, at, column, what, was, now, why.map((cause) => causeSays(cause, standings)).join('; ')]);
    },
    end: () => closeSync(file),
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    const fix = 'Name a file in a folder that is there and can be written.';
    throw new Failure('cli/failed', `${path} cannot be written.`, { at: '--out', fix }, { cause });
  }
}

function asText(io: Io): Reader {
  let places = 0;
  let before = '';
  let because = '';
  const byFile = new Map<string, number>();
  return {
    take(change, standings) {
      const { file, at, why } = change;
      byFile.set(file, (byFile.get(file) ?? 0) + 1);
      const place = `${file}#${at}`;
      if (place !== before) places += 1;
      if (places > PRINTED) return;
      const says = why.map((cause) => `    ${causeSays(cause, standings)}\n`).join('');
      if (place !== before) io.out(`\n${place}\n`);
      io.out(`  ${changeSays(change)}\n`);
      if (place !== before || says !== because) io.out(says);
      before = place;
      because = says;
    },
    end() {
      if (places > PRINTED) io.out(`\nand ${places - PRINTED} more places; --out FILE writes all of them\n`);
      if (byFile.size > 0) io.out(`\n${table(['file', 'changes'], [...byFile])}`);
      else io.out('\nNo cell changed.\n');
    },
  };
}

function asJson(io: Io, { study, format, basis, files }: ExportChanges): Reader {
  const head = JSON.stringify({ study, format, basis, files }, null, 2).slice(0, -2);
  io.out(`${head},\n  "changes": [`);
  let first = true;
  return {
    take(change) {
      io.out(`${first ? '' : ','}\n    ${JSON.stringify(change)}`);
      first = false;
    },
    end(standings) {
      const resources = JSON.stringify(Object.fromEntries(standings), null, 2).replaceAll('\n', '\n  ');
      io.out(`${first ? '' : '\n  '}],\n  "resources": ${resources}\n}\n`);
    },
  };
}

function printHead(io: Io, { study, format, basis, files }: ExportChanges): void {
  io.out(`${format} of ${study}\n`);
  for (const { of, was, now } of basis) io.out(`  ${of} ${was ?? '(none)'} → ${now ?? '(none)'}\n`);
  const words = { appeared: 'new', left: 'not there any more', 'other-bytes': 'other', same: 'the same' };
  io.out(
    `\n${table(
      ['file', ''],
      files.map(({ file, what }) => [file, words[what]]),
    )}`,
  );
}

async function compare(
  io: Io,
  service: Service | null,
  found: ExportChanges,
  options: ChangesOptions,
): Promise<void> {
  if (!options.json) printHead(io, found);
  const readers = [options.json ? asJson(io, found) : asText(io)];
  if (options.out !== undefined) readers.push(toFile(options.out));
  const asked = new Asked(service);
  let count = 0;
  for await (const change of found.changes()) {
    count += 1;
    const standings = await asked.ask(change.why);
    for (const reader of readers) reader.take(change, standings);
  }
  for (const reader of readers) reader.end(asked.known);
  if (options.out !== undefined) io.err(`${plural(count, 'change')} in ${options.out}\n`);
}

const MORE = `
Reads the traces (trace/) of both folders. Where a store is named with --data, says of each resource that changed what its
version in force is and when it was received. What is printed names the hospitals' resources: for those who may see them.
`;

/** `changes OLD NEW`: which cells two exports show otherwise, and why. */
export function changesCommand(session: Session): Command {
  const made = command('changes', 'say which cells changed between two exports, and why', [
    'changes export/2026-05 export/2026-06',
    'changes old/csv new/csv --data data --out changes.csv',
  ])
    .argument('<old>', 'folder that `export` wrote')
    .argument('<new>', 'folder that `export` wrote later: same study, same format')
    .option('--out <file>', 'write every change to a CSV file')
    .addHelpText('after', MORE);
  return withJson(withStore(made)).action(async (old: string, now: string, options: ChangesOptions) => {
    const found = await changesOfExports(old, now);
    if (options.data === undefined && options.config === undefined)
      return compare(session.io, null, found, options);
    return withStored(session, options, (service) => compare(session.io, service, found, options));
  });
}
