/** Clients of four dialects, through a real core, to a strict fake of Kiro's service at its own addresses. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { resolvePaths } from "../../src/base/paths.ts";
import { own } from "../../src/base/json.ts";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeKiroAuth, type FakeKiroAuth } from "../support/fake-auth/kiro.ts";
import { writeRecord } from "../support/fake-backends-logins.ts";
import { startFakeBackends, type FakeBackends } from "../support/fake-backends.ts";
import {
  kiroCall,
  kiroEnd,
  kiroEvent,
  kiroException,
  kiroHello,
  kiroText,
  startFakeKiro,
  type FakeKiro,
  type KiroTurn,
} from "../support/fake-kiro.ts";
import { createStage, type Stage } from "../support/fixture.ts";
import { within } from "../support/wait.ts";

const stage: Stage = createStage();
const q = "q.us-east-1.amazonaws.com";
const codewhisperer = "codewhisperer.us-east-1.amazonaws.com";
const runtime = "runtime.us-east-1.kiro.dev";
const europe = "q.eu-central-1.amazonaws.com";
const hour = 3_600_000;

let auth: FakeKiroAuth;
let kiro: FakeKiro;
let core: CoreProcess;
let control: ControlClient;
let backends: FakeBackends;
let clientKey = "";

beforeAll(async () => {
  auth = stage.opened.add(await startFakeKiroAuth());
  kiro = stage.opened.add(await startFakeKiro({ isGood: (token) => auth.isGood(token) || token === "ksk_fake-key" }));
  const hosts = [q, codewhisperer, runtime, europe].map((host) => ({ host, port: () => kiro.port }));
  const login = { host: "prod.us-east-1.auth.desktop.kiro.dev", port: () => auth.port };
  backends = stage.opened.add(await startFakeBackends(stage.ca, [...hosts, login]));
  core = await stage.startCore({ dial: backends.dial });
  control = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));
  ({ clientKey } = await control.secrets());
}, 90_000);
afterAll(() => stage.close());
beforeEach(() => kiro.answerWith(kiroHello));

/** The one login there is, from now on. */
async function login(more: { readonly expiresInMs?: number; readonly facts?: Record<string, string> } = {}) {
  const { accessToken, refreshToken } = auth.issue();
  const facts = { authMethod: "social", profileArn: auth.profileArn, region: "us-east-1", ...more.facts };
  const { expiresInMs = hour } = more;
  writeRecord(core.home, {
    provider: "kiro",
    name: "me",
    access: accessToken,
    refresh: refreshToken,
    extra: {},
    facts,
    expiresInMs,
  });
  await control.reloadAccounts();
  return { accessToken, refreshToken };
}

function post(path: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${clientKey}` };
  const asked = fetch(`${core.url}${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  return within(`an answer at ${path}`, asked, 30_000);
}

const model = "kiro/claude-sonnet-4.6";
const parameters = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
const png = "iVBORw0KGgo=";

interface Dialect {
  readonly name: string;
  readonly ask: (stream: boolean) => readonly [path: string, body: object];
  /** Says, asks with a picture, is answered with a call, and hands in its result. */
  readonly tools: (stream: boolean) => readonly [path: string, body: object];
}

const dialects: readonly Dialect[] = [
  {
    name: "openai-chat",
    ask: (stream) => ["/v1/chat/completions", { model, stream, messages: [{ role: "user", content: "Say hello." }] }],
    tools: (stream) => [
      "/v1/chat/completions",
      {
        model,
        stream,
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "Look." },
              { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
            ],
          },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: '{"path":"a"}' } }],
          },
          { role: "tool", tool_call_id: "call_1", content: "a file" },
        ],
        tools: [{ type: "function", function: { name: "look", parameters } }],
      },
    ],
  },
  {
    name: "openai-responses",
    ask: (stream) => ["/v1/responses", { model, stream, store: false, input: "Say hello." }],
    tools: (stream) => [
      "/v1/responses",
      {
        model,
        stream,
        store: false,
        instructions: "Be brief.",
        input: [
          {
            role: "user",
            content: [
              { type: "input_text", text: "Look." },
              { type: "input_image", image_url: `data:image/png;base64,${png}` },
            ],
          },
          { type: "function_call", call_id: "call_1", name: "look", arguments: '{"path":"a"}' },
          { type: "function_call_output", call_id: "call_1", output: "a file" },
        ],
        tools: [{ type: "function", name: "look", parameters }],
      },
    ],
  },
  {
    name: "claude",
    ask: (stream) => [
      "/v1/messages",
      { model, stream, max_tokens: 64, messages: [{ role: "user", content: "Say hello." }] },
    ],
    tools: (stream) => [
      "/v1/messages",
      {
        model,
        stream,
        max_tokens: 64,
        system: "Be brief.",
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Look." },
              { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
            ],
          },
          { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "look", input: { path: "a" } }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "a file" }] },
        ],
        tools: [{ name: "look", input_schema: parameters }],
      },
    ],
  },
  {
    name: "gemini",
    ask: (stream) => [geminiPath(stream), { contents: [{ role: "user", parts: [{ text: "Say hello." }] }] }],
    tools: (stream) => [
      geminiPath(stream),
      {
        systemInstruction: { parts: [{ text: "Be brief." }] },
        contents: [
          { role: "user", parts: [{ text: "Look." }, { inlineData: { mimeType: "image/png", data: png } }] },
          { role: "model", parts: [{ functionCall: { name: "look", args: { path: "a" } } }] },
          { role: "user", parts: [{ functionResponse: { name: "look", response: { output: "a file" } } }] },
        ],
        tools: [{ functionDeclarations: [{ name: "look", parameters }] }],
      },
    ],
  },
];

function geminiPath(stream: boolean): string {
  return `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`;
}

const lastAsked = () => {
  const last = kiro.asked.at(-1);
  if (last === undefined) throw new Error("nobody asked");
  return last;
};
const stateOf = (body: unknown): unknown => own(body, "conversationState");
const currentOf = (body: unknown): unknown => own(own(stateOf(body), "currentMessage"), "userInputMessage");
const steps = (...frames: readonly (Uint8Array | readonly Uint8Array[])[]): KiroTurn => ({
  type: "stream",
  steps: frames.flatMap((one) => (one instanceof Uint8Array ? [one] : one)),
});

describe.each(dialects)("a $name client", ({ ask, tools }) => {
  it.each([true, false])("is answered with text, stream: %s", async (stream) => {
    await login();
    const reply = await post(...ask(stream));
    const text = await reply.text();
    expect([reply.status, text]).toEqual([200, expect.anything()]);
    expect(text).toContain("Hello from ");
    expect(text).toContain("the fake provider.");
    const { rule, host, headers, body } = lastAsked();
    expect([rule, host]).toEqual([null, q]);
    expect(headers["user-agent"]).toBe("Switchyard/1");
    expect(headers["tokentype"]).toBeUndefined();
    expect(body["profileArn"]).toBe(auth.profileArn);
    expect(currentOf(body)).toMatchObject({ modelId: "claude-sonnet-4.6" });
  });

  it.each([true, false])("has its tools called, its results and pictures understood, stream: %s", async (stream) => {
    await login();
    kiro.answerWith(
      steps(kiroText("Looking."), kiroCall("tooluse_1", "look", { path: 'b/"ü".ts' }), kiroEnd("TOOL_USE")),
    );
    const reply = await post(...tools(stream));
    const text = await reply.text();
    expect([reply.status, text]).toEqual([200, expect.anything()]);
    expect(text).toContain("look");
    const { rule, body } = lastAsked();
    expect(rule).toBeNull();
    const history = own(stateOf(body), "history");
    expect(history).toMatchObject([
      { userInputMessage: { content: "Be brief.\n\nLook.", images: [{ format: "png", source: { bytes: png } }] } },
      { assistantResponseMessage: { toolUses: [{ name: "look", input: { path: "a" } }] } },
    ]);
    expect(currentOf(body)).toMatchObject({
      userInputMessageContext: {
        tools: [{ toolSpecification: { name: "look" } }],
        toolResults: [{ status: "success" }],
      },
    });
    expect(JSON.stringify(own(currentOf(body), "userInputMessageContext"))).toContain("a file");
    expect(argumentsIn(text)).toContain('b/"ü".ts');
  });

  it("is told an error in its own dialect, before the stream and in it", async () => {
    await login();
    const message = "Input is too long.";
    kiro.answerWith({ type: "error", status: 400, body: { message, reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD" } });
    const before = await post(...ask(true));
    expect(before.status).toBe(400);
    expect(await before.text()).toMatch(/too long|context/i);
    const exception = kiroException("throttlingException", { message: "Slow down.", reason: null });
    kiro.answerWith({ type: "stream", steps: [kiroText("Half"), { silentMs: 50 }, exception] });
    const after = await post(...ask(true));
    const text = await after.text();
    expect(text).toContain("Half");
    expect(text).toContain("Slow down.");
  });
});

/** Escapes of the dialects undone: arguments are JSON in a text, or JSON, in whole or in pieces. */
function argumentsIn(text: string): string {
  const pieces = [...text.matchAll(/"(?:arguments|partial_json|delta)":\s*"((?:[^"\\]|\\.)*)"/g)];
  const joined = pieces.map(([, piece]) => JSON.parse(`"${piece}"`) as string).join("");
  return `${joined} ${text}`.replaceAll('\\"', '"');
}

describe("an answer", () => {
  it("streams as it comes: its beginning is there long before its end", async () => {
    await login();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    kiro.answerWith({ type: "stream", steps: [kiroText("First."), gate, kiroText("Last."), ...kiroEnd()] });
    const reply = await post(...(dialects[0]?.ask(true) ?? ["", {}]));
    const reader = reply.body?.getReader();
    let text = "";
    while (!text.includes("First.")) text += Buffer.from((await reader?.read())?.value ?? []).toString("utf8");
    expect(text).not.toContain("Last.");
    go();
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
      text += Buffer.from(step.value).toString("utf8");
    }
    expect(text).toContain("Last.");
  });

  it("has its usage in the flow", async () => {
    await login();
    await (await post(...(dialects[2]?.ask(true) ?? ["", {}]))).text();
    const flow = await core.flow(
      "the call with its usage",
      ({ model: named, usage }) => named.asked === model && usage !== null,
    );
    expect(flow).toMatchObject({ usage: { input: 42, output: 7, cacheRead: 2, estimated: false } });
  });

  it("thinks where the client can see it, and is handed its thinking back with the signature", async () => {
    await login();
    kiro.answerWith(
      steps(
        kiroEvent("reasoningContentEvent", { text: "Hm." }),
        kiroEvent("reasoningContentEvent", { signature: "c2lnbmVk" }),
        kiroText("Yes."),
        kiroEnd(),
      ),
    );
    const thinking = { type: "adaptive" };
    const first = { role: "user", content: "Why?" };
    const body = { model, stream: false, max_tokens: 64, thinking, messages: [first] };
    const reply = await post("/v1/messages", body);
    const said: unknown = await reply.json();
    expect(own(said, "content")).toMatchObject([
      { type: "thinking", thinking: "Hm." },
      { type: "text", text: "Yes." },
    ]);
    expect(lastAsked().body["additionalModelRequestFields"]).toMatchObject({ thinking: { type: "adaptive" } });
    const messages = [first, { role: "assistant", content: own(said, "content") }, { role: "user", content: "Sure?" }];
    await (await post("/v1/messages", { ...body, messages })).text();
    const reasoningContent = { reasoningText: { text: "Hm.", signature: "c2lnbmVk" } };
    const history = own(stateOf(lastAsked().body), "history");
    expect(history).toMatchObject([{}, { assistantResponseMessage: { reasoningContent } }]);

    // A signature that is refused is left out once, and the client hears nothing of it.
    kiro.answerWith(({ body: asked }) =>
      JSON.stringify(asked).includes("c2lnbmVk")
        ? { type: "error", status: 400, body: { message: "no", reason: "THINKING_SIGNATURE_INVALID" } }
        : kiroHello,
    );
    const before = kiro.asked.length;
    const again = await post("/v1/messages", { ...body, messages });
    expect(again.status).toBe(200);
    expect(kiro.asked.slice(before).map(({ status }) => status)).toEqual([400, 200]);
  });

  it("that is a page, or was cut, is no answer", async () => {
    await login();
    kiro.answerWith({ type: "page", status: 200 });
    expect((await post(...(dialects[0]?.ask(false) ?? ["", {}]))).status).toBe(502);
    kiro.answerWith(steps(kiroText("Half")));
    expect((await post(...(dialects[0]?.ask(false) ?? ["", {}]))).status).toBe(502);
  });
});

describe("the addresses", () => {
  const ask = async () => {
    const before = kiro.asked.length;
    const reply = await post(...(dialects[0]?.ask(false) ?? ["", {}]));
    return { status: reply.status, text: await reply.text(), hosts: kiro.asked.slice(before).map(({ host }) => host) };
  };
  const onlyAt = (wanted: string, status: number, body: object): void =>
    kiro.answerWith(({ host }) => (host === wanted ? kiroHello : { type: "error", status, body }));

  it("are asked one after the other, each in its own way, where one says: not here", async () => {
    await login();
    onlyAt(runtime, 403, { message: "Access denied." });
    expect(await ask()).toMatchObject({ status: 200, hosts: [q, codewhisperer, runtime] });
    const calls = kiro.asked
      .slice(-3)
      .map(({ headers }) => [headers["amz-sdk-invocation-id"], headers["amz-sdk-request"]]);
    expect(new Set(calls.map(([id]) => id)).size).toBe(1);
    expect(calls.map(([, attempt]) => attempt)).toEqual(["attempt=1; max=3", "attempt=2; max=3", "attempt=3; max=3"]);
    expect(lastAsked()).toMatchObject({ path: "/", rule: null });
  });

  it.each([
    [400, { message: "Improperly formed request.", reason: null }],
    [400, { message: "Input is too long.", reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD" }],
    [429, { message: "Slow down." }],
    [500, { message: "Oh." }],
  ])("are not asked again about what is wrong everywhere: %s %j", async (status, body) => {
    await login();
    onlyAt(runtime, status, body);
    const told = await ask();
    expect(told.status).toBeGreaterThanOrEqual(400);
    expect(told.hosts).toEqual([q]);
    expect(told.text).toContain(body.message);
  });

  it("where nobody has a profile to name, the next is asked", async () => {
    await login({ facts: { profileArn: "none" } });
    onlyAt(codewhisperer, 400, { message: "profileArn is required for this request." });
    expect(await ask()).toMatchObject({ status: 200, hosts: [q, codewhisperer] });
  });

  it("are those of the profile's region, whatever region the login was made in", async () => {
    await login({
      facts: {
        profileArn: "arn:aws:codewhisperer:eu-central-1:123456789012:profile/FAKE",
        region: "us-west-2",
        authMethod: "IdC",
      },
    });
    expect(await ask()).toMatchObject({ status: 200, hosts: [europe] });
  });

  it("hear a token that is over, which is then renewed, once", async () => {
    const { accessToken } = await login();
    auth.expire();
    const before = auth.redemptions.length;
    expect(await ask()).toMatchObject({ status: 200 });
    expect(auth.redemptions.length - before).toBe(1);
    expect(lastAsked().headers.authorization).not.toContain(accessToken);
    expect(JSON.stringify(await core.flows())).not.toContain(accessToken);
  });
});

it("lists the models of the login", async () => {
  await login();
  const listed = await fetch(`${core.url}/v1/models`, { headers: { authorization: `Bearer ${clientKey}` } });
  expect(await listed.text()).toContain("kiro/claude-sonnet-4.6");
});
