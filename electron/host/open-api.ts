/** The contract over HTTP for scripts, and the document that describes it. */
import { OpenAPIGenerator } from '@orpc/openapi';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { BodyLimitPlugin } from '@orpc/server/node';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import type { AppRouter } from '../app/index.ts';
import { contract } from '../../shared/contract.ts';
import { maxRequestBytes, type Api } from './api.ts';

/** Answers what is under /api, for requests that were let in. */
export function createOpenApi(router: AppRouter, version: string): Api {
  const handler = new OpenAPIHandler(router, { plugins: [new BodyLimitPlugin({ maxBodySize: maxRequestBytes })] });
  let document: Promise<string> | undefined;

  return async (request, response, path) => {
    response.setHeader('Cache-Control', 'no-store');
    if (path === '/api/openapi.json' && request.method === 'GET') {
      document ??= describe(version);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(await document);
      return;
    }
    const { matched } = await handler.handle(request, response, { prefix: '/api' });
    if (!matched) {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ code: 'NOT_FOUND', message: 'See /api/openapi.json for what there is.' }));
    }
  };
}

async function describe(version: string): Promise<string> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(contract, {
    info: { title: 'Sluice', version, description: 'The same contract as the window’s. Send the token as a bearer.' },
    servers: [{ url: '/api' }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  });
  return JSON.stringify(document);
}
