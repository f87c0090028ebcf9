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
  "no-such-flow": { status: 404, meaning: "No flow with this id is in the log; it may have been dropped." },
  model_not_found: { status: 404, meaning: "No model has this name." },
  method: { status: 405, meaning: "Another method is served at this path." },
  conflict: { status: 409, meaning: "It is there already, or over already." },
  "too-large": { status: 413, meaning: "The body is larger than 64 KiB." },
  "content-type": { status: 415, meaning: "A body is `application/json`." },
  failed: { status: 500, meaning: "A fault of Switchyard itself, or of the machine it runs on." },
  upstream: { status: 502, meaning: "A provider or a login service did not answer as it should." },
  unavailable: { status: 503, meaning: "It cannot be done now, as without a login or while a file is locked." },
  stopping: { status: 503, meaning: "The core is stopping." },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;

export type RefusalCode = keyof typeof refusalCodes;

/** A code with the status that belongs to it. */
export type RefusalArguments = {
  [Code in RefusalCode]: readonly [
    status: (typeof refusalCodes)[Code]["status"],
    code: Code,
    message: string,
    /** Which field or parameter is meant, where it is one. */
    field?: string | null,
    /** Where it is the method that is wrong: those that are not. */
    allowed?: readonly string[],
  ];
}[RefusalCode];
