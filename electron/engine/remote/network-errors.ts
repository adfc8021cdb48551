import { SluiceError } from '../../../shared/failure.ts';

const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/;

/** The words for certificate trouble, by OpenSSL's code. */
const certificates: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** What is wrong with a certificate, in words; for the error that TLS gives as its reason. */
export function certificateTrouble(error: unknown): string {
  const code =
    error instanceof Error ? ((error as NodeError).code ?? error.message) : typeof error === 'string' ? error : '';
  return certificates[code] ?? (code || 'it cannot be checked');
}

interface NodeError extends Error {
  readonly code?: string;
  readonly errors?: readonly NodeError[];
}

/** Turns what a socket, the resolver or TLS threw into the failure a person can act on. */
export function networkError(error: unknown, host: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const thrown = error as NodeError;
  // “Happy eyeballs” (RFC 8305) throws one error for all addresses tried: the first says most.
  const code = thrown.code ?? thrown.errors?.[0]?.code ?? '';
  const options = { cause: error };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA' || code === 'EAI_NONAME') {
    return new SluiceError('host-not-found', { host }, options);
  }
  if (code === 'ECONNREFUSED') return new SluiceError('connection-refused', { host }, options);
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN') {
    return new SluiceError('connection-timed-out', { host }, options);
  }
  if (TLS.test(code)) {
    const detail = certificates[code] ?? thrown.message.replace(/^.*error:[0-9A-F]+:/i, '').slice(0, 120);
    return new SluiceError('tls-failed', { host, detail }, options);
  }
  return new SluiceError('connection-lost', { host }, options);
}
