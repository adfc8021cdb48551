/** A share of one file. */
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { safeFileName } from '../files/index.ts';
import { answerContent } from './answer-content.ts';
import { fileContent } from './file-content.ts';
import { NotServed } from './open-files.ts';
import { notFound } from './refusal.ts';
import { isServableName } from './request-target.ts';
import { requireName, type Service, type ServeTools } from './service.ts';

/** Serves the file at `path`, whichever file that is when it is asked for: its owner may replace it. */
export function fileShare(path: string, { files, buffers, changed }: ServeTools): Service {
  // A link has a name that every system and every reader can take.
  const name = isServableName(basename(path)) ? basename(path) : safeFileName(basename(path));
  let real: string | null = null;
  let size: number | null = null;
  let trouble: string | null = null;

  const note = (now: { size: number | null; trouble: string | null }) => {
    if (now.size === size && now.trouble === trouble) return;
    ({ size, trouble } = now);
    changed();
  };

  async function open() {
    // The owner's own path may be a symbolic link; it is followed anew where its end moved.
    for (let tries = 0; ; tries += 1) {
      const known = real;
      try {
        real ??= await realpath(path);
        const file = await files.get(real);
        note({ size: file.version.size, trouble: null });
        return file;
      } catch (error) {
        real = null;
        if (known !== null && tries === 0) continue;
        note({ size: null, trouble: 'The file is not there any more.' });
        throw error instanceof NotServed || (error as NodeJS.ErrnoException).code ? notFound() : error;
      }
    }
  }

  void stat(path).then(
    (found) => note({ size: found.size, trouble: null }),
    () => note({ size: null, trouble: 'The file is not there any more.' }),
  );

  return {
    linkName: name,
    methods: [],
    get size() {
      return size;
    },
    get trouble() {
      return trouble;
    },
    async answer(call) {
      requireName(call, name);
      const content = fileContent(await open(), files, buffers, name);
      try {
        await answerContent(call.request, call.transfer, content, call.options.disposition);
      } finally {
        content.release();
      }
    },
    close() {},
  };
}
