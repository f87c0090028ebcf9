/** Which of Cursor's calls are conversations, and in which form they come. */
import type { RequestHead } from "../../../base/http.ts";
import { methodOf } from "../../formats/cursor/rpc.ts";
import { backends, type CursorService } from "./backends.ts";

export type CursorAddress =
  /** Both directions on one stream. */
  | { readonly form: "bidi"; readonly service: CursorService }
  /** Over HTTP/1.1: the backend's side of a conversation, named by a request id. */
  | { readonly form: "sse"; readonly service: CursorService }
  /** The client's side of it, one message at a time. */
  | { readonly form: "append" }
  | { readonly form: "unplayed"; readonly why: string };

/** Null: no conversation of Cursor's, or one that nobody here can play. */
export function cursorAddress({ method, target }: Pick<RequestHead, "method" | "target">): CursorAddress | null {
  if (method !== "POST") return null;
  const called = methodOf(target);
  if (called === null || called.service === null) return null;
  const { service, kind } = called;
  if (kind === "poll") return { form: "unplayed", why: "Cursor's poll form is not played here" };
  if (called.idempotent === true) return { form: "unplayed", why: "Cursor's idempotent chat is not played here" };
  if (service === "shim") return { form: "append" };
  if (backends[service] === null || (kind !== "bidi" && kind !== "linked")) return null;
  return { form: kind === "bidi" ? "bidi" : "sse", service };
}
