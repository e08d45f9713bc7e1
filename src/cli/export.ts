import { once } from 'node:events';
import { createWriteStream, mkdirSync, rmSync, type WriteStream } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Service } from '../service.ts';
import { command, withJson, withStore, withStudy } from './options.ts';
import { type Session, type StoreOptions, studyOf, withStored } from './session.ts';
import { plural, printJson, table } from './terminal.ts';

interface ExportOptions extends StoreOptions {
  readonly study?: string;
  readonly out?: string;
  readonly draft: boolean;
  readonly json: boolean;
}

type Pieces = Awaited<ReturnType<Service['export']>>;

function begin(folder: string, file: string): WriteStream {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path);
}

async function end(streams: Iterable<WriteStream>): Promise<void> {
  for (const stream of streams) {
    stream.end();
    await finished(stream);
  }
}

/** Writes the pieces; returns the files with their sizes. What was written is removed where the export fails. */
async function writePieces(pieces: Pieces, folder: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const streams = new Map<string, WriteStream>();
  try {
    for await (const { file, content } of pieces) {
      const stream = streams.get(file) ?? begin(folder, file);
      streams.set(file, stream);
      sizes.set(file, (sizes.get(file) ?? 0) + Buffer.byteLength(content));
      if (!stream.write(content)) await once(stream, 'drain');
    }
    await end(streams.values());
    return sizes;
  } catch (cause) {
    await end(streams.values());
    for (const file of sizes.keys()) rmSync(join(folder, file), { force: true });
    throw cause;
  }
}

async function exportTo(session: Session, format: string | undefined, options: ExportOptions): Promise<void> {
  const { io } = session;
  await withStored(session, options, async (service) => {
    if (format === undefined) {
      if (options.json) printJson(io, service.formats());
      else
        io.out(
          table(
            ['format', 'what for'],
            service.formats().map(({ id, says }) => [id, says]),
          ),
        );
      return;
    }
    const study = studyOf(service, options.study);
    const folder = resolve(options.out ?? join('export', study, format));
    const sizes = await writePieces(await service.export(study, format, options.draft), folder);
    const files = [...sizes].map(([file, bytes]) => ({ file, bytes }));
    if (options.json) printJson(io, { study, format, folder, files });
    else {
      io.out(
        table(
          ['file', 'bytes'],
          files.map(({ file, bytes }) => [file, bytes]),
        ),
      );
      io.out(`\n${plural(files.length, 'file')} in ${folder}\n`);
    }
  });
}

/** `export FORMAT`: the study in one of the formats; without a format, what there is. */
export function exportCommand(session: Session): Command {
  const made = command(
    'export',
    'write the study as files for statisticians, registries and research tools',
    ['export', 'export csv --study msc-aa --out export/csv'],
  )
    .argument('[format]', 'one of the formats that `export` alone lists')
    .option('--out <dir>', 'folder to write to (default: export/STUDY/FORMAT)')
    .option('--draft', 'write a registry export under DRAFT-NOT-FOR-UPLOAD', false);
  return withJson(withStudy(withStore(made))).action((format: string | undefined, options: ExportOptions) =>
    exportTo(session, format, options),
  );
}
