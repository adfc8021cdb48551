/** A share as it is kept: what was asked for, and what happened to it since. */
import * as z from 'zod';
import { shareOptionsSchema, shareTargetSchema, type ShareTarget } from '../../../shared/share.ts';
import type { Vault } from './vault.ts';

/** The part file of an upload: it is deleted after a crash, if it is still this file. */
const unfinishedSchema = z.object({ folder: z.string(), name: z.string(), inode: z.string() });
export type UnfinishedPart = z.infer<typeof unfinishedSchema>;

const recordSchema = z.object({
  id: z.string(),
  target: shareTargetSchema,
  options: shareOptionsSchema,
  /** Scrypt hash, “SALT.HASH”; null: no password. */
  password: z.string().nullable(),
  createdAt: z.number(),
  sent: z.number(),
  /** Bytes that readers put into the folder. */
  uploaded: z.number(),
  unfinished: z.array(unfinishedSchema).default([]),
  /** Of a remote: true where its link led into a private network when it was asked first; null: not asked yet. */
  isInside: z.boolean().nullable().default(null),
  /** Of a remote: its link and header fields, sealed. The target above then holds neither. */
  sealed: z.string().nullable(),
});
type Stored = z.infer<typeof recordSchema>;

/** In memory a record has its secrets. */
export type ShareRecord = Omit<Stored, 'sealed'>;

/** The form that may be stored: the secrets of a remote are sealed. */
export function toStored(record: ShareRecord, vault: Vault): Stored {
  const { target } = record;
  if (target.kind !== 'remote') return { ...record, sealed: null };
  const { url, headers } = target;
  return { ...record, target: withoutSecrets(target), sealed: vault.seal(JSON.stringify({ url, headers })) };
}

/** Reads a stored share; null for what is none, or was sealed by another home. */
export function fromStored(value: unknown, vault: Vault): ShareRecord | null {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return null;
  const { sealed, ...record } = parsed.data;
  if (record.target.kind !== 'remote') return record;
  const text = sealed === null ? null : vault.open(sealed);
  if (text === null) return null;
  const secrets = JSON.parse(text) as { url: string; headers?: Record<string, string> };
  return { ...record, target: { ...record.target, ...secrets } };
}

/** A target as faces may see it. */
export function withoutSecrets(target: ShareTarget): ShareTarget {
  if (target.kind !== 'remote') return target;
  const url = new URL(target.url);
  url.username = '';
  url.password = '';
  // Signatures and tokens stand in queries.
  if (url.search !== '') url.search = '?…';
  return { kind: 'remote', url: url.href, cache: target.cache };
}
