/**
 * Secrets encrypted with a key that the operating system keeps (Keychain, DPAPI, a Linux keyring), in `secrets.json` of
 * the home folder. Only Electron's asynchronous calls: the synchronous ones are deprecated since Electron 45.
 */
import { readFile, rename, open } from 'node:fs/promises';
import { join } from 'node:path';
import { safeStorage } from 'electron';
import * as z from 'zod';
import { SluiceError } from '../../shared/failure.ts';
import type { SecretKeeper } from '../engine/index.ts';

/** Base64 of the encrypted bytes, by name. */
const fileSchema = z.record(z.string(), z.base64());

/** The keychain as the engine asks for it. Missing names are null. */
export type Keychain = {
  [K in keyof SecretKeeper]: (...args: Parameters<SecretKeeper[K]>) => Promise<Awaited<ReturnType<SecretKeeper[K]>>>;
};

/**
 * Only after `ready`. Changes are written one after the other.
 * @param onWeak called once, when the first secret is kept on a desktop that has no keyring to protect the key
 */
export function setupSecrets(home: string, onWeak: () => void): Keychain {
  const file = join(home, 'secrets.json');
  let last: Promise<unknown> = Promise.resolve();
  let told = false;
  const change = (edit: (entries: Record<string, string>) => void): Promise<void> => {
    const next = editAfter(last, edit);
    last = next.catch(() => undefined);
    return next;
  };
  const editAfter = async (
    before: Promise<unknown>,
    edit: (entries: Record<string, string>) => void,
  ): Promise<void> => {
    await before;
    const entries = await read(file);
    edit(entries);
    await write(file, entries);
  };
  const set = async (name: string, secret: string): Promise<void> => {
    if (!(await safeStorage.isAsyncEncryptionAvailable())) {
      throw new SluiceError('not-here', { what: 'Saving passwords', next: 'Unlock or install a keyring first.' });
    }
    if (!told && isWeak()) {
      told = true;
      onWeak();
    }
    const encrypted = (await safeStorage.encryptStringAsync(secret)).toString('base64');
    await change((entries) => {
      entries[name] = encrypted;
    });
  };

  return {
    set,
    async get(name) {
      await last;
      const encrypted = new Map(Object.entries(await read(file))).get(name);
      if (encrypted === undefined) return null;
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(encrypted, 'base64'));
      // The system has a newer or a better key; where it cannot be used yet, the next reading tries again.
      if (shouldReEncrypt) await set(name, result).catch(() => undefined);
      return result;
    },
    delete: (name) =>
      change((entries) => {
        delete entries[name];
      }),
  };
}

/** True where Chromium found no keyring and uses a key that everyone knows. */
function isWeak(): boolean {
  return process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text';
}

async function read(file: string): Promise<Record<string, string>> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Whole or not at all, and readable for its owner only. */
async function write(file: string, entries: Readonly<Record<string, string>>): Promise<void> {
  const part = `${file}.part`;
  const handle = await open(part, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(entries));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}
