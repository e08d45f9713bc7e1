import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Answers one request on a connection: `request` is what was received, `number` counts the requests from 1. */
export type RawAnswer = (socket: Socket, request: string, number: number) => void;

/** A TCP server that answers requests with bytes, whether or not they are HTTP. */
export interface RawServer {
  readonly port: number;
  countRequests(): number;
  stop(): Promise<void>;
}

/** Whether the text is a whole request: its head, and the body that the head announces. */
function isWholeRequest(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return end >= 0 && Buffer.byteLength(text) >= end + 4 + length;
}

/** Starts a server on this machine. With `isImmediate` it answers a connection before it has received anything. */
export async function startRawServer(answer: RawAnswer, isImmediate = false): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let received = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (isImmediate || !isWholeRequest(received)) return;
      const request = received;
      received = '';
      answer(socket, request, ++requests);
    });
    if (isImmediate) answer(socket, '', ++requests);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    countRequests: () => requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Formats an answer of HTTP/1.1 with its length. */
export function formatAnswer(body: string, contentType = 'application/fhir+json', status = '200 OK'): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status}\r\ncontent-type: ${contentType}\r\ncontent-length: ${length}\r\n\r\n${body}`;
}
