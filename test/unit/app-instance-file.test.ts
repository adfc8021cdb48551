import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  connectInstance,
  readInstance,
  removeInstance,
  version,
  writeInstance,
  type InstanceRecord,
} from '../../electron/app/index.ts';

let home: string;
const modeOf = (file: string) => statSync(file).mode & 0o777;
/** Windows keeps a user's folder from others by its access list, and shows no such modes. */
const ownerOnly = process.platform === 'win32' ? 0o666 : 0o600;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'sluice-instance-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const record: InstanceRecord = {
  pid: process.pid,
  port: 1,
  token: 'a'.repeat(43),
  version,
  face: 'host',
  window: true,
};
/** Above the largest pid that Linux allows (2^22). */
const deadPid = 2 ** 22 + 1;

it('is whole, for its owner only, and leaves nothing else behind', () => {
  writeInstance(home, record);
  writeInstance(home, record);
  expect(readInstance(home)).toEqual(record);
  expect(readdirSync(home)).toEqual(['instance.json']);
  expect(modeOf(join(home, 'instance.json'))).toBe(ownerOnly);
});

it('is ignored where its process is dead, or it is no instance', () => {
  expect(readInstance(home)).toBeNull();
  writeInstance(home, { ...record, pid: deadPid });
  expect(readInstance(home)).toBeNull();
  writeFileSync(join(home, 'instance.json'), '{"pid":"1"}');
  expect(readInstance(home)).toBeNull();
});

it('is ignored where nobody listens at its port', async () => {
  writeInstance(home, record);
  expect(await connectInstance(home)).toBeNull();
});

it('is not removed by a predecessor', () => {
  writeInstance(home, record);
  removeInstance(home, 'b'.repeat(43));
  expect(readInstance(home)).not.toBeNull();
  removeInstance(home, record.token);
  expect(readInstance(home)).toBeNull();
});

it('names the version that package.json has', () => {
  const { version: wanted } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(version).toBe(wanted);
});
