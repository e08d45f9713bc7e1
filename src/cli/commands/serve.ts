import type { Command } from 'commander';
import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import type { Service } from '../../service.ts';
import type { CommandContext, StoreOptions } from '../command-context.ts';
import { addStoreOptions, createCommand } from '../command-options.ts';
import { type Io, pluralize } from '../terminal.ts';

interface ServeOptions extends StoreOptions {
  readonly host?: string;
  readonly port?: string;
  readonly dev?: boolean;
}

function printStartup(io: Io, config: Config, url: string): void {
  io.out(`Listening on ${url}/fhir\nStore in ${config.dataDir}\n`);
  if (config.devTokenIsNew) io.out(`Bearer token of site dev, for this run: ${config.devToken}\n`);
  const clients = Object.values(config.sites).flatMap((site) => site.clients);
  if (!config.dev && clients.length === 0) {
    io.err('No client is configured: every call is refused. Fix: configure clients, or try --dev.\n');
  }
}

/** What went wrong is said, and nothing else happens: the mappings that were in force still are. */
async function reloadMappings(io: Io, service: Service): Promise<void> {
  try {
    const done = await service.reloadLibrary();
    if (done.reloaded) {
      const { resources, mapped } = done.rerun;
      io.err(`Mappings reloaded: of ${pluralize(resources, 'held resource')} ${mapped} mapped now.\n`);
      return;
    }
    for (const { file, at, message, fix } of done.problems)
      io.err(`${file}: ${at}: ${message} Fix: ${fix}\n`);
    io.err(`Mappings not reloaded, the old ones stay: ${pluralize(done.problems.length, 'problem')}.\n`);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    io.err(`Mappings not reloaded, try again: ${cause.line}\n`);
  }
}

async function runServe(session: CommandContext, options: ServeOptions): Promise<void> {
  const { io } = session;
  const config = session.loadConfig(options);
  const service = await session.openService(config);
  try {
    const listening = await service.listen({ host: config.host, port: config.port });
    service.startWorker();
    io.onReload(() => void reloadMappings(io, service));
    printStartup(io, config, listening.url);
    await io.waitUntilStopped();
    io.err('Stopping: no new connections, what is under way is finished.\n');
    await listening.close();
  } finally {
    await service.close();
  }
}

/** `serve`: the service, until it is told to stop. */
export function createServeCommand(session: CommandContext): Command {
  return addStoreOptions(
    createCommand('serve', 'run the service; SIGHUP reads mappings and protocols again', [
      'serve --dev',
      'serve --config trial-adapter.json --port 8080',
    ]),
  )
    .option('--port <number>', 'port (default: 8080)')
    .option('--host <address>', 'address (default: 127.0.0.1)')
    .option('--dev', 'admit one token, as site dev, on loopback only', false)
    .action((options: ServeOptions) => runServe(session, options));
}
