/**
 * Secrets where no keychain can be asked (the headless host, the command line): `host-secrets.json` in the home folder,
 * encrypted with the key in `host.key`. Both are for their owner only. Kept apart, so that a copy of the store or of
 * the secrets alone tells nothing.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** Base64 of nonce, tag and text, by name. */
const fileSchema = z.record(z.string(), z.base64());
const cipherName = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export interface KeyFileSecrets {
  /** The secret, or null where none is kept under this name or it cannot be read with this key. */
  get(name: string): string | null;
  set(name: string, secret: string): void;
  delete(name: string): void;
}

/** The home folder has to be there. Its lock keeps other writers away. */
export function createKeyFileSecrets(home: string): KeyFileSecrets {
  const file = join(home, 'host-secrets.json');
  const keyFile = join(home, 'host.key');
  const change = (edit: (entries: Map<string, string>) => void) => {
    const entries = readEntries(file);
    edit(entries);
    writeWhole(file, JSON.stringify(Object.fromEntries(entries)));
  };
  return {
    get: (name) => {
      const sealed = readEntries(file).get(name);
      return sealed === undefined ? null : open(sealed, name, keyOf(keyFile));
    },
    set: (name, secret) => change((entries) => entries.set(name, seal(secret, name, keyOf(keyFile)))),
    delete: (name) => {
      if (readEntries(file).has(name)) change((entries) => entries.delete(name));
    },
  };
}

/** The name is authenticated too: an entry cannot be moved to another name. */
function seal(secret: string, name: string, key: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(cipherName, key, nonce).setAAD(Buffer.from(name));
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

function open(sealed: string, name: string, key: Buffer): string | null {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(0, nonceBytes);
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv(cipherName, key, nonce).setAAD(Buffer.from(name)).setAuthTag(tag);
    return decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}

function keyOf(file: string): Buffer {
  try {
    const key = readFileSync(file);
    if (key.length === 32) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32);
  writeWhole(file, key);
  return key;
}

function readEntries(file: string): Map<string, string> {
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))));
  } catch {
    // Not there, or not readable: then the secrets are asked for again.
    return new Map();
  }
}

function writeWhole(file: string, data: string | Buffer): void {
  const part = `${file}.part`;
  writeFileSync(part, data, { mode: 0o600 });
  renameSync(part, file);
}
