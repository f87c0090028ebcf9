/** One exchange from its head to its answer: read, decide, walk the targets, answer or hand it back untouched. */
import { passThrough, type Exchange } from "../../base/exchange.ts";
import type { WhyStep } from "../../base/flow.ts";
import { emptyBody, type HttpReply } from "../../base/http.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { estimateTokens } from "../hub/estimate.ts";
import { decide, type RouteDecision } from "../routing/decide.ts";
import { answerError, replyFrom } from "./answer-error.ts";
import { detectCall } from "./detect-call.ts";
import { failover } from "./failover.ts";
import { pathOf, readClient, type ClientCall } from "./read-client.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

type Answer = HttpReply | typeof passThrough;

export function createHandler(tools: Tools, views: () => View): (exchange: Exchange) => Promise<Answer> {
  return async (exchange) => {
    try {
      return await handle(tools, views(), exchange);
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
    return answerError(formatOf(exchange), error);
  } catch {
    return answerError(null, error);
  }
}

/** What a client that has gone is answered; nobody reads it. */
const nobodyWaits: HttpReply = { status: 499, headers: [["content-length", "0"]], body: emptyBody };

async function handle(tools: Tools, view: View, exchange: Exchange): Promise<Answer> {
  const read = await readClient(exchange);
  if (read.kind === "refused") {
    describe(exchange, read.format, null);
    return refuse(exchange, read.format, read.error);
  }
  why(exchange, read.why);
  if (read.kind === "unknown") return passThrough;
  if (read.kind === "unreadable") {
    describe(exchange, read.format, null);
    return decideUnread(view, exchange, read.format);
  }
  const { call } = read;
  describe(exchange, call.format, call.model);
  const decision = decideFor(view, exchange, call.model);
  if (decision.action === "passthrough") return passThrough;
  if (decision.action === "block") return block(exchange, call.format, decision);
  return reroute(tools, view, exchange, call, decision);
}

/** A body that says nothing to us goes where it was going, unless a rule forbids calls whatever their model. */
function decideUnread(view: View, exchange: Exchange, format: Format): Answer {
  const decision = decideFor(view, exchange, null);
  if (decision.action === "block") return block(exchange, format, decision);
  why(exchange, { stage: "fallback", text: "passed through untouched: the body cannot be read here" });
  return passThrough;
}

function decideFor(view: View, exchange: Exchange, model: string | null): RouteDecision {
  const { client, host, target } = exchange;
  const decision = decide(view.config, view.rules, { client, host, path: pathOf(target), model });
  for (const step of decision.why) why(exchange, step);
  return decision;
}

function block(exchange: Exchange, format: Format, decision: RouteDecision): HttpReply {
  exchange.tap.tell({ type: "described", action: "block" });
  return refuse(exchange, format, {
    kind: "blocked",
    message: `rule ${decision.rule ?? ""} of Switchyard's configuration blocks this call`,
  });
}

async function reroute(
  tools: Tools,
  view: View,
  exchange: Exchange,
  call: ClientCall,
  decision: RouteDecision & { readonly action: "reroute" },
): Promise<Answer> {
  exchange.tap.tell({
    type: "described",
    action: "reroute",
    ...(decision.combo === null ? {} : { combo: decision.combo }),
  });
  // A count is only ever asked of providers that can count in the client's dialect.
  const targets = call.asksCount
    ? decision.targets.filter(({ provider }) => view.providers.get(provider)?.format === call.format.id)
    : decision.targets;
  if (call.asksCount && targets.length === 0) return estimateCount(exchange, call);
  const result = await failover({ tools, view, exchange, call, targets });
  if (result.ok) return result.reply;
  if (result.error.kind === "client-gone") return nobodyWaits;
  if (decision.fallback === "passthrough") {
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
  return refuse(exchange, call.format, result.error, result.attempts);
}

/**
 * "How large is this request", asked of a model that lives at another dialect's provider: answered with our estimate,
 * because the original provider cannot count for a model it does not have.
 */
function estimateCount(exchange: Exchange, call: ClientCall): HttpReply {
  const read = call.format.client.readRequest(call.value, exchange.target);
  const counter = call.format.client.countTokens;
  if (!read.ok) return refuse(exchange, call.format, read.error);
  if (counter === undefined) return refuse(exchange, call.format, { kind: "unsupported", message: "cannot count" });
  why(exchange, { stage: "translate", text: "tokens estimated here: the target's dialect has no call to count them" });
  const answer = counter.writeCount(estimateTokens(read.value.request));
  exchange.tap.tell({ type: "reply-started", status: answer.status });
  return replyFrom(answer);
}

function refuse(exchange: Exchange, format: Format, error: EngineError, attempts = 0): HttpReply {
  why(exchange, { stage: "error", text: error.message, kind: error.kind });
  const reply = answerError(format, error, { attempts });
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  return reply;
}

function describe(exchange: Exchange, format: Format, model: string | null): void {
  exchange.tap.tell({ type: "described", formats: { client: format.id }, model: { asked: model } });
}

function why(exchange: Exchange, step: WhyStep): void {
  exchange.tap.tell({ type: "why", step });
}

function formatOf(exchange: Exchange): Format | null {
  const detected = detectCall(exchange);
  return detected === null ? null : formats[detected.format];
}
