/** Plans of calls that are made again, and what comes of them, without sockets. */
import { describe, expect, it } from "vitest";
import type { ExchangeHead } from "../../base/exchange.ts";
import type { FlowFact, FlowTap } from "../../base/flow.ts";
import { textFormatIds } from "../formats/format.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, gather, json, type Rig } from "./__fixtures__/rig.ts";
import { chatWhole, claudeWhole } from "./__fixtures__/wire.ts";
import type { ReplayOrder } from "./replay.ts";

const providers = `
providers:
  local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' }
  mirror: { type: anthropic-compatible, endpoint: 'https://api.anthropic.com', auth_type: api_key, enabled: false }
`;

function orderOf(format: (typeof textFormatIds)[number], more: Partial<ReplayOrder> = {}): ReplayOrder {
  const { host = "", target = "", headers = [], body } = callOf(format, false);
  const head: ExchangeHead = {
    method: "POST",
    scheme: "https",
    host,
    port: 443,
    target,
    headers,
    client: "unknown",
    protocol: "http/1.1",
    authorized: true,
  };
  return { head, body: Buffer.from(JSON.stringify(body)), via: null, model: null, ...more };
}

interface Made {
  readonly status: number;
  readonly text: string;
  readonly facts: readonly FlowFact[];
  readonly why: readonly string[];
}

async function make(rig: Rig, order: ReplayOrder): Promise<Made> {
  const plan = await rig.engine.planReplay(order);
  if (!plan.ok) throw new Error(plan.refusal.message);
  const facts: FlowFact[] = [];
  const tap: FlowTap = { id: "replay-1", head: () => {}, chunk: () => {}, tell: (fact) => facts.push(fact) };
  const reply = await plan.run(tap, new AbortController().signal);
  const text = Buffer.concat(await gather(reply.body)).toString();
  const why = facts.flatMap((fact) => (fact.type === "why" ? [fact.step.text] : []));
  return { status: reply.status, text, facts, why };
}

const refusalOf = async (rig: Rig, order: ReplayOrder): Promise<unknown> => {
  const plan = await rig.engine.planReplay(order);
  return plan.ok ? null : plan.refusal;
};
const whole = () => json(200, chatWhole);

describe("a call that is made again", () => {
  it.each(textFormatIds)("goes to a named target and is answered in the words of %s", async (format) => {
    const rig = createRig(providers, whole);
    const made = await make(rig, orderOf(format, { via: "local/m" }));
    expect(made.status).toBe(200);
    expect(made.text).toContain("Hello");
    expect(rig.sent[0]?.json["model"]).toBe("m");
    expect(made.why).toContain("sent to local/m, as it was asked for");
  });

  it.each(textFormatIds)("asks for another model, wherever %s names it", async (format) => {
    const rig = createRig(`${providers}\nroutes: [{ match: { model: "new-*" }, to: local/x }]`, whole);
    const order = orderOf(format, { model: "new-model" });
    const plan = await rig.engine.planReplay(order);
    if (!plan.ok) throw new Error(plan.refusal.message);
    expect(plan.head.target + Buffer.from(plan.body).toString()).toContain("new-model");
    const made = await make(rig, order);
    expect(made.facts).toContainEqual(expect.objectContaining({ type: "described", model: { asked: "new-model" } }));
  });

  it("follows the rules of now, in which a fallback to the client's own login has no place", async () => {
    const rig = createRig(`${providers}\nroutes: [{ to: local/x, fallback: passthrough }]`, () => json(500, {}));
    const made = await make(rig, orderOf("claude"));
    expect(made.status).toBe(500);
    expect(rig.sent.length).toBeGreaterThan(0);
    expect(made.why).not.toContainEqual(expect.stringContaining("original provider"));
  });

  it("is really asked for, though it could be answered here", async () => {
    const rig = createRig(
      `${providers}\nroutes: [{ to: local/x }]\nsettings: { dedupe: { enabled: true, window_ms: 60000 } }`,
      whole,
    );
    const warmup = { model: "claude-x", max_tokens: 1, messages: [{ role: "user", content: "Warmup" }] };
    const order = orderOf("claude", { body: Buffer.from(JSON.stringify(warmup)) });
    await make(rig, order);
    await make(rig, order);
    expect(rig.sent).toHaveLength(2);
  });

  it("goes home with an account of ours, where no rule wants it", async () => {
    const rig = createRig(`accounts: [{ provider: claude, api_key: "\${A}" }]`, () => json(200, claudeWhole));
    const made = await make(rig, orderOf("claude"));
    expect(made.status).toBe(200);
    expect(rig.sent[0]?.url).toBe("https://api.anthropic.com/v1/messages");
    expect(rig.sent[0]?.json["model"]).toBe("claude-sonnet-4-5");
    expect(made.why).toContainEqual(
      "no rule matches: to claude, which is at home at api.anthropic.com, with an account of our own",
    );
  });

  it("of embeddings goes to a named target, too", async () => {
    const rig = createRig(providers, () =>
      json(200, { object: "list", data: [{ object: "embedding", index: 0, embedding: [1] }], model: "e", usage: {} }),
    );
    const order = orderOf("openai-chat", { via: "local/e", body: Buffer.from('{"model":"old","input":"hi"}') });
    const made = await make(rig, { ...order, head: { ...order.head, target: "/v1/embeddings" } });
    expect(made.status).toBe(200);
    expect(rig.sent[0]?.json["model"]).toBe("e");
  });
});

describe("a call that is not made again", () => {
  it("needs the login of its client, of which nobody kept anything", async () => {
    const rig = createRig(providers, whole);
    expect(await refusalOf(rig, orderOf("claude"))).toMatchObject({ reason: "login", provider: "claude" });
    const elsewhere = orderOf("openai-chat");
    const unknown = { ...elsewhere, head: { ...elsewhere.head, host: "llm.example" } };
    const refusal = await refusalOf(rig, unknown);
    expect(refusal).toMatchObject({ reason: "login", message: expect.stringContaining("must say where it goes") });
    expect(refusal).not.toHaveProperty("provider");
    expect(rig.sent).toEqual([]);
  });

  it.each(["nobody/x", "combo/none"])("has a target that is nobody: %s", async (via) => {
    const rig = createRig(`${providers}\nsettings: { force_model_prefix: true }`, whole);
    expect(await refusalOf(rig, orderOf("claude", { via }))).toMatchObject({ reason: "target" });
  });

  it("is blocked by a rule, whatever is named", async () => {
    const rig = createRig(`${providers}\nroutes: [{ match: { model: "claude-*" }, to: block }]`, whole);
    expect(await refusalOf(rig, orderOf("claude", { via: "local/m" }))).toMatchObject({ reason: "blocked" });
    expect(await refusalOf(rig, orderOf("claude", { via: "local/m", model: "gpt-4" }))).toBeNull();
  });

  it.each([
    ["GET", "/v1/models", "{}"],
    ["POST", "/v1/files", "{}"],
    ["POST", "/v1/messages", "not json"],
    ["POST", "/v1/embeddings", "["],
  ])("is none: %s %s with %s", async (method, target, body) => {
    const rig = createRig(providers, whole);
    const order = orderOf("claude", { via: "local/m", body: Buffer.from(body) });
    const refusal = await refusalOf(rig, { ...order, head: { ...order.head, method, target } });
    expect(refusal).toMatchObject({ reason: "call" });
  });

  it("names no model, and a provider alone was asked for", async () => {
    const rig = createRig(providers, whole);
    const order = orderOf("claude", { via: "local", body: Buffer.from('{"messages":[]}') });
    expect(await refusalOf(rig, order)).toMatchObject({
      reason: "target",
      message: expect.stringContaining("no model"),
    });
  });
});
