/** Calls that Claude Code makes for itself (a title, a warm-up) and that need no model when they are routed. */
import type { Exchange } from "../../base/exchange.ts";
import { headerValue, withHeader } from "../../base/headers.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import { replay } from "../hub/replay.ts";
import { bypassFor } from "./bypass/bypass.ts";
import type { ClientCall } from "./read-client.ts";
import type { Tools } from "./tools.ts";
import { writerOptionsFor } from "./writer-options.ts";
import type { View } from "./view.ts";

const jsonHeaders: HeaderPairs = [["content-type", "application/json"]];

/** Null: this call is for a model. */
export function bypass(tools: Tools, view: View, exchange: Exchange, call: ClientCall): HttpReply | null {
  if (!view.config.settings.bypass || call.format.id !== "claude" || call.operation !== "reply") return null;
  const userAgent = headerValue(exchange.headers, "user-agent") ?? "";
  const found = bypassFor({ userAgent, body: call.value });
  if (found === null) return null;
  const read = call.reads.client.readRequest(call.value, call.target);
  if (!read.ok) return null;
  const { tap } = exchange;
  tap.tell({ type: "described", action: "bypass" });
  tap.tell({
    type: "why",
    step: { stage: "rule", text: `answered here (settings.bypass): ${found.name} needs no model` },
  });
  const options = writerOptionsFor(tools, exchange, call, read.value.request, 0);
  const { client } = call.format;
  const writer = client.streamWriter(options);
  const body = call.stream
    ? Buffer.concat(replay(found.reply).flatMap((event) => writer.push(event)))
    : client.writeReply(found.reply, options);
  const kind = call.stream ? client.streamHeaders(call.target) : jsonHeaders;
  tap.tell({ type: "usage", usage: found.reply.usage });
  tap.tell({ type: "reply-started", status: 200 });
  const headers = withHeader(kind, "x-proxy-bypass", found.name);
  return {
    status: 200,
    headers: withHeader(headers, "content-length", String(body.byteLength)),
    body: bodyOf(body),
  };
}
