/**
 * The parts of Node's HTTP module that are used. An `import` of the module would read every one of its exports, and so load
 * Node's own HTTP client with its WebSocket, which takes as long as starting Node, and 13 MB.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
