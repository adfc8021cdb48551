/** The door of the shell: everything of Sluice that needs Electron. */
export { ownArguments } from './arguments.ts';
export { startDesktop, type DesktopOptions } from './desktop.ts';
export { startTerminal } from './terminal.ts';
