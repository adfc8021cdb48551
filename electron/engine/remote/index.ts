/** The remote room: HTTP(S) servers as sources of bytes. */
export type { BodyEnd, BodySink } from './body.ts';
export { HttpConnection, type Activity } from './http-connection.ts';
export { defaultNetwork, openSocket, originOf, type Network, type Origin } from './socket.ts';
export {
  difference,
  identityOf,
  interpret,
  isHtml,
  resumabilityOf,
  withoutSecrets,
  type Verdict,
} from './interpret.ts';
export { certificateTrouble, networkError } from './network-errors.ts';
export { isRedirect, openRemote, type Exchange } from './open-remote.ts';
export {
  isPublicField,
  parseLink,
  redactedLines,
  redirect,
  requestHead,
  strongEtag,
  type RangeAsk,
  type RemoteRequest,
} from './request.ts';
export { field, fieldValues, type ResponseHead } from './response-head.ts';
export { fetchText, readBytes, readText } from './fetch-text.ts';
export { isMetalink, readMetalink, type MetalinkFile } from './metalink-file.ts';
