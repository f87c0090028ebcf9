/** Embeddings and images through the whole engine: which of them are wanted, where they go, and how they are told no. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { keys } from "./__fixtures__/config.ts";
import { clientOf } from "./__fixtures__/clients.ts";
import { createRig, json, type Asked, type Play } from "./__fixtures__/rig.ts";

const providers = `
providers: { local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000", auth_type: none } }
accounts: [{ provider: openai, name: a, api_key: "\${A}" }]
`;
const toOpenAi = `${providers}routes: [{ match: { model: "text-embedding-*" }, to: openai/text-embedding-3-small }]`;
const toLocal = `${providers}routes: [{ to: local/bge-m3 }]`;
const asked: Asked = { ...clientOf("openai-chat").asked(false), target: "/v1/embeddings" };
const question = { model: "text-embedding-ada-002", input: "words" };
const reply = `{ "object":"list", "data":[{"object":"embedding","index":0,"embedding":[0.10,-2e-3]}], "model":"text-embedding-3-small", "usage":{"prompt_tokens":3,"total_tokens":3} }`;
const neverAsked: Play = () => {
  throw new Error("no upstream should have been asked");
};
const openAiError = (text: string): string | null => clientOf("openai-chat").errorIn(text);

describe("embeddings that a rule names", () => {
  it("go to its target with the stored key, and the flow says so", async () => {
    const rig = createRig(toOpenAi, () => json(200, reply));
    const answer = await rig.ask({ ...asked, body: question });
    expect(answer).toMatchObject({ status: 200, text: reply });
    expect(rig.sent[0]?.url).toBe("https://api.openai.com/v1/embeddings");
    expect(rig.sent[0]?.json).toEqual({ model: "text-embedding-3-small", input: "words" });
    expect(headerValue(rig.sent[0]?.request.headers ?? [], "authorization")).toBe(`Bearer ${keys.A}`);
    expect(JSON.stringify(rig.sent[0]?.request.headers)).not.toContain("sk-client-own-key");
    expect(rig.why().slice(0, 2)).toEqual([
      "embeddings in openai's dialect",
      "rule 1 matches: to openai/text-embedding-3-small",
    ]);
    expect(rig.fact("described").some(({ action }) => action === "reroute")).toBe(true);
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 3, output: 0 } }]);
    expect(rig.fact("attempt-ended")).toEqual([{ type: "attempt-ended", status: 200 }]);
  });

  it("may come packed", async () => {
    const rig = createRig(toLocal, () => json(200, reply));
    const headers = [...(asked.headers ?? []), ["content-encoding", "gzip"]] as const;
    const answer = await rig.ask({ ...asked, headers, raw: gzipSync(JSON.stringify(question)) });
    expect(answer.status).toBe(200);
    expect(rig.sent[0]?.json).toEqual({ model: "bge-m3", input: "words" });
  });

  it("are wanted wherever they are asked for, once a rule may want them", () => {
    const { engine } = createRig(toOpenAi, neverAsked);
    const head = {
      scheme: "https",
      port: 443,
      headers: [],
      client: "node",
      protocol: "http/1.1",
      authorized: true,
    } as const;
    expect(engine.wants({ ...head, method: "POST", host: "llm.corp.example", target: "/v1/embeddings" })).toBe(true);
    expect(engine.wants({ ...head, method: "GET", host: "api.openai.com", target: "/v1/embeddings" })).toBe(false);
    const { engine: none } = createRig(providers, neverAsked);
    expect(none.wants({ ...head, method: "POST", host: "api.openai.com", target: "/v1/embeddings" })).toBe(false);
  });
});

describe("embeddings that no rule names", () => {
  it.each([
    ["for another model", toOpenAi, { model: "nomic-embed", input: "words" }],
    ["where a rule passes through", `${providers}routes: [{ to: passthrough }]`, question],
    ["without any rule", providers, question],
  ])("are handed back untouched: %s", async (_, yaml, body) => {
    const rig = createRig(yaml, neverAsked);
    expect((await rig.ask({ ...asked, body })).passed).toBe(true);
  });

  it("go on to the original provider after a failure where their rule says so", async () => {
    const rig = createRig(`${providers}routes: [{ to: local/bge-m3, fallback: passthrough }]`, () => {
      throw new UpstreamError("refused", "connect", "nobody listens");
    });
    expect((await rig.ask({ ...asked, body: question })).passed).toBe(true);
    expect(rig.why("fallback")).toEqual(["no target answered (network): on to the original provider"]);
  });
});

describe("embeddings that fail", () => {
  it.each<[string, string, Asked, number, string]>([
    ["a body that is not JSON", toLocal, { raw: Buffer.from("{") }, 400, "not JSON"],
    ["a body without anything to embed", toLocal, { body: { model: "x" } }, 400, "input"],
    ["a body beyond every bound", toLocal, { raw: Buffer.alloc(33 * 1024 * 1024, 0x20) }, 413, "larger than"],
    ["a rule that blocks", "routes: [{ to: block }]", { body: question }, 403, "blocks this call"],
    ["a provider without an account", "routes: [{ to: openai/x }]", { body: question }, 503, "no usable account"],
    ["a stored key for a stranger", toOpenAi, { body: question, authorized: false }, 407, "proxy token"],
  ])("say so in OpenAI's shape: %s", async (_, yaml, more, status, words) => {
    const answer = await createRig(yaml, neverAsked).ask({ ...asked, ...more });
    expect(answer.status).toBe(status);
    expect(openAiError(answer.text)).toContain(words);
  });

  it("pass on what their provider said, and its wait", async () => {
    const error = { error: { message: "slow down", type: "requests", param: null, code: "rate_limit_exceeded" } };
    const rig = createRig(toOpenAi, () => json(429, error, [["retry-after", "3"]]));
    const answer = await rig.ask({ ...asked, body: question });
    expect(answer.status).toBe(429);
    expect(openAiError(answer.text)).toBe("slow down");
    expect(headerValue(answer.headers, "retry-after")).toBe("3");
  });

  it("say so in Google's shape to its clients", async () => {
    const gemini = clientOf("gemini");
    const call = { ...gemini.asked(false), target: "/v1beta/models/gemini-embedding-001:embedContent" };
    const rig = createRig("routes: [{ to: openai/text-embedding-3-small }]", neverAsked);
    const answer = await rig.ask({ ...call, body: { content: { parts: [{ text: "words" }] } } });
    expect(answer.status).toBe(503);
    expect(gemini.errorIn(answer.text)).toContain("no usable account");
  });
});

describe("images", () => {
  it("go to the target like embeddings", async () => {
    const drawn = { created: 1, data: [{ b64_json: "iVBORw0KGgo=" }] };
    const rig = createRig(`${providers}routes: [{ to: local/flux }]`, () => json(200, drawn));
    const target = "/v1/images/generations";
    const answer = await rig.ask({ ...asked, target, body: { model: "gpt-image-1", prompt: "a cat" } });
    expect(rig.sent[0]?.url).toBe("http://127.0.0.1:8000/v1/images/generations");
    expect(rig.sent[0]?.json).toMatchObject({ model: "flux", prompt: "a cat" });
    expect(JSON.parse(answer.text)).toMatchObject(drawn);
  });
});
