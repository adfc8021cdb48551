import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { ExportFormat } from '../../../../shared/export.ts';
import { freeMemory } from '../free-memory.ts';

export type PageCompression = Extract<ExportFormat, { kind: 'parquet' }>['compression'];

/** Numbers of parquet.thrift's `CompressionCodec`. */
export const codecs: Readonly<Record<PageCompression, number>> = { none: 0, snappy: 1, gzip: 2, zstd: 6 };

/**
 * The bytes of a page as they stand in the file, in memory of their own. Pages are compressed one by one while rows
 * come, a few milliseconds each, so that a row group costs no long pause.
 */
export function compressPage(page: Buffer, compression: PageCompression): Buffer {
  // Room for a page that cannot be compressed: one buffer, which is not put together from parts.
  const chunkSize = Math.max(64, page.length + (page.length >> 6) + 512);
  switch (compression) {
    case 'none':
      return Buffer.from(page);
    case 'snappy': {
      const bytes = snappyCompress(page);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    case 'gzip':
      return fitted(gzipSync(page, { level: 1, chunkSize }));
    case 'zstd':
      return fitted(zstdCompressSync(page, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: 1 } }));
  }
}

/** Only what is used of a buffer; the rest is freed now. */
function fitted(bytes: Buffer): Buffer {
  const used = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(used);
  freeMemory(bytes);
  return used;
}
