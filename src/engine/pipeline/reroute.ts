/** A call that a rule sends elsewhere: answered here, counted here, shared with an equal call, or asked of its targets. */
import { passThrough, type Exchange } from "../../base/exchange.ts";
import { headerValue } from "../../base/headers.ts";
import { bodyOf, type HttpReply } from "../../base/http.ts";
import { noCallLog } from "../../base/request-log.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { estimateTokens } from "../hub/estimate.ts";
import type { RouteDecision } from "../routing/decide.ts";
import { replyFrom } from "./answer-error.ts";
import { bypass } from "./answer-locally.ts";
import { dedupeKey, type WholeReply } from "./dedupe.ts";
import { failover } from "./failover.ts";
import { loggedReply } from "./logged.ts";
import { readWhole } from "./read-body.ts";
import { readAsked } from "./read-asked.ts";
import type { ClientCall } from "./read-client.ts";
import { itemNotFound } from "./response-memory.ts";
import { nobodyWaits, refuse, why, type Answer } from "./say.ts";
import { sessionOf } from "./session.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";
import type { WalkResult } from "./walk.ts";

type Rerouted = RouteDecision & { readonly action: "reroute" };

export async function reroute(
  tools: Tools,
  view: View,
  exchange: Exchange,
  call: ClientCall,
  decision: Rerouted,
): Promise<Answer> {
  const bypassed = bypass(tools, view, exchange, call);
  if (bypassed !== null) return bypassed;
  exchange.tap.tell({
    type: "described",
    action: "reroute",
    ...(decision.combo === null ? {} : { combo: decision.combo }),
  });
  const { dedupe } = view.config.settings;
  if (dedupe.enabled && decision.fallback === "error" && isShareable(tools, exchange, call)) {
    return shared(tools, view, exchange, call, decision);
  }
  return ask(tools, view, exchange, call, decision);
}

async function ask(
  tools: Tools,
  view: View,
  exchange: Exchange,
  call: ClientCall,
  decision: Rerouted,
): Promise<Answer> {
  // A count is only ever asked of providers that can count in the client's dialect.
  const counts = call.operation === "count";
  const targets = counts
    ? decision.targets.filter(({ provider }) => view.providers.get(provider)?.format === call.format.id)
    : decision.targets;
  if (counts && targets.length === 0) return estimateCount(tools, exchange, call);
  const result = await failover({ tools, view, exchange, call, targets, combo: decision.combo });
  if (result.ok) return result.reply;
  const answer =
    counts && hasNoSuchCall(result.error)
      ? estimateCount(tools, exchange, call)
      : answerFailure(exchange, call, decision, result);
  const { log } = result;
  if (answer !== passThrough && log !== undefined && log !== noCallLog) return loggedReply(answer, log);
  log?.end();
  return answer;
}

function answerFailure(
  exchange: Exchange,
  call: ClientCall,
  decision: Rerouted,
  result: WalkResult & { readonly ok: false },
): Answer {
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
  return refuse(exchange, call, result.error, result.attempts);
}

/** Servers of a dialect often have its model calls only. */
function hasNoSuchCall({ status }: EngineError): boolean {
  return status === 404 || status === 405 || status === 501;
}

/**
 * A stream is one reader's, and a tool's call is one agent's to make: with one reply two agents would both do what it
 * asks for. What cannot be read is asked for itself.
 */
function isShareable(tools: Tools, exchange: Exchange, call: ClientCall): boolean {
  if (call.stream || call.operation !== "reply") return false;
  const read = readAsked(tools, exchange, call);
  return read.ok && read.value.request.tools.length === 0;
}

/** `settings.dedupe`: an equal call that is under way, or was answered a moment ago, answers this one too. */
async function shared(
  tools: Tools,
  view: View,
  exchange: Exchange,
  call: ClientCall,
  decision: Rerouted,
): Promise<Answer> {
  const key = dedupeKey({
    format: call.format.id,
    ...(call.variant === null ? {} : { variant: call.variant }),
    target: call.target,
    model: call.model,
    authorized: exchange.authorized,
    who: [
      String(decision.rule),
      exchange.client,
      // Conversations stay with their account, so this tells accounts apart as well.
      sessionOf(exchange, call.value) ?? "",
      exchange.host,
      ...tellingFields.map((name) => headerValue(exchange.headers, name) ?? ""),
    ],
    body: call.body,
  });
  const make = async (signal: AbortSignal): Promise<WholeReply> => {
    const answer = await ask(tools, view, { ...exchange, signal }, call, decision);
    // `ask` hands nothing back here: the rule has no such fallback.
    return wholeOf(answer === passThrough ? nobodyWaits : answer, view.config.limits.replyBodyBytes);
  };
  const { reply, shared: isShared } = await tools.dedupe.run(
    key,
    view.config.settings.dedupe.windowMs,
    make,
    exchange.signal,
  );
  if (isShared) {
    why(exchange, { stage: "fallback", text: "an equal call was just answered: the same reply (settings.dedupe)" });
    exchange.tap.tell({ type: "reply-started", status: reply.status });
  }
  return { status: reply.status, headers: reply.headers, body: bodyOf(reply.body) };
}

/** What may change the answer to the same body, and who asks: nobody is told what another person has asked. */
const tellingFields = [
  "user-agent",
  "anthropic-beta",
  "openai-beta",
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "chatgpt-account-id",
] as const;

async function wholeOf(reply: HttpReply, maxBytes: number): Promise<WholeReply> {
  const whole = await readWhole(reply.body, maxBytes);
  if (!whole.ok) throw new Error("a whole reply beyond its bound");
  return { status: reply.status, headers: reply.headers, body: whole.bytes };
}

/**
 * "How large is this request", asked of a model that lives at another dialect's provider: answered with our estimate,
 * because the original provider cannot count for a model it does not have.
 */
function estimateCount(tools: Tools, exchange: Exchange, call: ClientCall): HttpReply {
  const read = readAsked(tools, exchange, call);
  const counter = call.format.client.countTokens;
  if (!read.ok) return refuse(exchange, call, read.error);
  const [missing] = read.value.missing;
  if (missing !== undefined) return refuse(exchange, call, itemNotFound(missing));
  if (counter === undefined) return refuse(exchange, call, { kind: "unsupported", message: "cannot count" });
  why(exchange, { stage: "translate", text: "tokens estimated here: the target has no call to count them" });
  const answer = counter.writeCount(estimateTokens(read.value.request));
  exchange.tap.tell({ type: "reply-started", status: answer.status });
  return replyFrom(answer);
}
