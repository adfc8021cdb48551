/** The key of this home: links are made from it and secrets are sealed with it, so that the store holds neither. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, toDiskError } from '../files/index.ts';

const KEY_BYTES = 32;

export interface Vault {
  /** The unguessable part of a share's link: 256 bits, base64url. The same for the same id. */
  token(id: string): string;
  /** What proves that somebody passed: for cookies. */
  proof(text: string): string;
  seal(text: string): string;
  /** Null where it was sealed by another home, or damaged. */
  open(sealed: string): string | null;
}

/**
 * Reads the key of a home folder, or makes one (mode 0600). One that is there and cannot be read is not replaced: with
 * it all links would go, and what is sealed.
 * @throws what the disk refuses
 */
export function openVault(home: string): Vault {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, 'shares.key');
  const key = readKey(path, home) ?? makeKey(path, home);
  const derive = (purpose: string, text: string) => createHmac('sha256', key).update(`${purpose}\0${text}`).digest();
  const sealing = derive('seal', '');
  return {
    token: (id) => derive('token', id).toString('base64url'),
    proof: (text) => derive('proof', text).toString('base64url'),
    seal(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      try {
        const all = Buffer.from(sealed, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', sealing, all.subarray(0, 12), { authTagLength: 16 });
        decipher.setAuthTag(all.subarray(12, 28));
        return Buffer.concat([decipher.update(all.subarray(28)), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}

/** Null where there is none, or what is there never was one (a crash while it was written). */
function readKey(path: string, home: string): Buffer | null {
  try {
    const key = readFileSync(path);
    return key.length === KEY_BYTES ? key : null;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw toDiskError(error, home);
  }
}

function makeKey(path: string, home: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  try {
    writeFileSync(path, key, { mode: 0o600 });
  } catch (error) {
    throw toDiskError(error, home);
  }
  return key;
}
