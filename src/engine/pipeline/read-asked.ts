/** The client's request in the hub. What a Responses client only refers to is put in before it is read. */
import type { Exchange } from "../../base/exchange.ts";
import type { Result } from "../formats/format.ts";
import type { HubRequest } from "../hub/request.ts";
import type { ClientCall } from "./read-client.ts";
import type { ReplyPlace } from "./response-memory.ts";
import type { Tools } from "./tools.ts";

export interface HubAsked {
  readonly request: HubRequest;
  readonly losses: readonly string[];
  /** Items that were put in from memory. */
  readonly recalled: number;
  /** Ids of items that are not known here; a provider of the client's own dialect may know them. */
  readonly missing: readonly string[];
  /** Where the reply is to be remembered; null where it is not. */
  readonly place: ReplyPlace | null;
}

export function readAsked(tools: Tools, exchange: Exchange, { reads, format, value }: ClientCall): Result<HubAsked> {
  if (reads.id !== "openai-responses") {
    const read = reads.client.readRequest(value, exchange.target);
    return read.ok ? { ok: true, value: { ...read.value, recalled: 0, missing: [], place: null } } : read;
  }
  const recall = tools.responses.recall(value, exchange.authorized);
  if (!recall.ok) return recall;
  const { body, count, missing, place } = recall.value;
  const read = reads.client.readRequest(body, exchange.target);
  if (!read.ok) return read;
  return {
    ok: true,
    value: { ...read.value, recalled: count, missing, place: format.id === reads.id ? place : null },
  };
}
