/**
 * The request log as the engine sees it: what one rerouted call looked like at each of seven stages between client and
 * provider, kept as files for whoever asked for them. Off by default. Nothing here waits, throws or costs the call more
 * than keeping a reference: laying out, masking and writing happen later (src/core/request-log/).
 */
import type { HeaderPairs } from "./http.ts";

/** File names without their endings, fixed by the product contract. */
export type StageName =
  | "1_req_client" // the client's request as it came
  | "2_req_source" // what was understood of it: dialect, why, model, target
  | "3_req_openai" // the request in the hub
  | "4_req_target" // the request as it went to the provider
  | "5_res_provider" // the provider's reply
  | "6_res_openai" // the reply in the hub: one event a line
  | "7_res_client" // the bytes the client got
  | "6_error"; // why there was no answer, or why it broke

/** Stages that are one JSON document (`.json`). */
export type DocumentStage = "1_req_client" | "2_req_source" | "3_req_openai" | "4_req_target" | "6_error";

/** Stages that come piece by piece (`.txt`; a provider's whole JSON reply becomes a `.json`). */
export type StreamStage = "5_res_provider" | "6_res_openai" | "7_res_client";

export interface LoggedCall {
  /** Format id of the client's dialect. */
  readonly source: string;
  /** Format id of the provider's dialect. */
  readonly target: string;
  readonly model: string;
  /** ms since the epoch; the folder's name shows it in local time. */
  readonly at: number;
}

export interface RequestLog {
  /** Asked before `open`: while this is false nothing is gathered. A reload may change it between two calls. */
  readonly enabled: boolean;
  /** A folder for one try of one call with one provider. */
  open(call: LoggedCall): CallLog;
}

/** Every method returns at once. What is handed over must not change afterwards; it is read later. */
export interface CallLog {
  /**
   * A JSON document, made when there is time for it. In a plain object three fields are known: `headers` (pairs, shown by
   * name with credentials masked), `url` (its query masked) and `body` (bytes are put in as they are if they are JSON).
   */
  stage(name: DocumentStage, content: () => unknown): void;
  /** Status and headers of the provider's reply; once, before the first bytes of it. */
  replyHead(head: { readonly status: number; readonly headers: HeaderPairs }): void;
  append(name: StreamStage, bytes: Uint8Array | string): void;
  /** Hub events for `6_res_openai`, each in a line of JSON of its own. */
  events(events: readonly unknown[]): void;
  /** Says in stages 3 and 6 that there is no hub form: client and provider speak the same dialect. */
  bytesLeftAlone(): void;
  /** The call is over. A second time does nothing. */
  end(): void;
}

export const noCallLog: CallLog = {
  stage() {},
  replyHead() {},
  append() {},
  events() {},
  bytesLeftAlone() {},
  end() {},
};
