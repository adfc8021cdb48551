import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../../electron/app/index.ts';

let home: string;
const modeOf = (file: string) => statSync(file).mode & 0o777;
/** Windows keeps a user's folder from others by its access list, and shows no such modes. */
const ownerOnly = process.platform === 'win32' ? 0o666 : 0o600;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'sluice-log-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const text = () => readFileSync(join(home, 'log', 'sluice.log'), 'utf8');

it('keeps an error with its cause, for its owner only, without secrets', () => {
  const cause = new Error('GET https://ada:pa55@host.test/?sig=s3cret');
  createLog(home).error('It broke', new Error('outer', { cause }));
  expect(text()).toMatch(/It broke: Error: outer/);
  expect(text()).toContain('https://…@host.test/?sig=…');
  expect(text()).not.toMatch(/pa55|s3cret/);
  expect(modeOf(join(home, 'log', 'sluice.log'))).toBe(ownerOnly);
});

it('is bounded: three files, none much longer than the limit', () => {
  const log = createLog(home, 1000);
  for (let n = 0; n < 200; n += 1) log.info(`line ${n}`);
  const files = readdirSync(join(home, 'log')).toSorted();
  expect(files).toEqual(['sluice.1.log', 'sluice.2.log', 'sluice.log']);
  for (const file of files) expect(statSync(join(home, 'log', file)).size).toBeLessThan(1200);
  expect(text()).toContain('line 199');
});

it('does not throw where it cannot write', () => {
  writeFileSync(join(home, 'log'), 'a file where the folder should be');
  expect(() => createLog(home).info('x')).not.toThrow();
});
