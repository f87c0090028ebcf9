/** Every way in which the control API and the port's questions say no. A code that is not here does not compile. */
export const refusalCodes = {
  invalid: {
    status: 400,
    meaning: "A field, a parameter or what they ask for is not as it has to be; the message names it.",
  },
  json: { status: 400, meaning: "The body is not JSON." },
  path: { status: 400, meaning: "The path is not valid percent-encoding." },
  invalid_api_key: { status: 401, meaning: "The client key is missing or wrong." },
  browser: { status: 403, meaning: "The request carries a browser's marks (`Origin`, `Sec-…`)." },
  host: { status: 403, meaning: "The `Host` is not ours." },
  "not-found": { status: 404, meaning: "There is nothing of this name." },
  not_found: { status: 404, meaning: "Nothing is served at this path of the port." },
  filter: { status: 400, meaning: "The filter is missing or not one; the reply says where the mistake is." },
  target: { status: 400, meaning: "Nobody serves what the call was to be sent to." },
  blocked: { status: 403, meaning: "A rule blocks the call." },
  "no-such-flow": { status: 404, meaning: "No flow with this id is in the log; it may have been dropped." },
  model_not_found: { status: 404, meaning: "No model has this name." },
  method: { status: 405, meaning: "Another method is served at this path." },
  live: { status: 409, meaning: "The call has not ended yet." },
  tunnel: { status: 409, meaning: "It is a tunnel: its bytes were never decrypted." },
  websocket: { status: 409, meaning: "It is a WebSocket, not one request." },
  body: { status: 409, meaning: "Its body was not kept whole, or what stands for it cannot be used." },
  call: { status: 409, meaning: "It is no call that can be made again." },
  login: { status: 409, meaning: "It needs a login that nobody kept." },
  "not-recordable": { status: 409, meaning: "Nothing of it can be recorded." },
  conflict: { status: 409, meaning: "It is there already, or over already." },
  "too-large": {
    status: 413,
    meaning: "The body is larger than this operation takes; the message says how much that is.",
  },
  "content-type": { status: 415, meaning: "A body is `application/json`." },
  failed: { status: 500, meaning: "A fault of Switchyard itself, or of the machine it runs on." },
  upstream: { status: 502, meaning: "A provider or a login service did not answer as it should." },
  unavailable: { status: 503, meaning: "It cannot be done now, as without a login or while a file is locked." },
  stopping: { status: 503, meaning: "The core is stopping." },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;

export interface RefusalDetails {
  readonly field?: string | null;
  readonly allowed?: readonly string[];
  readonly next?: string | null;
  readonly details?: Readonly<Record<string, string | number>>;
}

export type RefusalCode = keyof typeof refusalCodes;

/** A code with the status that belongs to it. */
export type RefusalArguments = {
  [Code in RefusalCode]: readonly [
    status: (typeof refusalCodes)[Code]["status"],
    code: Code,
    message: string,
    /** Which field or parameter is meant, where it is one; or more than that. */
    about?: string | RefusalDetails,
  ];
}[RefusalCode];
