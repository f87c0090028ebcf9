/** Embeddings and images: read, decided and asked for like model calls, but not conversations, so not through the hub. */
import { passThrough, type Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { mediaDialect, mediaError, mediaModel, type MediaKind } from "../media/index.ts";
import { answerWhole, replyFrom } from "./answer-error.ts";
import { handleMedia } from "./media.ts";
import { readJson, tooLarge } from "./read-client.ts";
import { type Decide, nobodyWaits, why, type Answer } from "./say.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

export async function routeMedia(
  tools: Tools,
  view: View,
  exchange: Exchange,
  kind: MediaKind,
  decide: Decide,
): Promise<Answer> {
  const read = await readJson(exchange, view.config.limits);
  if (!read.ok && read.reason === "too-large") return refuse(exchange, tooLarge(view.config.limits));
  const model = read.ok ? mediaModel(exchange.target, read.value) : null;
  exchange.tap.tell({ type: "described", model: { asked: model } });
  why(exchange, { stage: "detect", text: `${kind} in ${mediaDialect(exchange.target)}'s dialect` });
  const decision = decide(tools, view, exchange, model);
  if (decision.action === "passthrough") return passThrough;
  if (decision.action === "block") {
    exchange.tap.tell({ type: "described", action: "block" });
    const message = `rule ${decision.rule ?? ""} of Switchyard's configuration blocks this call`;
    return refuse(exchange, { kind: "blocked", message });
  }
  if (!read.ok) return refuse(exchange, { kind: "bad-request", message: `this call cannot be rerouted: ${read.why}` });
  if (decision.action === "refuse") return refuse(exchange, decision.error);
  exchange.tap.tell({
    type: "described",
    action: "reroute",
    ...(decision.combo === null ? {} : { combo: decision.combo }),
  });
  const result = await handleMedia({
    tools,
    view,
    exchange,
    kind,
    body: read.value,
    bytes: read.bytes.byteLength,
    targets: decision.targets,
    combo: decision.combo,
  });
  if (result.ok) return result.reply;
  if (result.error.kind === "client-gone") return nobodyWaits;
  if (decision.fallback === "passthrough" && exchange.gateway === undefined) {
    exchange.tap.tell({ type: "described", action: "passthrough" });
    why(exchange, {
      stage: "fallback",
      text: `no target answered (${result.error.kind}): on to the original provider`,
    });
    return passThrough;
  }
  if (result.whole !== null) {
    exchange.tap.tell({ type: "reply-started", status: result.whole.status });
    return replyFrom(result.whole, { attempts: result.attempts });
  }
  return refuse(exchange, result.error, result.attempts);
}

function refuse(exchange: Exchange, error: EngineError, attempts = 0): HttpReply {
  why(exchange, { stage: "error", text: error.message, kind: error.kind });
  const reply = answerWhole(mediaError(error, mediaDialect(exchange.target)), error, { attempts });
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  return reply;
}
