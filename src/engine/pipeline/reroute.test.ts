/** `settings.dedupe` through the whole engine, and "how large is this request" for models that live elsewhere. */
import { describe, expect, it, vi } from "vitest";
import type { HttpReply } from "../../base/http.ts";
import { callOf, clientOf } from "./__fixtures__/clients.ts";
import { createRig, json, type Answer, type Asked, type Play, type Rig } from "./__fixtures__/rig.ts";
import { chatWhole, claudeWhole } from "./__fixtures__/wire.ts";

const local = "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\n";
const dedupes = (routes: string): string =>
  `${local}accounts: [{ provider: claude, api_key: "\${A}" }]\nroutes: [${routes}]\nsettings: { dedupe: { enabled: true, window_ms: 5000 } }`;
const toLocal = dedupes("{ to: local/m }");

/** An upstream whose replies wait until they are let go. */
function gate(reply: () => HttpReply): { readonly play: Play; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { play: () => opened.then(reply), open };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const whole = (): HttpReply => json(200, chatWhole);

/** Both calls asked at once. */
async function both(rig: Rig, open: () => void, left: Asked, right: Asked): Promise<readonly Answer[]> {
  const answers = [rig.ask(left), rig.ask(right)];
  await settle();
  open();
  return Promise.all(answers);
}

describe("settings.dedupe", () => {
  it("asks once for two equal calls, and the flow of the second says so", async () => {
    const { play, open } = gate(whole);
    const rig = createRig(toLocal, play);
    const [first, second] = await both(rig, open, callOf("claude", false), callOf("claude", false));
    expect(rig.sent).toHaveLength(1);
    expect(first?.text).toContain("Hello");
    expect(second).toEqual(first);
    expect(rig.toldTo("flow-1")).not.toContain("equal call");
    expect(rig.toldTo("flow-2")).toContain("an equal call was just answered: the same reply (settings.dedupe)");
    expect(rig.toldTo("flow-2")).toContain('"reply-started","status":200');
  });

  it("answers an equal call that comes a moment later, and none that comes after the window", async () => {
    const rig = createRig(toLocal, whole);
    const first = await rig.ask(callOf("claude", false));
    rig.pass(4_999);
    expect(await rig.ask(callOf("claude", false))).toEqual(first);
    expect(rig.sent).toHaveLength(1);
    rig.pass(2);
    await rig.ask(callOf("claude", false));
    expect(rig.sent).toHaveLength(2);
  });

  const claude = callOf("claude", false);
  const headersWith = (name: string, value: string): Asked => ({
    ...claude,
    headers: [...(claude.headers ?? []).filter(([field]) => field !== name), [name, value]],
  });
  const sameBody = clientOf("openai-chat").body(false);
  const withTools = callOf("claude", false, {
    tools: [{ name: "read", description: "reads", input_schema: { type: "object", properties: {} } }],
  });
  it.each<[string, Asked, Asked]>([
    [
      "dialects",
      { ...callOf("openai-chat", false), body: sameBody },
      { ...claude, body: { ...sameBody, max_tokens: 9 } },
    ],
    ["rights", claude, { ...claude, authorized: false }],
    ["callers", claude, headersWith("x-api-key", "sk-somebody-else")],
    ["tools that are known", { ...claude, client: "claude-code" }, { ...claude, client: "opencode" }],
    ["programs", headersWith("user-agent", "one/1"), headersWith("user-agent", "other/1")],
    ["conversations", headersWith("x-claude-code-session-id", "0c8f"), headersWith("x-claude-code-session-id", "71aa")],
    ["beta features", claude, headersWith("anthropic-beta", "context-1m-2025-08-07")],
    ["bodies", claude, callOf("claude", false, { max_tokens: 7 })],
    ["addresses", claude, { ...claude, target: "/v1/messages?beta=true" }],
    ["streams, equal as they are", callOf("claude", true), callOf("claude", true)],
    ["calls that may come back as a tool's call, equal as they are", withTools, withTools],
  ])("asks twice for two %s", async (_, left, right) => {
    const { play, open } = gate(whole);
    const rig = createRig(toLocal, play);
    const answers = await both(rig, open, left, right);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(rig.sent).toHaveLength(2);
  });

  it("asks twice where nothing was said about it", async () => {
    const { play, open } = gate(whole);
    const rig = createRig(`${local}routes: [{ to: local/m }]`, play);
    await both(rig, open, claude, claude);
    expect(rig.sent).toHaveLength(2);
  });

  it.each([
    ["the first", 0],
    ["the second", 1],
  ])("goes on for the other when %s client leaves", async (_, leaving) => {
    const { play, open } = gate(whole);
    const rig = createRig(toLocal, play);
    const clients = [new AbortController(), new AbortController()];
    const answers = clients.map(({ signal }) => rig.ask({ ...claude, signal }));
    await settle();
    clients[leaving]?.abort();
    await settle();
    expect(rig.sent[0]?.request.signal.aborted).toBe(false);
    open();
    const [first, second] = await Promise.all(answers);
    expect(new Set([first?.status, second?.status])).toEqual(new Set([200, 499]));
    expect(rig.sent).toHaveLength(1);
  });

  it("takes the upstream call back when both have left", async () => {
    const rig = createRig(toLocal, () => new Promise(() => {}));
    const client = new AbortController();
    const answers = [1, 2].map(() => rig.ask({ ...claude, signal: client.signal }));
    await settle();
    client.abort();
    await Promise.all(answers);
    expect(rig.sent.map(({ request }) => request.signal.aborted)).toEqual([true]);
  });

  it("leaves nobody with another's failure", async () => {
    const rig = createRig(toLocal, (_, turn) => (turn === 1 ? json(500, { error: { message: "no" } }) : whole()));
    const answers = Promise.all([rig.ask(claude), rig.ask(claude)]);
    // The one that was not answered asks for itself, as soon as the server's cooldown is over.
    await vi.waitFor(() => expect(rig.why("account")).toHaveLength(2));
    rig.pass(1_200);
    const [first, second] = await answers;
    expect(new Set([first?.status, second?.status])).toEqual(new Set([200, 500]));
  });
});

describe("a count of tokens", () => {
  const count = (id: "claude" | "openai-responses" | "gemini" | "gemini-cli"): Asked => {
    const call = callOf(id, false);
    const target = {
      claude: "/v1/messages/count_tokens?beta=true",
      "openai-responses": "/v1/responses/input_tokens",
      gemini: "/v1beta/models/gemini-2.5-pro:countTokens",
      "gemini-cli": "/v1internal:countTokens",
    }[id];
    return { ...call, target };
  };
  const noSuchCall: Play = () => json(404, { error: { message: "not found" } });

  it.each([
    ["claude", "input_tokens"],
    ["openai-responses", "input_tokens"],
    ["gemini", "totalTokens"],
    ["gemini-cli", "totalTokens"],
  ] as const)("U1: is estimated for a %s client whose model lives in another dialect", async (id, field) => {
    const rig = createRig(dedupes("{ to: local/m }"), () => {
      throw new Error("no upstream should have been asked");
    });
    const answer = await rig.ask(count(id));
    expect(answer.status).toBe(200);
    const counted = JSON.parse(answer.text) as Record<string, number>;
    expect(counted[field]).toBeGreaterThan(3);
  });

  it("U1: sees tools, calls, results and images, not only text", async () => {
    const tokens = async (more: object): Promise<number> => {
      const rig = createRig(dedupes("{ to: local/m }"), whole);
      const asked = count("claude");
      const answer = await rig.ask({ ...asked, body: { ...(asked.body as object), ...more } });
      return (JSON.parse(answer.text) as { input_tokens: number }).input_tokens;
    };
    const words = "read a file of any kind ".repeat(40);
    const use = { type: "tool_use", id: "t1", name: "read", input: { path: words } };
    const result = { type: "tool_result", tool_use_id: "t1", content: words };
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };
    const turn = (content: readonly object[], last: readonly object[]): object => ({
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content },
        { role: "user", content: last },
      ],
    });
    const bare = await tokens({});
    const text = { type: "text", text: "ok" };
    expect(await tokens({ tools: [{ name: "read", description: words, input_schema: {} }] })).toBeGreaterThan(
      bare + 200,
    );
    expect(await tokens(turn([use], [{ ...result, content: "" }]))).toBeGreaterThan(bare + 200);
    expect(await tokens(turn([{ ...use, input: {} }], [result]))).toBeGreaterThan(bare + 200);
    expect(await tokens(turn([text], [image]))).toBeGreaterThan(bare + 1_000);
  });

  it("U1: is estimated where the provider speaks the dialect but has no such call", async () => {
    const rig = createRig(dedupes("{ to: claude/glm-5 }"), noSuchCall);
    const answer = await rig.ask(count("claude"));
    expect(rig.sent[0]?.url).toContain("/v1/messages/count_tokens");
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.text) as { input_tokens: number }).input_tokens).toBeGreaterThan(3);
    expect(rig.why("translate")).toEqual(["tokens estimated here: the target has no call to count them"]);
  });

  it("is the provider's own where it can count, and its errors are its own", async () => {
    const good = createRig(dedupes("{ to: claude/claude-sonnet-4-5 }"), () => json(200, { input_tokens: 4711 }));
    expect((await good.ask(count("claude"))).text).toBe('{"input_tokens":4711}');
    const refused = createRig(dedupes("{ to: claude/claude-sonnet-4-5 }"), () =>
      json(401, { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } }),
    );
    expect((await refused.ask(count("claude"))).status).toBe(401);
  });

  it("is never made a question to the model, however its history looks", async () => {
    const rig = createRig(dedupes("{ to: claude/claude-sonnet-4-5 }"), () =>
      json(400, {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: "messages.2: `tool_use` ids were found without `tool_result`",
        },
      }),
    );
    const answer = await rig.ask(count("claude"));
    expect(answer.status).toBe(400);
    expect(rig.sent.map(({ url }) => url.includes("count_tokens"))).toEqual([true]);
  });

  it("is never a reply: an equal question for one is asked", async () => {
    const rig = createRig(dedupes("{ to: claude/claude-sonnet-4-5 }"), (sent) =>
      json(200, sent.url.includes("count") ? { input_tokens: 1 } : claudeWhole),
    );
    await rig.ask(count("claude"));
    expect((await rig.ask(callOf("claude", false))).text).toContain("Hello");
  });
});
