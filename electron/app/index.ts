/** The door of the app room: the contract over the engine, and what every face needs around it. */
export type { App, Face, Ports } from './app.ts';
export { connectInstance, socketProtocol, tokenProtocol, type Client, type Connection } from './connect.ts';
export { failureOf } from './failures.ts';
export { defaultDownloadsFolder, resolveHome } from './home.ts';
export { isAlive, readInstance, removeInstance, writeInstance, type InstanceRecord } from './instance-file.ts';
export { createKeyFileSecrets } from './key-file-secrets.ts';
export { createLog, type Log } from './log.ts';
export {
  openInstance,
  type Instance,
  type InstanceOptions,
  type Serve,
  type Served,
  type ServeOptions,
} from './open-instance.ts';
export { redact } from './redact.ts';
export { createRouter, type AppRouter } from './router.ts';
export { unwrapSluiceLink } from './sluice-link.ts';
export { version } from './version.ts';
export { safeHeaders, windowFiles, type WindowFiles } from './window-files.ts';
