/** The door of the host room: the local server that carries the contract and, for a browser, the window. */
export { serveInstance } from './server.ts';
