/** One exchange from its head to its answer: read, decide, walk the targets, answer or hand it back untouched. */
import { passThrough, type Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import type { RouteDecision } from "../routing/decide.ts";
import { answerError } from "./answer-error.ts";
import { playCursor } from "./cursor/play.ts";
import { createShim, type Shim } from "./cursor/shim.ts";
import { declineSocket } from "./decline-socket.ts";
import { detectCall, isModelSocket, mediaKind } from "./detect-call.ts";
import { extendList, extendsList } from "./extend-list.ts";
import { readClient } from "./read-client.ts";
import { reroute } from "./reroute.ts";
import { routeMedia } from "./route-media.ts";
import { type Decide, decideFor, describe, nobodyWaits, refuse, why, type Answer, type Dialect } from "./say.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

/** `decide`: by the rules, unless somebody has said where the call goes (replay.ts). */
export function createHandler(
  tools: Tools,
  views: () => View,
  decide: Decide = decideFor,
): (exchange: Exchange) => Promise<Answer> {
  const shim = createShim(tools);
  return async (exchange) => {
    try {
      return await handle(tools, views(), exchange, decide, shim);
    } catch (thrown) {
      if (exchange.signal.aborted) return nobodyWaits;
      return answerFault(exchange, fromUnknown(thrown));
    }
  };
}

/** A fault of ours. Whatever else is broken, there is an answer: plain JSON where the dialect's own writer fails as well. */
function answerFault(exchange: Exchange, error: EngineError): HttpReply {
  try {
    why(exchange, { stage: "error", text: error.message, kind: error.kind });
    return answerError(formatOf(exchange), error, { target: exchange.target });
  } catch {
    return answerError(null, error);
  }
}

async function handle(tools: Tools, view: View, exchange: Exchange, decide: Decide, shim: Shim): Promise<Answer> {
  const list = extendsList(view, exchange);
  if (list !== null) return extendList(tools, view, exchange, list);
  if (isModelSocket(exchange)) return declineSocket(exchange);
  const played = playCursor({ tools, view, exchange, decide, shim });
  if (played !== null) return played;
  const media = mediaKind(exchange);
  if (media !== null) return routeMedia(tools, view, exchange, media, decide);
  const read = await readClient(exchange, view.config.limits);
  if (read.kind === "refused") {
    describe(exchange, read.format, null);
    return refuse(exchange, read, read.error);
  }
  why(exchange, read.why);
  if (read.kind === "unknown") return passThrough;
  if (read.kind === "unreadable") {
    describe(exchange, read.format, null);
    return decideUnread(decide(tools, view, exchange, null), exchange, read, read.why.text);
  }
  const { call } = read;
  describe(exchange, call.format, call.model);
  const decision = decide(tools, view, exchange, call.model);
  if (decision.action === "passthrough") return passThrough;
  if (decision.action === "block") return block(exchange, call, decision);
  if (decision.action === "refuse") return refuse(exchange, call, decision.error);
  return reroute(tools, view, exchange, call, decision);
}

/**
 * A body that says nothing to us goes where it was going, unless a rule wants such calls whatever their model: then
 * there is nothing that could be sent to its target.
 */
function decideUnread(decision: RouteDecision, exchange: Exchange, dialect: Dialect, problem: string): Answer {
  if (decision.action === "block") return block(exchange, dialect, decision);
  // To the port itself: there is nobody to hand it on to.
  if (decision.action === "reroute" || decision.action === "refuse") {
    return refuse(exchange, dialect, { kind: "bad-request", message: `this call cannot be rerouted: ${problem}` });
  }
  why(exchange, { stage: "fallback", text: "passed through untouched: the body cannot be read here" });
  return passThrough;
}

function block(exchange: Exchange, dialect: Dialect, decision: RouteDecision): HttpReply {
  exchange.tap.tell({ type: "described", action: "block" });
  return refuse(exchange, dialect, {
    kind: "blocked",
    message: `rule ${decision.rule ?? ""} of Switchyard's configuration blocks this call`,
  });
}

function formatOf(exchange: Exchange): Format | null {
  const detected = detectCall(exchange);
  return detected === null ? null : formats[detected.format];
}
