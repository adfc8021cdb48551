import { beforeEach, describe, expect, test, vi } from 'vitest';
import { setupSecurity } from '../../electron/shell/security.ts';
import * as electron from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const log = { info: vi.fn<() => void>(), error: vi.fn<() => void>() };
setupSecurity(log);
const session = new electron.SessionDouble();
electron.app.emit('session-created', session);
const contents = new electron.ContentsDouble();
electron.app.emit('web-contents-created', {}, contents);

beforeEach(() => {
  electron.shell.opened.length = 0;
});

function navigate(event: string, url: string, isMainFrame = true): 'prevented' | 'allowed' {
  const preventDefault = vi.fn<() => void>();
  contents.emit(event, { url, isMainFrame, preventDefault });
  return preventDefault.mock.calls.length > 0 ? 'prevented' : 'allowed';
}

test('the sandbox is on before anything else can run', () => {
  expect(electron.calls).toContain('enableSandbox');
});

describe('a page cannot leave', () => {
  const elsewhere = [
    'https://evil.example/',
    'http://127.0.0.1:8080/',
    'file:///etc/passwd',
    'data:text/html,<script>alert(1)</script>',
    'javascript:alert(1)',
    'app://evil/index.html',
    'app://sluice.evil/index.html',
    'app://sluice@evil/index.html',
    'app://sluice/assets/index.js',
    'APP://SLUICE.evil/index.html',
  ];
  test.each(elsewhere)('for %s', (url) => {
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
      expect(navigate(event, url)).toBe('prevented');
    }
  });
  test('in a frame inside the page, not even to the page itself', () => {
    expect(navigate('will-frame-navigate', 'app://sluice/index.html', false)).toBe('prevented');
  });
  test('but may load itself again', () => {
    expect(navigate('will-navigate', 'app://sluice/index.html')).toBe('allowed');
  });
});

describe('a page cannot open windows', () => {
  test('a web link goes to the person’s browser', () => {
    expect(contents.openHandler?.({ url: 'https://example.com/a b' })).toEqual({ action: 'deny' });
    expect(electron.shell.opened).toEqual(['https://example.com/a%20b']);
  });
  test.each([
    'file:///etc/passwd',
    'smb://evil/share',
    'javascript:alert(1)',
    'ms-msdt:/id',
    'sluice:https://a/',
    'app://sluice/index.html',
    'about:blank',
    '',
  ])('“%s” goes nowhere', async (url) => {
    expect(contents.openHandler?.({ url })).toEqual({ action: 'deny' });
    await Promise.resolve();
    expect(electron.shell.opened).toEqual([]);
  });
});

test('a page cannot embed a webview', () => {
  const preventDefault = vi.fn<() => void>();
  contents.emit('will-attach-webview', { preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
});

describe('a page gets no permission', () => {
  const ask = (permission: string): unknown => {
    const decide = vi.fn<(answer: unknown) => void>();
    session.handlers.get('permission-request')?.(...([{}, permission, decide] as never[]));
    return decide.mock.calls[0]?.[0];
  };
  const check = (permission: string, origin: string): unknown =>
    session.handlers.get('permission-check')?.(...([{}, permission, origin] as never[]));
  test.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem', 'usb', 'hid'])(
    '%s',
    (permission) => {
      expect(ask(permission)).toBe(false);
      expect(check(permission, 'app://sluice/')).toBe(false);
    },
  );
  test('but for copying text, from our own page', () => {
    expect(ask('clipboard-sanitized-write')).toBe(true);
    expect(check('clipboard-sanitized-write', 'app://sluice/')).toBe(true);
    expect(check('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
  });
  test('nor a device', () => {
    expect(session.handlers.get('device')?.()).toBe(false);
  });
});

describe('a session reaches nothing but the window’s files', () => {
  const cancelled = (url: string): unknown => {
    const decide = vi.fn<(answer: unknown) => void>();
    session.handlers.get('request')?.(...([{ url }, decide] as never[]));
    return decide.mock.calls[0]?.[0];
  };
  test.each(['https://evil.example/x', 'http://127.0.0.1/', 'file:///etc/passwd', 'app://sluice.evil/', 'app://evil/'])(
    'not %s',
    (url) => expect(cancelled(url)).toEqual({ cancel: true }),
  );
  test('the window’s own files', () => {
    expect(cancelled('app://sluice/assets/a.js')).toEqual({ cancel: false });
  });
  test('Chromium saves nothing, and fetches no dictionary', () => {
    const preventDefault = vi.fn<() => void>();
    session.emit('will-download', { preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
    expect(session.spellChecker).toBe(false);
  });
});
