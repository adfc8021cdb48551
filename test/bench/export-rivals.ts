/**
 * What Sluice's exports are compared with, each a process of its own: MODE URL QUERY OUT.
 * `copy`: COPY through pg-copy-streams; `objects`: pg-query-stream and JSON.stringify; `gzip`, `zstd`, `brotli`: the bare
 * compressor, from the file QUERY.
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import QueryStream from 'pg-query-stream';

const [mode = '', url = '', query = '', out = ''] = process.argv.slice(2);
const file = createWriteStream(out, { highWaterMark: 1 << 20 });

async function withClient(work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("SET TimeZone = 'UTC'");
  await work(client);
  await client.end();
}

switch (mode) {
  case 'copy':
    await withClient((client) => pipeline(client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT csv)`)), file));
    break;
  case 'objects':
    await withClient(async (client) => {
      const lines = new Transform({
        writableObjectMode: true,
        transform: (row, _encoding, done) => done(null, `${JSON.stringify(row)}\n`),
      });
      await pipeline(client.query(new QueryStream(query)), lines, file);
    });
    break;
  case 'gzip':
    await pipeline(createReadStream(query, { highWaterMark: 1 << 20 }), createGzip({ level: 1 }), file);
    break;
  case 'brotli': {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    await pipeline(createReadStream(query, { highWaterMark: 1 << 20 }), createBrotliCompress({ params }), file);
    break;
  }
  case 'zstd': {
    const params = { [constants.ZSTD_c_compressionLevel]: 1 };
    await pipeline(createReadStream(query, { highWaterMark: 1 << 20 }), createZstdCompress({ params }), file);
    break;
  }
  default:
    throw new Error(`no mode ${mode}`);
}
if (!file.closed) await once(file, 'close');
