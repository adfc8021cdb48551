/** Passwords of shares: kept as scrypt hashes, asked for with Basic (programs) or a page with a cookie (browsers). */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { Refusal } from './refusal.ts';

const derive = promisify(scrypt) as (
  password: string,
  salt: Buffer,
  length: number,
  options: object,
) => Promise<Buffer>;

/** RFC 7914 §2: 16 MiB and some 50 ms a try. */
const COST = { N: 16_384, r: 8, p: 1 };
const LENGTH = 32;

/** Wrong passwords that one address may try in a minute. */
const TRIES = 10;
const WINDOW = 60_000;
/** Passwords that are hashed at once: guessing must not take the machine. */
const AT_ONCE = 4;
/** Addresses whose tries are kept in mind. */
const MOST_ADDRESSES = 1000;

/** “SALT.HASH”, to be kept. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password.normalize('NFC'), salt, LENGTH, COST);
  return `${salt.toString('base64url')}.${hash.toString('base64url')}`;
}

/** Compares hashes, so that the time taken tells neither length nor prefix. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The password in an Authorization field; any user name will do. */
export function basicPassword(headers: IncomingHttpHeaders): string | null {
  const given = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) return null;
  const pair = Buffer.from(given, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon === -1 ? null : pair.slice(colon + 1);
}

/** Judges passwords, slowly for whoever guesses. */
export class PasswordGate {
  readonly #wrong = new Map<string, number[]>();
  /** Digests of what was right, so that not every request of a reader is hashed slowly. By stored hash. */
  readonly #right = new Map<string, string>();
  /** By digest: a program with many connections tries its password on all of them at once. */
  readonly #running = new Map<string, Promise<boolean>>();

  /**
   * True where `password` is what `stored` was made of.
   * @throws Refusal 429 where an address tries too often
   */
  async check(stored: string, password: string, address: string): Promise<boolean> {
    const known = this.#right.get(stored);
    const digest = createHash('sha256').update(`${stored}\0${password}`).digest('base64url');
    if (known !== undefined && sameSecret(known, digest)) return true;
    const running = this.#running.get(digest);
    if (running) return running;
    const now = Date.now();
    const recent = (this.#wrong.get(address) ?? []).filter((at) => at > now - WINDOW);
    if (recent.length >= TRIES || this.#running.size >= AT_ONCE) {
      throw new Refusal(429, 'Too many tries. Wait a minute.', ['Retry-After', '60']);
    }
    // Counted before it is known, so that many tries at once are many.
    this.#wrong.set(address, [...recent, now]);
    if (this.#wrong.size > MOST_ADDRESSES) this.#wrong.delete(this.#wrong.keys().next().value!);
    const judged = this.#judge(stored, password, digest, address);
    this.#running.set(digest, judged);
    return judged.finally(() => this.#running.delete(digest));
  }

  async #judge(stored: string, password: string, digest: string, address: string): Promise<boolean> {
    const [salt = '', hash = ''] = stored.split('.');
    const found = await derive(password.normalize('NFC'), Buffer.from(salt, 'base64url'), LENGTH, COST);
    if (!timingSafeEqual(found, Buffer.from(hash, 'base64url'))) return false;
    this.#right.set(stored, digest);
    this.#wrong.delete(address);
    return true;
  }
}
