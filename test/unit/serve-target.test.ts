import { expect, test } from 'vitest';
import { isPrivateAddress } from '../../electron/engine/serve/private-address.ts';
import { isServableName, parseTarget } from '../../electron/engine/serve/request-target.ts';

const TOKEN = 'x'.repeat(43);

test('a path is decoded once, and has one spelling', () => {
  expect(parseTarget(`/s/${TOKEN}/a/b%20c`)?.segments).toEqual(['a', 'b c']);
  expect(parseTarget(`/s/${TOKEN}/a/`)?.segments).toEqual(['a', '']);
  expect(parseTarget(`/s/${TOKEN}/%252e%252e`)?.segments).toEqual(['%2e%2e']);
  expect(parseTarget(`http://host:1/s/${TOKEN}/a?b=c`)).toMatchObject({
    authority: 'host:1',
    segments: ['a'],
    query: 'b=c',
  });
  for (const path of ['..', '%2e%2e', 'a//b', 'a%2fb', 'a%5cb', 'a%00', '%c0%ae', '%', 'a%0d%0a']) {
    expect([path, parseTarget(`/s/${TOKEN}/${path}`)]).toEqual([path, null]);
  }
  for (const target of ['', '*', '/', '/s/', '/s/short/a', `/S/${TOKEN}/a`, `s/${TOKEN}/a`, `/s/${TOKEN}/a#b`]) {
    expect([target, parseTarget(target)]).toEqual([target, null]);
  }
});

test('on Windows no name means another file', () => {
  for (const name of ['con', 'NUL.txt', 'com1', 'a.', 'a ', 'a:b', 'a::$DATA', 'PROGRA~1', 'lpt¹.x', 'conin$']) {
    expect([name, isServableName(name, 'win32')]).toEqual([name, false]);
  }
  for (const name of ['console.log', 'a b.txt', '文.txt', 'a~b']) expect(isServableName(name, 'win32')).toBe(true);
  expect(isServableName('a:b', 'linux')).toBe(true);
});

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::10.0.0.1',
  '',
  'x',
])('%s is inside', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each(['1.1.1.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is outside', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});
