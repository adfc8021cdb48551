/** What a script does with the host: the token, and the document that describes it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { Sandbox } from './cli-process.ts';

let box: Sandbox;
let server: RangeServer;
let host: Awaited<ReturnType<Sandbox['host']>>;

beforeAll(async () => {
  box = new Sandbox();
  server = await startRangeServer({ size: 50_000 });
  host = await box.host();
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
  await server.close();
});

/** What is asked with a body is a POST. */
async function ask(path: string, body?: unknown): Promise<unknown> {
  const headers = { Authorization: `Bearer ${host.token}`, 'Content-Type': 'application/json' };
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${host.url}${path}`, { headers, ...sent });
  return answer.json();
}

it('a script adds, lists and watches jobs', async () => {
  const downloads = [{ url: server.url, folder: box.path('dl') }, { url: 'nonsense' }];
  const results = (await ask('/api/jobs', { downloads })) as { ok: boolean; id: string }[];
  expect(results).toMatchObject([{ ok: true }, { ok: false, failure: { code: 'not-a-url' } }]);
  const id = results[0]!.id;
  await expect.poll(() => ask(`/api/jobs/${id}`)).toMatchObject({ state: { kind: 'completed' }, done: 50_000 });
  expect(await ask('/api/jobs')).toMatchObject([{ id, name: 'file.bin' }]);

  const answer = await fetch(`${host.url}/api/events/jobs`, { headers: { Authorization: `Bearer ${host.token}` } });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('"snapshot"')) text += (await reader.read()).value ?? '';
  expect(text).toContain(id);
  await reader.cancel();
});

it('a failure is an answer of 422 with its code and sentence', async () => {
  expect(await ask('/api/jobs/none')).toMatchObject({
    code: 'FAILURE',
    status: 422,
    data: { code: 'unknown-job', message: expect.stringContaining('There is no job') as string, retryable: false },
  });
});

interface Operation {
  responses?: Record<string, unknown>;
  parameters?: { name: string; in: string }[];
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  security: unknown;
}

it('the OpenAPI document is whole: each operation answers, each path parameter is described, each $ref leads somewhere', async () => {
  const document = (await ask('/api/openapi.json')) as Document;
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.security).toEqual([{ token: [] }]);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  );
  expect(operations.length).toBeGreaterThan(20);
  for (const { path, operation } of operations) {
    expect(Object.keys(operation.responses ?? {})).toContain('200');
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(described.map((parameter) => parameter.name)).toEqual(names);
  }
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!);
  for (const ref of refs) {
    const target = ref.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
    expect(target).toBeDefined();
  }
});
