/** Connections as they are kept: profiles as documents, passwords in the keychain and nowhere else. */
import { randomUUID } from 'node:crypto';
import {
  type ConnectionDraft,
  type ConnectionProfile,
  connectionProfileSchema,
  connectionDraftSchema,
} from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import type { SecretKeeper } from '../engine.ts';
import type { SamplePlace } from './sample-database.ts';
import type { ConnectTarget, Documents } from './types.ts';

/** What the keychain holds of one connection. */
interface Passwords {
  readonly password: string | null;
  readonly sshPassword: string | null;
}

const NO_PASSWORDS: Passwords = { password: null, sshPassword: null };

export class Profiles {
  private readonly documents: Documents;
  private readonly secrets: SecretKeeper | null;
  /** Passwords where there is no keychain: until Sluice ends. */
  private readonly memory = new Map<string, Passwords>();

  constructor(documents: Documents, secrets: SecretKeeper | null) {
    this.documents = documents;
    this.secrets = secrets;
  }

  list(): ConnectionProfile[] {
    return this.documents.all().flatMap(({ value }) => {
      // Written by another version, perhaps: what is not understood is left alone.
      const profile = connectionProfileSchema.safeParse(value);
      return profile.success ? [this.withFlags(profile.data)] : [];
    });
  }

  /** @throws unknown-connection */
  get(id: string): ConnectionProfile {
    const profile = this.list().find((profile) => profile.id === id);
    if (profile === undefined) throw new SluiceError('unknown-connection', { id });
    return profile;
  }

  async save(draft: ConnectionDraft, found: string | null): Promise<ConnectionProfile> {
    const kept = draft.id === undefined ? null : this.get(draft.id);
    const target = await this.targetOf(draft, found);
    const profile = { ...profileOf(target), sample: kept?.sample ?? false };
    await this.keepPasswords(profile.id, target);
    this.documents.put(profile.id, profile);
    return profile;
  }

  /** The sample database's connection, kept like any other. */
  keepSample(place: SamplePlace): ConnectionProfile {
    const profile: ConnectionProfile = {
      id: randomUUID(),
      name: 'Sample database',
      color: 'green',
      host: place.host,
      port: place.port,
      database: place.database,
      user: place.user,
      tls: { mode: 'disable', ca: null, certificate: null, key: null },
      ssh: null,
      readOnly: true,
      statementTimeout: 60_000,
      exportTimeout: 0,
      hasPassword: false,
      hasSshPassword: false,
      sample: true,
    };
    this.documents.put(profile.id, profile);
    return profile;
  }

  async remove(id: string): Promise<void> {
    this.get(id);
    this.documents.delete(id);
    await this.keepPasswords(id, NO_PASSWORDS);
  }

  /** A kept connection with its passwords. */
  async target(id: string): Promise<ConnectTarget> {
    const { hasPassword: _, hasSshPassword: __, sample: ___, ...profile } = this.get(id);
    return { ...profile, ...(await this.passwordsOf(id)) };
  }

  /**
   * A draft with its passwords: its own, else `found` (of .pgpass, say), else those that are kept. A kept password goes
   * to the server and the SSH server that it was given for, and to no other: whoever can change a connection, the
   * window for one, cannot have it sent elsewhere.
   */
  async targetOf(draft: ConnectionDraft, found: string | null): Promise<ConnectTarget> {
    const { id, password, sshPassword, passwordOf: _, ...fields } = connectionDraftSchema.parse(draft);
    const kept = id === undefined ? null : await this.target(id);
    const isSameTunnel = kept !== null && tunnelOf(kept) === tunnelOf(fields);
    const isSameServer = isSameTunnel && serverOf(kept) === serverOf(fields);
    const left = <T>(given: T | undefined, otherwise: T): T => (given === undefined ? otherwise : given);
    return {
      ...fields,
      id: id ?? randomUUID(),
      password: left(password, found ?? (isSameServer ? kept.password : null)),
      sshPassword: fields.ssh === null ? null : left(sshPassword, isSameTunnel ? kept.sshPassword : null),
    };
  }

  private withFlags(profile: ConnectionProfile): ConnectionProfile {
    if (this.secrets !== null) return profile;
    const { password, sshPassword } = this.memory.get(profile.id) ?? NO_PASSWORDS;
    return { ...profile, hasPassword: password !== null, hasSshPassword: sshPassword !== null };
  }

  private async passwordsOf(id: string): Promise<Passwords> {
    if (this.secrets === null) return this.memory.get(id) ?? NO_PASSWORDS;
    const kept = await this.secrets.get(keyOfSecret(id));
    return kept === null ? NO_PASSWORDS : (JSON.parse(kept) as Passwords);
  }

  private async keepPasswords(id: string, { password, sshPassword }: Passwords): Promise<void> {
    const isEmpty = password === null && sshPassword === null;
    if (this.secrets === null) {
      if (isEmpty) this.memory.delete(id);
      else this.memory.set(id, { password, sshPassword });
    } else if (isEmpty) await this.secrets.delete(keyOfSecret(id));
    else await this.secrets.set(keyOfSecret(id), JSON.stringify({ password, sshPassword }));
  }
}

const keyOfSecret = (id: string) => `connection:${id}`;

function profileOf({ password, sshPassword, ...fields }: ConnectTarget): Omit<ConnectionProfile, 'sample'> {
  return { ...fields, hasPassword: password !== null, hasSshPassword: sshPassword !== null };
}

type Place = Pick<ConnectTarget, 'host' | 'port' | 'user' | 'ssh'>;

const serverOf = ({ host, port, user }: Place) => JSON.stringify([host, port, user]);
const tunnelOf = ({ ssh }: Place) => JSON.stringify(ssh === null ? null : [ssh.host, ssh.port, ssh.user]);
