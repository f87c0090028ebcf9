/** Where the name of a model leads at the gateway, and which names there are. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { own } from "../../src/base/json.ts";
import { type Answer, openApi } from "../support/api.ts";
import {
  answerText,
  chatBody,
  type GatewayBench,
  geminiBody,
  keys,
  messageOf,
  messagesBody,
  startGatewayBench,
  version,
} from "../support/gateway-bench.ts";
import { field } from "../support/provider-turn.ts";

let bench: GatewayBench;
beforeAll(async () => {
  bench = await startGatewayBench();
});
afterAll(() => bench.stage.close());

describe("a model's name", () => {
  it.each<[string, string, string, string]>([
    ["provider/model", "local/some/model", "local", "some/model"],
    ["a mapped name", "local/gpt-4", "local", "my-large"],
    ["a second name of the provider", "ollama/llama3", "ollama-local", "llama3"],
    ["a prefix", "team/some-model", "local", "some-model"],
    ["a rule that fits", "ruled-model", "local", "by-rule"],
    ["a bare name that one provider maps", "gpt-4", "local", "my-large"],
  ])("%s", async (_name, model, provider, upstream) => {
    const before = bench.chat.seen.length;
    const answer = await bench.api.keyed("/v1/chat/completions", { body: chatBody(model) });
    expect(answer.text).toContain(answerText);
    expect(bench.chat.seen.length).toBe(before + 1);
    expect(field(bench.chat.seen.at(-1)?.body, "model")).toBe(upstream);
    if (model.startsWith("team/")) expect(bench.chat.seen.at(-1)?.headers).toContain(`Bearer ${keys.team}`);
    const flow = (await bench.flows()).findLast((each) => each.model.asked === model);
    expect(flow).toMatchObject({ action: "reroute", provider, host: "127.0.0.1", status: 200 });
  });

  it("an alias, a wildcard, a combo and its fallback", async () => {
    expect((await bench.api.keyed("/v1/chat/completions", { body: chatBody("sonnet") })).text).toContain(answerText);
    expect(field(bench.anthropic.seen.at(-1)?.body, "model")).toBe("claude-sonnet-9");
    expect((await bench.api.keyed("/v1/chat/completions", { body: chatBody("everyone") })).status).toBe(200);
    expect(bench.gemini.seen.at(-1)?.path).toContain("/models/gemini-listed:");
    for (const name of ["*/gemini-listed", "wild-one"]) {
      const before = bench.gemini.seen.length;
      expect((await bench.api.keyed("/v1/chat/completions", { body: chatBody(name) })).status).toBe(200);
      expect(bench.gemini.seen.slice(before).map(({ path }) => path)).toEqual([
        expect.stringContaining("/models/gemini-listed:"),
      ]);
    }
    bench.anthropic.answerWith((asked) =>
      asked.model === "claude-one"
        ? { type: "error", status: 529, message: "Overloaded" }
        : { type: "text", text: answerText },
    );
    for (const name of ["combo/duo", "duo"]) {
      const answer = await bench.api.keyed("/v1/messages", { headers: version, body: messagesBody(name) });
      expect(answer.text).toContain(answerText);
      expect(field(bench.chat.seen.at(-1)?.body, "model")).toBe("second");
    }
    const flow = (await bench.flows()).findLast((each) => each.model.asked === "combo/duo");
    expect(flow).toMatchObject({ combo: "duo", provider: "local" });
    expect(flow?.attempts.map(({ status }) => status)).toEqual([529, 200]);
    expect(JSON.stringify(flow)).toContain("capacity");
  });

  const openai = { error: { type: "invalid_request_error", code: "model_not_found" } };
  const claude = { type: "error", error: { type: "not_found_error" } };
  const google = { error: { code: 404, status: "NOT_FOUND" } };
  it.each<[string, object, object]>([
    ["/v1/chat/completions", chatBody("nobody-has-this"), openai],
    ["/v1/responses", { model: "nobody-has-this", input: "hi" }, openai],
    ["/v1/messages", messagesBody("nobody-has-this"), claude],
    ["/v1/messages/count_tokens", messagesBody("nobody-has-this"), claude],
    ["/v1beta/models/nobody-has-this:generateContent", geminiBody, google],
    ["/v1/embeddings", { model: "nobody-has-this", input: "a" }, openai],
    ["/v1/images/generations", { model: "nobody-has-this", prompt: "a" }, openai],
  ])("that nobody serves is a 404 at %s, in the dialect", async (path, body, shape) => {
    const answer = await bench.api.keyed(path, { body });
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject(shape);
    expect(messageOf(answer)).toContain("no providers support model: nobody-has-this");
  });

  it("of a model that is left out, a provider that is off, or one that a rule forbids", async () => {
    const before = bench.chat.seen.length;
    const left = await bench.api.keyed("/v1/chat/completions", { body: chatBody("local/dear-model") });
    expect([left.status, messageOf(left)]).toEqual([404, expect.stringContaining("excluded_models")]);
    const off = await bench.api.keyed("/v1/chat/completions", { body: chatBody("off/model") });
    expect([off.status, messageOf(off)]).toEqual([503, expect.stringContaining("disabled")]);
    for (const path of ["/v1/chat/completions", "/v1/providers/local/chat/completions"]) {
      const blocked = await bench.api.keyed(path, { body: chatBody("forbidden-model") });
      expect([blocked.status, messageOf(blocked)]).toEqual([403, expect.stringContaining("rule 3")]);
    }
    expect(bench.chat.seen.length).toBe(before);
  });

  it.each([
    ["no model", { messages: [] }, "names no model"],
    ["a way out of the folder", chatBody("local/../x"), '".." is not allowed'],
    ["control characters", chatBody("local/a\u0000b"), "control characters are not allowed"],
    ["no JSON", '{"model": "local/m"', "not JSON"],
    ["no object", "[]", "not a JSON object"],
  ])("%s is a 400", async (_name, body, words) => {
    const answer = await bench.api.keyed("/v1/chat/completions", { body });
    expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining(words)]);
    expect(answer.text).not.toContain('local/m"');
  });

  it("what is no call and no question is a 404 or a 405, whatever its path", async () => {
    expect((await bench.api.keyed("/v1/nothing")).status).toBe(404);
    expect((await bench.api.keyed("//")).status).toBe(404);
    expect((await bench.api.keyed("//evil.example/v1/models")).status).toBe(404);
    expect((await bench.api.keyed("/v1/providers/%zz")).status).toBe(400);
    expect((await bench.api.keyed("/v1/providers/%zz/chat/completions", { body: chatBody("m") })).status).toBe(404);
    expect((await bench.api.keyed("/v1/models", { body: {} })).status).toBe(405);
    expect((await bench.api.keyed("/v1/chat/completions")).status).toBe(405);
    // A call by its headers only: telemetry looks like that.
    const before = (await bench.flows()).length;
    expect((await bench.api.keyed("/api/event_logging/batch", { headers: version, body: {} })).status).toBe(404);
    expect((await bench.flows()).length).toBe(before);
  });
});

describe("/v1/providers/NAME/…", () => {
  it("asks that provider, by any of its names, with or without the name before the model", async () => {
    for (const [path, model] of [
      ["local", "gpt-4"],
      ["local", "local/gpt-4"],
      ["ollama", "llama3"],
      ["ollama-local", "ollama/llama3"],
      ["ollama", "ollama-local/llama3"],
    ] as const) {
      const answer = await bench.api.keyed(`/v1/providers/${path}/chat/completions`, { body: chatBody(model) });
      expect(answer.text).toContain(answerText);
      expect(field(bench.chat.seen.at(-1)?.body, "model")).toBe(path === "local" ? "my-large" : "llama3");
    }
    const vector = await bench.api.keyed("/v1/providers/pics/embeddings", { body: { model: "e", input: "a" } });
    expect(vector.json).toMatchObject({ object: "list" });
    const image = await bench.api.keyed("/v1/providers/pics/images/generations", { body: { model: "d", prompt: "a" } });
    expect(image.status).toBe(200);
    const message = await bench.api.keyed("/v1/providers/anthro/messages", {
      headers: version,
      body: messagesBody("m"),
    });
    expect(message.json).toMatchObject({ type: "message" });
  });

  it("refuses models that are none of its own", async () => {
    const asked = [
      ["local", "anthro/claude-x", "no providers support model: anthro/claude-x"],
      ["goog", "gemini-other", "no providers support model: gemini-other"],
      ["local", "dear-model", "excluded_models"],
      ["nobody", "m", "provider not found: nobody"],
      ["off", "m", "provider off is switched off"],
    ] as const;
    const before = [bench.chat, bench.anthropic, bench.gemini].map(({ seen }) => seen.length);
    for (const [provider, model, words] of asked) {
      for (const call of ["chat/completions", "embeddings", "images/generations"]) {
        const body = { ...chatBody(model), input: "a", prompt: "a" };
        const answer = await bench.api.keyed(`/v1/providers/${provider}/${call}`, { body });
        expect([answer.status, messageOf(answer)]).toEqual([404, expect.stringContaining(words)]);
      }
    }
    expect([bench.chat, bench.anthropic, bench.gemini].map(({ seen }) => seen.length)).toEqual(before);
  });

  it("github is copilot, which has no account here", async () => {
    expect((await bench.api.keyed("/v1/providers/github")).json).toMatchObject({ id: "copilot" });
    const answer = await bench.api.keyed("/v1/providers/github/chat/completions", { body: chatBody("gpt-4o") });
    expect([answer.status, messageOf(answer)]).toEqual([503, expect.stringContaining("copilot has no usable account")]);
  });
});

describe("lists of models", () => {
  const ids = (answer: Answer): unknown[] => (own(answer.json, "data") as object[]).map((one) => own(one, "id")); // a list

  it("in OpenAI's shape: what can be asked for now", async () => {
    const answer = await bench.api.keyed("/v1/models");
    expect(ids(answer)).toEqual(expect.arrayContaining(["sonnet", "combo/duo", "goog/gemini-listed", "local/gpt-4"]));
    expect(ids(answer)).not.toContain("claude/claude-3-opus");
    const row = { object: "model", owned_by: "goog", max_tokens: 1000, usable: true };
    expect(own(answer.json, "data")).toContainEqual(expect.objectContaining({ id: "goog/gemini-listed", ...row }));
    expect(ids(await bench.api.keyed("/v1/models?provider=goog"))).toEqual(["everyone", "goog/gemini-listed"]);
    expect(ids(await bench.api.keyed("/v1/models?provider=claude"))).toContain("claude/claude-3-opus");
    expect((await bench.api.keyed("/v1/models?provider=nobody")).status).toBe(404);
  });

  it("in Anthropic's, for those who name its version", async () => {
    const answer = await bench.api.keyed("/v1/models?limit=1000", { headers: version });
    expect(answer.json).toMatchObject({ has_more: false, first_id: expect.any(String) });
    expect(own(answer.json, "data")).toContainEqual(
      expect.objectContaining({ type: "model", id: "sonnet", display_name: "sonnet" }),
    );
    expect((await bench.api.keyed("/v1/models/combo/duo", { headers: version })).json).toMatchObject({
      type: "model",
      id: "combo/duo",
    });
    const missing = await bench.api.keyed("/v1/models/no/such", { headers: version });
    expect([missing.status, missing.json]).toEqual([404, expect.objectContaining({ type: "error" })]);
  });

  it("in Google's, at its address", async () => {
    const answer = await bench.api.keyed("/v1beta/models");
    expect(own(answer.json, "models")).toContainEqual(
      expect.objectContaining({ name: "models/goog/gemini-listed", inputTokenLimit: 1000 }),
    );
    const one = await bench.api.keyed("/v1beta/models/goog/gemini-listed");
    expect(one.json).toMatchObject({ name: "models/goog/gemini-listed" });
    const missing = await bench.api.keyed("/v1beta/models/none");
    expect([missing.status, missing.json]).toEqual([404, { error: expect.objectContaining({ status: "NOT_FOUND" }) }]);
  });

  it("of one, whose name may hold slashes", async () => {
    for (const path of [
      "/v1/models/goog/gemini-listed",
      "/v1/models/goog%2Fgemini-listed",
      "/v1/models/gemini-listed",
    ]) {
      expect((await bench.api.keyed(path)).json).toMatchObject({
        id: "goog/gemini-listed",
        object: "model",
        provider: "goog",
      });
    }
    expect((await bench.api.keyed("/v1/models/no/such/model")).json).toMatchObject({
      error: { code: "model_not_found" },
    });
  });

  it("asked of the providers again when that is wished", async () => {
    const before = bench.anthropic.seen.length;
    await bench.api.keyed("/v1/models?refresh=1");
    expect(bench.anthropic.seen.slice(before).map(({ path }) => path)).toEqual(["/v1/models?limit=1000"]);
  });
});
describe("force_model_prefix", () => {
  it("leaves only names with a provider or a prefix", async () => {
    const forced = await bench.stage.startCore({
      config: {
        providers: {
          local: { type: "openai-compatible", endpoint: `${bench.chat.url}/v1`, model_mappings: { m: "m" } },
        },
        accounts: [{ provider: "local", name: "main", api_key: keys.chat }],
        settings: { force_model_prefix: true },
      },
    });
    const other = await openApi(forced.home);
    const bare = await other.keyed("/v1/chat/completions", { body: chatBody("m") });
    expect([bare.status, messageOf(bare)]).toEqual([404, expect.stringContaining("force_model_prefix")]);
    expect((await other.keyed("/v1/chat/completions", { body: chatBody("local/m") })).status).toBe(200);
  });
});
