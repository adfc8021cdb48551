/** The door of the command line. */
export { exitCodes } from './exit-codes.ts';
export { runCli, type CliDeps } from './run-cli.ts';
