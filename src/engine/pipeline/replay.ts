/**
 * A call made again: the request of an earlier flow, sent by the rules of now, or to a target that was named. It is planned
 * before anything is opened, so that what cannot be repeated is refused in words; a plan is then run like any call. What
 * answers without asking anybody (bypass, dedupe) is left out: who repeats a call wants to know what the model says.
 */
import type { Exchange, ExchangeHead } from "../../base/exchange.ts";
import { passThrough } from "../../base/exchange.ts";
import type { FlowTap } from "../../base/flow.ts";
import { bodyOf, type HttpReply } from "../../base/http.ts";
import { isLoopback } from "../config/endpoint.ts";
import { mediaDialect, mediaModel } from "../media/index.ts";
import { providerId } from "../providers/registry.ts";
import type { RouteDecision } from "../routing/decide.ts";
import { targetsOf } from "../routing/targets.ts";
import { mediaKind } from "./detect-call.ts";
import { createHandler } from "./handle.ts";
import { type ClientCall, readClient, readJson } from "./read-client.ts";
import { decided } from "./decided.ts";
import { nobodyWaits, why } from "./say.ts";
import { spliceModel } from "./splice-model.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

export interface ReplayOrder {
  readonly head: ExchangeHead;
  /** Unpacked. */
  readonly body: Uint8Array;
  /** `provider/model`, `provider`, `combo/NAME`, an alias, a name as the gateway takes it; null: where the rules send it. */
  readonly via: string | null;
  /** The model to ask for instead of the one the call named. */
  readonly model: string | null;
}

export type ReplayPlan =
  | {
      readonly ok: true;
      /** As they will be sent on: with the model that was ordered. */
      readonly head: ExchangeHead;
      readonly body: Uint8Array;
      /** Tells the flow everything but the client sides and the end. Never rejects. */
      run(tap: FlowTap, signal: AbortSignal): Promise<HttpReply>;
    }
  | { readonly ok: false; readonly refusal: ReplayRefusal };

export interface ReplayRefusal {
  /**
   * `call`: nothing that can be repeated. `login`: it went to its own provider with the client's login, which nobody kept.
   * `target`: what was named cannot be asked. `blocked`: a rule says no.
   */
  readonly reason: "call" | "login" | "target" | "blocked";
  readonly message: string;
  /** Of `login`: the provider of the registry that lives at the call's host, where there is one. */
  readonly provider?: string;
}

type Named = Extract<RouteDecision, { readonly action: "reroute" }>;
type Read = { readonly ok: true; readonly call: ReadCall } | { readonly ok: false; readonly why: string };

/** What the call says of itself, and the same call asking for another model. */
interface ReadCall {
  readonly model: string | null;
  /** Null: embeddings or images, which have no dialect of a conversation. */
  readonly format: ClientCall["format"]["id"] | null;
  withModel(model: string): { readonly target: string; readonly body: Uint8Array };
}

export async function planReplay(tools: Tools, given: View, order: ReplayOrder): Promise<ReplayPlan> {
  const view = withoutShortcuts(given);
  const read = await readCall(order);
  if (!read.ok) return refused("call", read.why);
  const { call } = read;
  const model = order.model ?? call.model;
  const asIs = { target: order.head.target, body: order.body };
  const { target, body } = order.model === null ? asIs : call.withModel(order.model);
  const head: ExchangeHead = { ...order.head, target };
  const found = decideReplay(tools, view, { head, via: order.via, model, format: call.format });
  if ("reason" in found) return { ok: false, refusal: found };
  const handle = createHandler(
    tools,
    () => view,
    (_tools, _view, exchange) => {
      for (const step of found.why) why(exchange, step);
      return found;
    },
  );
  return {
    ok: true,
    head,
    body,
    async run(tap, signal) {
      const answer = await handle({ ...head, body: bodyOf(body), signal, tap });
      // Every decision here has targets and no fallback: nothing is handed back.
      return answer === passThrough ? nobodyWaits : answer;
    },
  };
}

function refused(reason: ReplayRefusal["reason"], message: string): ReplayPlan & { readonly ok: false } {
  return { ok: false, refusal: { reason, message } };
}

function withoutShortcuts(view: View): View {
  const { config } = view;
  const dedupe = { ...config.settings.dedupe, enabled: false };
  return { ...view, config: { ...config, settings: { ...config.settings, bypass: false, dedupe } } };
}

async function readCall({ head, body }: ReplayOrder): Promise<Read> {
  const exchange: Exchange = { ...head, body: bodyOf(body), signal: new AbortController().signal, tap: silent };
  if (mediaKind(head) !== null) return readMediaCall(exchange, body);
  const read = await readClient(exchange);
  switch (read.kind) {
    case "call":
      return {
        ok: true,
        call: {
          model: read.call.model,
          format: read.call.format.id,
          withModel: (model) => withModel(read.call, model),
        },
      };
    case "unreadable":
      return { ok: false, why: read.why.text };
    case "refused":
      return { ok: false, why: read.error.message };
    case "unknown":
      return { ok: false, why: "it is no model call that is known here" };
  }
}

const silent: FlowTap = { id: "none", head: () => {}, chunk: () => {}, tell: () => {} };

async function readMediaCall(exchange: Exchange, body: Uint8Array): Promise<Read> {
  const { target } = exchange;
  const read = await readJson(exchange);
  if (!read.ok) return { ok: false, why: read.why === "" ? "its body is too large" : read.why };
  const isInPath = mediaDialect(target) === "gemini";
  return {
    ok: true,
    call: {
      model: mediaModel(target, read.value),
      format: null,
      withModel: (model) => ({
        target: isInPath ? renamedPath(target, model) : target,
        body: isInPath ? body : spliceModel(body, model),
      }),
    },
  };
}

function withModel(
  { reads, format, value, target, body }: ClientCall,
  model: string,
): ReturnType<ReadCall["withModel"]> {
  const inner = reads.withInnerModel?.(value, model) ?? null;
  if (inner !== null) return { target: renamedPath(target, model), body: Buffer.from(JSON.stringify(inner)) };
  return format.namesModelInTarget === true
    ? { target: renamedPath(target, model), body }
    : { target, body: spliceModel(body, model) };
}

/** Google's addresses name the model before the method. */
function renamedPath(target: string, model: string): string {
  return target.replace(
    /\/(?:models|tunedModels)\/[^/?]+?(?=(?::|%3a)[A-Za-z]+(?:\?|$))/i,
    () => `/models/${encodeURIComponent(model)}`,
  );
}

interface Asked {
  readonly head: ExchangeHead;
  readonly via: string | null;
  readonly model: string | null;
  readonly format: ReadCall["format"];
}

function decideReplay(tools: Tools, view: View, asked: Asked): Named | ReplayRefusal {
  const { head, via, model } = asked;
  const availability = tools.availability();
  const byRules = decided(availability, view, head, model);
  // What a rule forbids stays forbidden, however it is asked for.
  if (byRules.action === "block") {
    return { reason: "blocked", message: `rule ${byRules.rule ?? ""} of the configuration blocks this call` };
  }
  if (via !== null) return named(tools, view, via, model);
  if (byRules.action === "reroute") return { ...byRules, fallback: "error" };
  if (byRules.action === "refuse") return { reason: "target", message: byRules.error.message };
  return atHome(tools, view, asked);
}

/** To what somebody named; a provider alone is asked for the model of the call. */
function named(tools: Tools, view: View, via: string, model: string | null): Named | ReplayRefusal {
  const provider = providerId(view.config.providers, via);
  const isAlone = provider !== null && !Object.hasOwn(view.config.aliases, via);
  if (isAlone && model === null)
    return { reason: "target", message: `the call names no model for ${provider}: name one` };
  const to = isAlone ? `${provider}/${model ?? ""}` : via;
  const { targets, combo, notes } = targetsOf(view.config, to, model, tools.availability());
  if (targets.length === 0) {
    const said = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
    return { reason: "target", message: `nothing that is named ${via} can be asked${said}` };
  }
  return {
    action: "reroute",
    rule: null,
    to,
    combo,
    targets,
    fallback: "error",
    why: [
      { stage: "rule", text: `sent to ${to}, as it was asked for` },
      ...notes.map((text) => ({ stage: "target", text }) as const),
    ],
  };
}

/**
 * No rule wants it, so it went to its own provider with the client's own login. That was masked before it was stored; an
 * account of ours for the same provider may stand in.
 */
function atHome(tools: Tools, view: View, { head, model, format }: Asked): Named | ReplayRefusal {
  const availability = tools.availability();
  const { config, providers } = view;
  const living = Object.entries(config.providers).filter(
    ([id, { endpoint, moreEndpoints }]) =>
      [endpoint, ...moreEndpoints].some((url) => hostOf(url) === head.host) &&
      (format === null || providers.get(id)?.format === format),
  );
  const usable = living.find(([id, { enabled }]) => enabled && availability.isUsable(id));
  if (usable !== undefined && model !== null) {
    const [id] = usable;
    const { targets, notes } = targetsOf(config, `${id}/${model}`, model, availability);
    if (targets.length > 0) {
      return {
        action: "reroute",
        rule: null,
        to: `${id}/${model}`,
        combo: null,
        targets,
        fallback: "error",
        why: [
          {
            stage: "rule",
            text: `no rule matches: to ${id}, which is at home at ${head.host}, with an account of our own`,
          },
          ...notes.map((text) => ({ stage: "target", text }) as const),
        ],
      };
    }
  }
  const provider = living[0]?.[0];
  return {
    reason: "login",
    message:
      `it went to ${head.host} with the client's own login, which is masked before a call is stored and cannot be used again; ` +
      (provider === undefined
        ? "a rule or a target (via) must say where it goes now"
        : `it takes an account of ${provider}, or a rule or a target (via) that says where it goes now`),
    ...(provider === undefined ? {} : { provider }),
  };
}

/** Null for servers on this machine: many live there, and a flow does not say at which port. */
function hostOf(url: string): string | null {
  const { hostname } = new URL(url);
  return isLoopback(hostname) ? null : hostname;
}
