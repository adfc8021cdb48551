import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { windowFiles } from '../../electron/app/index.ts';
import { answer, registerAppScheme, setupAppProtocol } from '../../electron/shell/app-protocol.ts';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import * as electron from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const work = mkdtempSync(join(tmpdir(), 'sluice-app-protocol-'));
const folder = join(work, 'renderer');
mkdirSync(join(folder, 'assets'), { recursive: true });
writeFileSync(join(work, 'secret.txt'), 'secret');
writeFileSync(join(folder, 'index.html'), '<!doctype html>');
writeFileSync(join(folder, 'assets/index-abc.js'), 'export {}');
writeFileSync(join(folder, 'assets/style.css'), 'body{}');
writeFileSync(join(folder, 'assets/inter.woff2'), 'font');
writeFileSync(join(folder, 'assets/naïve name.svg'), '<svg/>');
symlinkSync(join(work, 'secret.txt'), join(folder, 'assets/link.js'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const files = windowFiles(folder);
const get = (url: string, method = 'GET') => answer({ url, method }, files);

describe('the window’s files', () => {
  test.each([
    ['app://sluice/', 'text/html; charset=utf-8'],
    ['app://sluice/index.html', 'text/html; charset=utf-8'],
    ['app://sluice/index.html?x#y', 'text/html; charset=utf-8'],
    ['app://sluice/assets/index-abc.js', 'text/javascript; charset=utf-8'],
    ['app://sluice/assets/style.css', 'text/css; charset=utf-8'],
    ['app://sluice/assets/inter.woff2', 'font/woff2'],
    ['app://sluice/assets/na%C3%AFve%20name.svg', 'image/svg+xml'],
  ])('%s is %s', (url, type) => {
    const response = get(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
  test('HEAD answers without a body', async () => {
    const response = get('app://sluice/index.html', 'HEAD');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('nothing else', () => {
  test.each([
    ['app://sluice/../secret.txt', 404],
    ['app://sluice/%2e%2e/secret.txt', 404],
    ['app://sluice/..%2fsecret.txt', 404],
    ['app://sluice/assets/..%2f..%2fsecret.txt', 404],
    ['app://sluice/%252e%252e%252fsecret.txt', 404],
    ['app://sluice/..\\secret.txt', 404],
    ['app://sluice/..%5csecret.txt', 404],
    ['app://sluice//etc/passwd', 404],
    ['app://sluice/%2fetc%2fpasswd', 404],
    ['app://sluice/C:%5cWindows%5cwin.ini', 404],
    ['app://sluice/index.html%00.js', 404],
    ['app://sluice/assets/link.js', 404],
    ['app://sluice/assets/', 404],
    ['app://sluice/assets', 404],
    ['app://sluice/__proto__', 404],
    ['app://sluice/%', 404],
    ['app://sluice/%ff', 404],
    ['app://evil/index.html', 403],
    ['app://sluice.evil/index.html', 403],
    ['app://sluice:80/index.html', 403],
    ['app://user@sluice/index.html', 403],
    ['app:index.html', 403],
    ['https://sluice/index.html', 403],
    ['file:///etc/passwd', 403],
    ['not a url', 403],
  ])('%s is %d', async (url, status) => {
    const response = get(url);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe('');
    expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
  });
  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is 405', (method) => {
    expect(get('app://sluice/index.html', method).status).toBe(405);
  });
});

test('the scheme is standard and secure, and passes neither the policy nor service workers', () => {
  registerAppScheme();
  expect(electron.protocol.schemes).toEqual([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
});

test('a session answers app: requests by these rules', async () => {
  const session = new electron.SessionDouble();
  setupAppProtocol(session as never, folder);
  const handler = session.handlers.get('app');
  const response = (await handler?.({ url: 'app://sluice/', method: 'GET' } as never)) as Response;
  expect(await response.text()).toBe('<!doctype html>');
});
