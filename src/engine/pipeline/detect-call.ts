/**
 * Is this request a model call, and in which dialect? By host and path for every host we know; where a rule names a host
 * we do not know, its requests may also be told by their headers and, once read, by their bodies.
 */
import type { ExchangeHead } from "../../base/exchange.ts";
import { headerValue } from "../../base/headers.ts";
import type { RequestHead } from "../../base/http.ts";
import { detect, detectAddress, isKnownHost, type Detected } from "../formats/detect.ts";
import { mediaCall, type MediaKind } from "../media/index.ts";

/** By host and path, and the header that names the call where they do not: enough for every rule. */
export function isModelAddress(
  head: Pick<RequestHead, "method" | "host" | "target"> & Partial<Pick<RequestHead, "headers">>,
): boolean {
  return head.method === "POST" && detectAddress(head) !== null;
}

/** By the head alone. Telemetry and settings on the same hosts carry the same headers and are never read. */
export function detectCall(head: Pick<RequestHead, "method" | "host" | "target" | "headers">): Detected | null {
  return head.method === "POST" ? detect(head) : null;
}

/** Nothing in the head tells, but its body might: JSON to a host that is not one of the known ones. */
export function mayTellInBody(head: Pick<RequestHead, "method" | "host" | "headers">): boolean {
  if (head.method !== "POST" || isKnownHost(head.host)) return false;
  return (headerValue(head.headers, "content-type") ?? "").toLowerCase().includes("json");
}

/**
 * A WebSocket to a place where this dialect's calls go (Codex tries one first). Frames of that kind are not spoken here:
 * the upgrade is declined with 426, on which the client goes on over HTTP at once (measured, late 2026).
 */
export function isModelSocket(head: ExchangeHead): boolean {
  if (head.protocol !== "websocket") return false;
  return detect({ ...head, headers: [] })?.format === "openai-responses";
}

/** Embeddings or images, by the path. */
export function mediaKind(head: Pick<RequestHead, "method" | "target">): MediaKind | null {
  return head.method === "POST" ? mediaCall(head.target) : null;
}
