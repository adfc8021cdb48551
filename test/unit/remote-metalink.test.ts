import { describe, expect, test } from 'vitest';
import { isMetalink } from '../../electron/engine/remote/metalink-file.ts';
import { parseMetalink } from '../../electron/engine/remote/metalink.ts';

const SHA256 = 'a'.repeat(64);
const PIECE = 'b'.repeat(40);

const version4 = `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <file name="example.iso">
    <size>14471447</size>
    <hash type="md5">${'c'.repeat(32)}</hash>
    <hash type="sha-256">${SHA256}</hash>
    <pieces length="1048576" type="sha-1"><hash>${PIECE}</hash><hash>${PIECE}</hash></pieces>
    <url location="de" priority="2">https://b.example/example.iso?a=1&amp;b=2</url>
    <url priority="1">https://a.example/example.iso</url>
    <url>ftp://c.example/example.iso</url>
    <url>https://d.example/example.iso</url>
    <metaurl mediatype="torrent">https://a.example/x.torrent</metaurl>
  </file>
</metalink>`;

const version3 = `<metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="x.bin">
  <verification><hash type="sha1">${PIECE}</hash></verification>
  <resources><url type="http" preference="10">http://a.example/x</url><url type="http" preference="90">http://b.example/x</url></resources>
</file></files></metalink>`;

describe('a Metalink document', () => {
  test('version 4 (RFC 5854)', () => {
    expect(parseMetalink(version4, 'h')).toEqual([
      {
        name: 'example.iso',
        size: 14_471_447,
        urls: [
          'https://a.example/example.iso',
          'https://b.example/example.iso?a=1&b=2',
          'https://d.example/example.iso',
        ],
        checksum: { algorithm: 'sha-256', value: SHA256 },
        pieces: { length: 1_048_576, algorithm: 'sha-1', digests: [PIECE, PIECE] },
      },
    ]);
  });

  test('version 3, with its preferences the other way round', () => {
    expect(parseMetalink(version3, 'h')[0]).toMatchObject({
      urls: ['http://b.example/x', 'http://a.example/x'],
      checksum: { algorithm: 'sha-1', value: PIECE },
      pieces: null,
    });
  });

  test.each([
    [''],
    ['not xml at all'],
    ['<html><body>hello</body></html>'],
    ['<metalink></metalink>'],
    ['<metalink><file name="x"><url>ftp://only/x</url></file></metalink>'],
    ['<metalink><file name="x"><url>javascript:alert(1)</url></file></metalink>'],
  ])('%j is refused with a sentence', (document) => {
    expect(() => parseMetalink(document, 'h')).toThrow(expect.objectContaining({ code: 'bad-response' }));
  });

  test('damaged digests are none, rather than digests that can never match', () => {
    const [file] = parseMetalink(version4.replaceAll(PIECE, 'zz').replace(SHA256, SHA256.slice(2)), 'h');
    expect(file).toMatchObject({ checksum: { algorithm: 'md5' }, pieces: null });
  });

  test('entities of a document type are not expanded', () => {
    const bomb = `<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>${version4.replace('example.iso"', '&b;"')}`;
    expect(parseMetalink(bomb, 'h')[0]?.name).toBe('&b;');
  });

  test.each([['<b/>'], ['<b a=""/>'], ['<file name="x"><url>http://a.example/x</url></file>']])(
    'a flood of %s is refused before it is parsed',
    (flood) => {
      const document = version4.replace('</metalink>', `${flood.repeat(300_000)}</metalink>`);
      expect(() => parseMetalink(document, 'h')).toThrow(/too large/);
    },
  );

  test('pieces of a file of 20 GB are read', () => {
    const pieces = `<pieces length="1048576" type="md5">${`<hash>${'c'.repeat(32)}</hash>`.repeat(20_000)}</pieces>`;
    const [file] = parseMetalink(version4.replace(/<pieces.*<\/pieces>/, pieces), 'h');
    expect(file?.pieces?.digests).toHaveLength(20_000);
  });

  test('is known by its media type or its name', () => {
    const plain = new URL('https://h/x');
    expect(isMetalink('application/metalink4+xml; charset=utf-8', plain)).toBe(true);
    expect(isMetalink(null, new URL('https://h/x.meta4?y'))).toBe(true);
    expect(isMetalink('text/html', plain)).toBe(false);
  });
});
