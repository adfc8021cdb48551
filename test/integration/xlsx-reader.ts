/** Reads a workbook back, apart from the code that writes it: the ZIP directory, the parts, and the cells as a spreadsheet takes them. */
import { crc32, inflateRawSync } from 'node:zlib';
import { XMLParser } from 'fast-xml-parser';

export type Cell = { readonly text: string } | { readonly number: number; readonly style: number } | boolean | null;

export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly Cell[])[];
}

/** Contents by name, as the central directory has them; sizes and CRC are checked. */
export function unzip(file: Buffer): Map<string, Buffer> {
  const end = file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const parts = new Map<string, Buffer>();
  let at = file.readUInt32LE(end + 16);
  for (let n = file.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [crc, compressed, size] = [16, 20, 24].map((field) => file.readUInt32LE(at + field)) as [
      number,
      number,
      number,
    ];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => file.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const local = file.readUInt32LE(at + 42);
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const bytes = inflateRawSync(file.subarray(start, start + compressed));
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    if (bytes.length !== size || crc32(bytes) !== crc) throw new Error(`${name} is damaged`);
    parts.set(name, bytes);
    at += 46 + nameLength + extraLength + commentLength;
  }
  return parts;
}

interface Node {
  readonly [tag: string]: readonly Node[] | string | Readonly<Record<string, string>>;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
});

/** All sheets in the order of the workbook. */
export function readXlsx(file: Buffer): Sheet[] {
  const parts = unzip(file);
  const part = (name: string): Node[] => parser.parse((parts.get(name) ?? fail(name)).toString()) as Node[];
  const targets = new Map(
    children(find(part('xl/_rels/workbook.xml.rels'), 'Relationships')).map((node) => [
      attribute(node, 'Id'),
      attribute(node, 'Target'),
    ]),
  );
  return children(find(children(find(part('xl/workbook.xml'), 'workbook')), 'sheets')).map((sheet) => {
    const data = find(children(find(part(`xl/${targets.get(attribute(sheet, 'r:id'))}`), 'worksheet')), 'sheetData');
    const rows = children(data).map((row) => children(row).map(cellOf));
    return { name: attribute(sheet, 'name'), rows };
  });
}

function cellOf(cell: Node): Cell {
  const content = children(cell);
  if (content.length === 0) return null;
  switch (attribute(cell, 't')) {
    case 'inlineStr':
      return { text: unescaped(textOf(find(children(find(content, 'is')), 't'))) };
    case 'b':
      return textOf(find(content, 'v')) === '1';
    default:
      return { number: Number(textOf(find(content, 'v'))), style: Number(attribute(cell, 's') || 0) };
  }
}

/** ST_Xstring. */
function unescaped(text: string): string {
  return text.replaceAll(/_x([\da-fA-F]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function children(node: Node): readonly Node[] {
  const tag = Object.keys(node).find((key) => key !== ':@') ?? '';
  return node[tag] as readonly Node[];
}

function find(nodes: readonly Node[], tag: string): Node {
  return nodes.find((node) => tag in node) ?? fail(tag);
}

function attribute(node: Node, name: string): string {
  return (node[':@'] as Readonly<Record<string, string>> | undefined)?.[name] ?? '';
}

function textOf(node: Node): string {
  return children(node)
    .map((part) => part['#text'])
    .filter((text) => typeof text === 'string')
    .join('');
}

function fail(name: string): never {
  throw new Error(`There is no ${name}`);
}
