import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** What this process has tried to reach, as `host:port`, `path` or `dns:name`. */
export interface ConnectHook {
  readonly reached: readonly string[];
  clear(): void;
}

function describeTarget(args: readonly unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'number') return `${typeof second === 'string' ? second : '127.0.0.1'}:${first}`;
  if (typeof first === 'string') return first;
  const { host, port, path } = (first ?? {}) as { host?: string; port?: number | string; path?: string };
  return port === undefined ? String(path) : `${host ?? '127.0.0.1'}:${port}`;
}

/** Records every connection, datagram and name lookup of this process from now on. They are made all the same. */
export function installConnectHook(): ConnectHook {
  const reached: string[] = [];
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function hooked(this: net.Socket, ...args: unknown[]) {
    reached.push(describeTarget(args));
    return Reflect.apply(connect, this, args);
  } as typeof connect;
  const { send } = dgram.Socket.prototype;
  dgram.Socket.prototype.send = function hooked(this: dgram.Socket, ...args: unknown[]) {
    reached.push(`udp:${String(args.at(-2))}`);
    return Reflect.apply(send, this, args);
  } as typeof send;
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6'] as const) {
    const original = dns[name] as (...args: unknown[]) => unknown;
    Object.assign(dns, {
      [name]: (hostname: string, ...rest: unknown[]) => {
        if (net.isIP(hostname) === 0) reached.push(`dns:${hostname}`);
        return original(hostname, ...rest);
      },
    });
  }
  syncBuiltinESMExports();
  return {
    reached,
    clear() {
      reached.length = 0;
    },
  };
}
