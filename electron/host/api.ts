/** The door to the contract over HTTP: loads what answers it, and describes it, when the first script asks. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppRouter } from '../app/index.ts';

/** Bytes of one request: room for the 10,000 links that `jobs.add` takes at most, at 800 bytes each. */
export const maxRequestBytes = 8_000_000;

export type Api = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** Answers what is under /api, for requests that were let in. */
export function createApi(router: AppRouter, version: string): Api {
  let loading: Promise<Api> | undefined;
  return async (request, response, path) => {
    loading ??= import('./open-api.ts').then(({ createOpenApi }) => createOpenApi(router, version));
    return (await loading)(request, response, path);
  };
}
