import type { Command } from 'commander';
import { findConfigWarnings } from '../../config/config-warnings.ts';
import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import { locateStore } from '../../service/opening/open-store.ts';
import type { ListeningServer, Service } from '../../service.ts';
import type { CommandContext, StoreCommandOptions } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { limitHeapGrowth } from '../heap-limit.ts';
import { printWarnings } from '../print-warnings.ts';
import { type Io, pluralise } from '../terminal.ts';

interface ServeOptions extends StoreCommandOptions {
  readonly host?: string;
  readonly port?: string;
  readonly dev?: boolean;
  readonly json: boolean;
}

/** Prints where the service listens, and where its store is; as JSON on one line, so that a program can read it. */
function printStartup(io: Io, config: Config, url: string, isJson: boolean): void {
  const newToken = config.devTokenIsNew ? config.devToken : null;
  const store = locateStore(config).text;
  if (isJson) {
    const devToken = newToken === null ? {} : { devToken: newToken };
    io.out(`${JSON.stringify({ url: `${url}/fhir`, store, ...devToken })}\n`);
  } else {
    io.out(`Listening on ${url}/fhir\nStore in ${store}\n`);
    if (newToken !== null) io.out(`Bearer token of site dev, for this run: ${newToken}\n`);
  }
  const clients = Object.values(config.sites).flatMap((site) => site.clients);
  if (!config.dev && clients.length === 0) {
    io.err(
      'No client is configured, so every request is refused. Fix: configure clients, or use --dev for a trial.\n',
    );
  }
}

/** Reads the clients again, so that one that was removed is out without a restart. A faulty configuration changes nothing. */
async function reloadClients(
  context: CommandContext,
  options: ServeOptions,
  service: Service,
  { devToken }: Config,
): Promise<void> {
  try {
    // A token that was created at start stays: nobody could know another one.
    const config = { ...(await context.loadConfig(options)), devToken };
    service.replaceClients(config);
    printWarnings(context.io, findConfigWarnings(config, new Date()));
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    context.io.err(`Clients not reloaded; the old ones stay in use: ${cause.line}\n`);
  }
}

/** Reads the certificate again. If that fails, prints why, and the one in use stays in use. */
function reloadCertificate(io: Io, server: ListeningServer): void {
  try {
    server.reloadCertificate();
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    io.err(`Certificate not reloaded: ${cause.line}\n`);
  }
}

/** Reloads the mappings. If that fails, prints the problems, and the mappings in use stay in use. */
async function reloadMappings(io: Io, service: Service): Promise<void> {
  try {
    const result = await service.reloadLibrary();
    if (result.reloaded) {
      const { resources, mapped } = result.rerun;
      io.err(`Mappings reloaded: of ${pluralise(resources, 'held resource')} ${mapped} now mapped.\n`);
      return;
    }
    for (const { file, at, message, fix } of result.problems)
      io.err(`${file}: ${at}: ${message} Fix: ${fix}\n`);
    io.err(
      `Mappings not reloaded; the old ones stay in use: ${pluralise(result.problems.length, 'problem')}.\n`,
    );
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    io.err(`Mappings not reloaded: ${cause.line}\n`);
  }
}

async function runServe(context: CommandContext, options: ServeOptions): Promise<void> {
  const { io } = context;
  limitHeapGrowth();
  const config = await context.loadConfig(options);
  const service = await context.openService(config);
  try {
    await service.claimStore();
    const server = await service.listen({ host: config.host, port: config.port });
    await service.startWorker();
    io.onReload(() => {
      reloadCertificate(io, server);
      void reloadClients(context, options, service, config);
      void reloadMappings(io, service);
    });
    // Before anybody learns the address: who starts the service may stop it at once.
    const stopped = io.waitUntilStopped();
    printStartup(io, config, server.url, options.json);
    printWarnings(io, findConfigWarnings(config, new Date()));
    await stopped;
    io.err(
      'Stopping: new connections are refused; requests in progress are completed. A second signal ends at once.\n',
    );
    await Promise.all([server.close(), service.stopWorker()]);
  } finally {
    await service.close();
  }
}

/** Creates `serve`: runs the service until it is stopped. */
export function createServeCommand(context: CommandContext): Command {
  return addJsonOption(
    addStoreOptions(
      createCommand(
        'serve',
        'run the service; SIGHUP makes it read mappings, protocols, clients and its certificate again',
        ['serve --dev', 'serve --config trial-adapter.json --port 8080'],
      ),
    ),
  )
    .option('--port <number>', 'port to listen on (default: 8080)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--dev', 'accept one token, as site dev, on loopback only', false)
    .action((options: ServeOptions) => runServe(context, options));
}
