import { describe, expect, test } from 'vitest';
import { nameFromContentDisposition, nameFromUrl, safeFileName } from '../../electron/engine/files/index.ts';
import { numberedName } from '../../electron/engine/files/names.ts';

const long = 'x'.repeat(400);

/** What a remote or a person says, and the file that comes of it on every platform. */
const nasty: readonly (readonly [string, string])[] = [
  // Nothing usable
  ['', 'download'],
  [' ', 'download'],
  ['.', 'download'],
  ['..', 'download'],
  ['...', 'download'],
  [' . . ', 'download'],
  ['\u202e\u200b\ufeff', 'download'],
  ['\u00a0\u3000', 'download'],
  // Separators of any system
  ['../../etc/passwd', '__.._etc_passwd'],
  ['/etc/shadow', '_etc_shadow'],
  ['..\\..\\boot.ini', '__.._boot.ini'],
  ['C:\\Windows\\win.ini', 'C__Windows_win.ini'],
  ['\\\\server\\share\\x', '__server_share_x'],
  ['AC/DC.mp3', 'AC_DC.mp3'],
  ['a//b', 'a__b'],
  // Alternate data streams, drives
  ['file.txt:evil.exe', 'file.txt_evil.exe'],
  ['file.txt::$DATA', 'file.txt__$DATA'],
  ['C:', 'C_'],
  ['C:evil', 'C_evil'],
  // Characters Windows refuses
  ['a<b>c"d|e?f*g', 'a_b_c_d_e_f_g'],
  ['what?.txt', 'what_.txt'],
  ['*', '_'],
  // Controls
  ['a\u0000b.txt', 'a_b.txt'],
  ['safe.txt\u0000.exe', 'safe.txt_.exe'],
  ['a\nb', 'a_b'],
  ['a\r\nSet-Cookie: x', 'a__Set-Cookie_ x'],
  ['tab\there', 'tab_here'],
  ['\u001b[31mred', '_[31mred'],
  ['del\u007f', 'del_'],
  ['c1\u0085x', 'c1_x'],
  ['line\u2028sep', 'line_sep'],
  ['para\u2029sep', 'para_sep'],
  // Invisible and bidi
  ['photo\u202egnp.exe', 'photognp.exe'],
  ['a\u202ab\u202cc', 'abc'],
  ['a\u2066b\u2069c', 'abc'],
  ['\u200fname', 'name'],
  ['\u061cname', 'name'],
  ['zero\u200bwidth', 'zerowidth'],
  ['word\u2060joiner', 'wordjoiner'],
  ['\ufeffbom.txt', 'bom.txt'],
  // Devices
  ['CON', '_CON'],
  ['con.txt', '_con.txt'],
  ['nul', '_nul'],
  ['NUL.tar.gz', '_NUL.tar.gz'],
  ['aux .c', '_aux .c'],
  ['PRN.', '_PRN'],
  ['COM1', '_COM1'],
  ['com0.log', '_com0.log'],
  ['LPT9.txt', '_LPT9.txt'],
  ['COM¹', '_COM¹'],
  ['lpt³.x', '_lpt³.x'],
  ['CONIN$', '_CONIN$'],
  ['conout$.x', '_conout$.x'],
  ['c\u200bon', '_con'],
  ['console.txt', 'console.txt'],
  ['COM10', 'COM10'],
  ['nullable', 'nullable'],
  // Edges
  ['trailing.', 'trailing'],
  ['trailing. . .', 'trailing'],
  ['trailing ', 'trailing'],
  ['  leading', 'leading'],
  ['.bashrc', '_bashrc'],
  ['..hidden', '_hidden'],
  ['. .ssh', '_ .ssh'],
  // Text
  ['e\u0301te\u0301.txt', 'été.txt'],
  ['e\u200b\u0301', 'é'],
  ['lone\ud800surrogate', 'lone\ufffdsurrogate'],
  ['日本語.zip', '日本語.zip'],
  ['نسخة.pdf', 'نسخة.pdf'],
  ['👩‍👩‍👧.png', '👩‍👩‍👧.png'],
  ['plain name (1).tar.gz', 'plain name (1).tar.gz'],
  ['-rf', '-rf'],
  // Length
  [long, 'x'.repeat(240)],
  [`${long}.zip`, `${'x'.repeat(236)}.zip`],
  [`${long}.tar.gz`, `${'x'.repeat(233)}.tar.gz`],
  [`${'é'.repeat(200)}.bin`, `${'é'.repeat(118)}.bin`],
  [`x.${long}`, `x.${'x'.repeat(238)}`],
];

describe('safeFileName', () => {
  test.each(nasty)('%j becomes %j', (raw, expected) => {
    expect(safeFileName(raw)).toBe(expected);
  });

  test.each(nasty)('%j comes out as one harmless segment, and unchanged when put in again', (raw) => {
    const name = safeFileName(raw);
    expect(name).not.toBe('');
    expect(name).not.toMatch(/[/\\:*?"<>|]|\p{Cc}|\p{Bidi_Control}/u);
    expect(name).not.toMatch(/^\.|[. ]$/);
    expect(Buffer.byteLength(`${name}.sluice (12)`)).toBeLessThanOrEqual(255);
    expect(name.isWellFormed()).toBe(true);
    expect(safeFileName(name)).toBe(name);
  });

  test('never cuts a person-visible character in two', () => {
    const family = '👩‍👩‍👧';
    const name = safeFileName(`${family.repeat(30)}.png`);
    expect(name).toMatch(/\.png$/);
    expect(name.slice(0, -4).replaceAll(family, '')).toBe('');
  });
});

test('a number goes before the extension, and what a compression unpacks to stays with it', () => {
  expect(numberedName('a.txt', 0)).toBe('a.txt');
  expect(numberedName('a.txt', 2)).toBe('a (2).txt');
  expect(numberedName('a.tar.gz', 1)).toBe('a (1).tar.gz');
  expect(numberedName('orders.csv.gz', 1)).toBe('orders (1).csv.gz');
  expect(numberedName('x.2026.ndjson.zst', 2)).toBe('x.2026 (2).ndjson.zst');
  expect(numberedName('release 1.2.gz', 1)).toBe('release 1.2 (1).gz');
  expect(numberedName('README', 1)).toBe('README (1)');
  expect(numberedName('v1.2 notes here', 1)).toBe('v1.2 notes here (1)');
});

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

describe('nameFromContentDisposition', () => {
  test.each<readonly [string, string | null]>([
    ['attachment; filename="a b.zip"', 'a b.zip'],
    ['attachment; filename=a.zip', 'a.zip'],
    ['attachment; filename=my file.zip', 'my file.zip'],
    ['attachment; filename=my file.zip; size=3', 'my file.zip'],
    ['ATTACHMENT;FILENAME="A.ZIP"', 'A.ZIP'],
    ["attachment; filename*=UTF-8''na%C3%AFve.txt", 'naïve.txt'],
    ['attachment; filename="fallback.txt"; filename*=utf-8\'\'%e2%82%ac.txt', '€.txt'],
    ["attachment; filename*=UTF-8''%e2%82%ac.txt; filename=fallback.txt", '€.txt'],
    ["attachment; filename*=iso-8859-1'en'%A3.txt", '£.txt'],
    ['attachment; filename*="UTF-8\'\'quoted%20ext.txt"', 'quoted ext.txt'],
    ["attachment; filename*=windows-1251''%EF%F0%E8%E2%E5%F2.txt", 'привет.txt'],
    ["attachment; filename*=nonsense''a%20b.txt", 'a b.txt'],
    [latin1('attachment; filename="données.csv"'), 'données.csv'],
    ['attachment; filename="caf\u00e9.txt"', 'café.txt'],
    ['attachment; filename="na%20me.txt"', 'na me.txt'],
    ['attachment; filename="100%.txt"', '100%.txt'],
    ['attachment; filename="say \\"hi\\".txt"', 'say _hi_.txt'],
    ['attachment; filename="C:\\docs\\new\\a.txt"', 'a.txt'],
    ['attachment; filename="C:\\\\docs\\\\a.txt"', 'a.txt'],
    ['attachment; filename="../../../etc/passwd"', 'passwd'],
    ["attachment; filename*=UTF-8''..%2f..%2fetc%2fpasswd", 'passwd'],
    ['attachment; filename="%2e%2e%2fx.sh"', 'x.sh'],
    ['attachment; filename="folder/"', 'folder'],
    ['inline; filename="page.html"', 'page.html'],
    ['filename="no-type.bin"', 'no-type.bin'],
    ['attachment; filename="semi;colon.txt"', 'semi;colon.txt'],
    ['attachment; filename="unterminated.txt', 'unterminated.txt'],
    ['attachment; filename=""', null],
    ['attachment; filename=".."', null],
    ['attachment; filename="/"', null],
    ['attachment', null],
    ['inline', null],
    ['', null],
    ['attachment; name="x"', null],
    ['attachment; filename="NUL"', '_NUL'],
    ['attachment; filename="evil\u0000.txt"', 'evil_.txt'],
  ])('%j names %j', (header, name) => {
    expect(nameFromContentDisposition(header)).toBe(name);
  });
});

describe('nameFromUrl', () => {
  test.each([
    ['https://h/a/b.zip', 'b.zip'],
    ['https://h/a/b%20c.zip?x=1#y', 'b c.zip'],
    ['https://h/folder/', 'folder'],
    ['https://h/', 'download'],
    ['https://h', 'download'],
    ['https://h/%E6%97%A5.bin', '日.bin'],
    ['https://h/bad%ffescape', 'bad%ffescape'],
    ['https://h/..%2f..%2fetc%2fpasswd', '__.._etc_passwd'],
    ['https://h/x%00.exe', 'x_.exe'],
    ['https://h/con', '_con'],
  ])('%s ends in %s', (url, name) => {
    expect(nameFromUrl(new URL(url))).toBe(name);
  });
});
