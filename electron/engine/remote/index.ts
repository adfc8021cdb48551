/** The remote room: HTTP(S) servers as sources of bytes. */
export {
  defaultNetwork,
  HttpConnection,
  originOf,
  type Activity,
  type BodyEnd,
  type BodySink,
  type Network,
} from './http-connection.ts';
export { identityOf, interpret, isHtml, resumabilityOf, withoutSecrets, type Verdict } from './interpret.ts';
export { networkError } from './network-errors.ts';
export { openRemote, type Exchange } from './open-remote.ts';
export { parseLink, redactedLines, requestHead, strongEtag, type RangeAsk, type RemoteRequest } from './request.ts';
export { field, type ResponseHead } from './response-head.ts';
