/** Tools of other makers through a real core to Cursor's agent service: text, thinking, tools, errors, accounts. */
import { constants } from "node:http2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { type FakeCursor, startFakeCursor } from "../support/fake-cursor.ts";
import { createStage } from "../support/fixture.ts";
import { tempFolder } from "../support/temp.ts";
import { field } from "../support/provider-turn.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
const tokens = { one: "cursor-one-0123456789", two: "cursor-two-0123456789", tls: "user_01ABC::cursor-tls-0123456789" };
/** The login of the command line tool, as its file has it. */
const toolLogin = JSON.stringify({ accessToken: tokens.one, refreshToken: "never-used-0123456789" });
const tool = tempFolder("cursor-tool");
/** A login of our own. */
const storedLogin = {
  type: "oauth_device_flow",
  access_token: "cursor-stored-0123456789",
  refresh_token: "cursor-refresh-0123456789",
  expires_at: "2099-01-01T00:00:00.000Z",
};
let plain: FakeCursor;
let secure: FakeCursor;
let core: CoreProcess;
let control: ControlClient;
let url: string;
let key: string;

beforeAll(async () => {
  plain = stage.opened.add(await startFakeCursor({ tokens: [tokens.one, tokens.two] }));
  secure = stage.opened.add(
    await startFakeCursor({ tokens: ["cursor-tls-0123456789"], identity: stage.identity, pieceBytes: 7 }),
  );
  core = await stage.startCore({
    files: { "accounts/cursor@own.json": JSON.stringify(storedLogin) },
    config: {
      oauth: { cursor: { refresh_url: `${plain.apiUrl}/oauth/token` } },
      providers: {
        cursor: { endpoint: plain.url },
        keys: { type: "cursor", endpoint: plain.url, client_version: "1.2.3" },
        tls: { type: "cursor", endpoint: secure.url, auth_type: "api_key" },
        tool: { type: "cursor", endpoint: plain.url },
      },
      accounts: [
        { provider: "keys", name: "one", api_key: tokens.one, accept_terms: true, priority: 1 },
        { provider: "keys", name: "two", api_key: tokens.two, accept_terms: true, priority: 2 },
        { provider: "tls", name: "t", api_key: tokens.tls, accept_terms: true },
        {
          provider: "tool",
          name: "file",
          import: "cursor",
          token_file: tool.file("auth.json", toolLogin),
          accept_terms: true,
        },
        { provider: "tls", name: "unread", api_key: "cursor-unread-0123456789", priority: 1 },
      ],
    },
  });
  control = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));
  key = (await control.secrets()).clientKey;
  url = (await control.status()).url;
}, 90_000);
afterAll(async () => {
  await stage.close();
  tool.close();
});
beforeEach(async () => {
  plain.play();
  await control.clearCooldown(null, null);
});

const system = "You are terse.";
const readTool = { type: "object", properties: { path: { type: "string" } } };

type Dialect = "openai-chat" | "claude" | "gemini";
const dialects: readonly Dialect[] = ["openai-chat", "claude", "gemini"];
let conversation = 0;

function callOf(
  dialect: Dialect,
  model: string,
  stream: boolean,
  says = `Say hello, ${(conversation += 1)}.`,
): [string, object] {
  switch (dialect) {
    case "openai-chat":
      return [
        "/v1/chat/completions",
        {
          model,
          stream,
          stream_options: stream ? { include_usage: true } : undefined,
          messages: [
            { role: "system", content: system },
            { role: "user", content: says },
          ],
          tools: [{ type: "function", function: { name: "read", parameters: readTool } }],
        },
      ];
    case "claude":
      return [
        "/v1/messages",
        {
          model,
          stream,
          max_tokens: 100,
          system,
          messages: [{ role: "user", content: says }],
          tools: [{ name: "read", input_schema: readTool }],
        },
      ];
    case "gemini":
      return [
        `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
        {
          systemInstruction: { parts: [{ text: system }] },
          contents: [{ role: "user", parts: [{ text: says }] }],
          tools: [{ functionDeclarations: [{ name: "read", parameters: readTool }] }],
        },
      ];
  }
}

function send(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return within(
    "an answer",
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    }),
    30_000,
  );
}

async function ask(dialect: Dialect, model: string, stream: boolean): Promise<{ status: number; text: string }> {
  const reply = await send(...callOf(dialect, model, stream));
  return { status: reply.status, text: await reply.text() };
}

/** What a turn cost, in the words of each dialect. */
const counted = {
  "openai-chat": /"completion_tokens":7,.*"cached_tokens":40/,
  claude: /"cache_read_input_tokens":40.*"output_tokens":7|"output_tokens":7.*"cache_read_input_tokens":40/s,
  gemini: /"cachedContentTokenCount":40/,
} as const;

/** All text of a streamed or whole answer, in any of the dialects, as it would be shown. */
function shown(text: string): string {
  return [...text.matchAll(/"(?:content|text)":"((?:[^"\\]|\\.)*)"/g)].map(([, said]) => said).join("");
}

describe("a client of another dialect", () => {
  it.each(dialects.flatMap((dialect) => [true, false].map((stream) => ({ dialect, stream }))))(
    "is answered: $dialect, streamed $stream",
    async ({ dialect, stream }) => {
      for (const [model, fake] of [
        ["keys/auto", plain],
        ["tls/claude-opus-4-8", secure],
      ] as const) {
        const { status, text } = await ask(dialect, model, stream);
        expect([status, text]).toEqual([200, expect.anything()]);
        expect(shown(text)).toContain("Hello from the fake provider.");
        expect(text).toMatch(counted[dialect]);
        const turn = fake.turns.at(-1);
        expect(turn).toMatchObject({
          system,
          tools: ["read"],
          model: model === "keys/auto" ? "default" : "claude-opus-4-8",
        });
        expect(turn?.text).toMatch(/^Say hello, \d+\.$/);
      }
      const headers = plain.turns.at(-1)?.headers ?? {};
      expect(headers["user-agent"]).toMatch(/^Switchyard/);
      expect([headers["x-cursor-client-version"], headers["x-cursor-checksum"], headers["x-ghost-mode"]]).toEqual([
        "1.2.3",
        undefined,
        "true",
      ]);
      expect(secure.turns.at(-1)?.headers["x-cursor-client-version"]).toBeUndefined();
    },
  );

  it("shares a session among its calls", async () => {
    await ask("claude", "keys/auto", false);
    const before = plain.sessions();
    await ask("claude", "keys/auto", true);
    expect(plain.sessions()).toBe(before);
  });

  it("hears each piece when it is said", async () => {
    let goOn = (): void => {};
    const wait = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    plain.play([{ say: "first " }, { wait }, { say: "second" }, { usage: {} }]);
    const reply = await send(...callOf("openai-chat", "keys/auto", true));
    const reader = reply.body?.getReader();
    let heard = "";
    const more = async (): Promise<void> => {
      const step = await within("a piece", reader?.read() ?? Promise.reject(new Error("no body")));
      heard += Buffer.from(step.value ?? new Uint8Array()).toString();
    };
    while (!heard.includes("first ")) await more();
    expect(heard).not.toContain("second");
    goOn();
    while (!heard.includes("[DONE]")) await more();
    expect(shown(heard)).toContain("first second");
  });

  it("ends the run when it goes away", async () => {
    plain.play([{ say: "first " }, { wait: new Promise(() => {}) }]);
    const gone = new AbortController();
    const reply = await send(...callOf("openai-chat", "keys/auto", true), gone.signal);
    await reply.body?.getReader().read();
    gone.abort();
    const turn = plain.turns.at(-1);
    expect(await within("the end of the run", turn?.over ?? Promise.reject(new Error("no turn")))).toBe(
      constants.NGHTTP2_CANCEL,
    );
  });
});

describe("tools", () => {
  it.each([true, false])("are called, and their results go with the next request (streamed %s)", async (stream) => {
    plain.play([
      { say: "Let me look." },
      { call: { id: "call_1", name: "read", args: { path: "a.txt", deep: { list: [1, null, true] } } } },
      { call: { id: "call_2", name: "read", args: { path: "b.txt" } } },
    ]);
    const [path, body] = callOf("openai-chat", "keys/auto", stream);
    const first = await (await send(path, body)).text();
    expect(first).toContain('"finish_reason":"tool_calls"');
    for (const part of ["call_1", "call_2", "a.txt", "b.txt"]) expect(first).toContain(part);
    await waitFor(
      "the end of the run",
      () => plain.turns.at(-1)?.said.includes("conversationAction") === true || !stream,
    );
    const calls = [
      { id: "call_1", type: "function", function: { name: "read", arguments: '{"path":"a.txt"}' } },
      { id: "call_2", type: "function", function: { name: "read", arguments: '{"path":"b.txt"}' } },
    ];
    const messages = [
      { role: "user", content: "What is there?" },
      { role: "assistant", content: "Let me look.", tool_calls: calls },
      { role: "tool", tool_call_id: "call_1", content: "forty-two" },
      { role: "tool", tool_call_id: "call_2", content: "nothing" },
    ];
    const second = await (await send(path, { ...body, messages })).text();
    expect(shown(second)).toContain("Hello from the fake provider.");
    const said = plain.turns.at(-1)?.text ?? "";
    for (const part of ["What is there?", "Let me look.", "call_1", "forty-two", "nothing"])
      expect(said).toContain(part);
  });

  it("of Cursor's own are refused, and questions to its user too, and the turn goes on", async () => {
    plain.play([
      { exec: { shellStreamArgs: { command: "rm -rf /", workingDirectory: "/" } } },
      { exec: { readArgs: { path: "/etc/passwd" } } },
      { ask: { webSearchRequestQuery: {} } },
      { say: "Then not." },
      { usage: {} },
    ]);
    const { status, text } = await ask("claude", "keys/auto", true);
    expect([status, shown(text)]).toEqual([200, expect.stringContaining("Then not.")]);
  });
});

describe("a failure", () => {
  it.each([
    ["resource_exhausted", "ERROR_PRO_USER_USAGE_LIMIT"],
    ["resource_exhausted", "ERROR_RATE_LIMITED"],
    ["unauthenticated", "ERROR_NOT_LOGGED_IN"],
    ["internal", undefined],
  ])("of one account moves the call on to the next: %s %s", async (code, name) => {
    plain.play([{ error: { code, ...(name === undefined ? {} : { name }) } }]);
    const before = plain.turns.length;
    const { status, text } = await ask("openai-chat", "keys/auto", true);
    expect([status, shown(text)]).toEqual([200, expect.stringContaining("Hello from the fake provider.")]);
    const used = plain.turns.slice(before).map(({ token }) => token);
    expect(new Set(used)).toEqual(new Set([tokens.one, tokens.two]));
  });

  it("of a run that is cut before it said anything moves on as well", async () => {
    plain.play([{ cut: true }]);
    expect(await ask("claude", "keys/auto", true)).toMatchObject({ status: 200 });
  });

  it("in the middle of an answer never looks like its end", async () => {
    plain.play([{ say: "half of " }, { cut: true }]);
    const reply = await send(...callOf("openai-chat", "keys/auto", true));
    const text = await reply.text().catch((error: unknown) => String(error));
    expect(text).not.toContain("[DONE]");
  });

  it.each([
    ["invalid_argument", "ERROR_CONVERSATION_TOO_LONG", 400],
    ["not_found", "ERROR_BAD_MODEL_NAME", 404],
    ["failed_precondition", "ERROR_OUTDATED_CLIENT", 400],
  ] as const)("of the request reaches the client in its words: %s %s", async (code, name, expected) => {
    const error = { error: { code, name } };
    plain.play([error], [error]);
    const { status, text } = await ask("openai-chat", "keys/auto", false);
    expect(status).toBe(expected);
    expect(text).toContain(name);
    if (name === "ERROR_OUTDATED_CLIENT") expect(text).toContain("client_version");
  });
});

describe("a login", () => {
  it("of Cursor's command line tool is read from its file, and is never renewed by us", async () => {
    expect(await ask("claude", "tool/auto", false)).toMatchObject({ status: 200 });
    expect(plain.turns.at(-1)?.token).toBe(tokens.one);
    expect(plain.renewals).toEqual([]);
  });

  it("of our own is renewed once when the service calls its token expired, for all who wait", async () => {
    plain.accept(storedLogin.access_token);
    expect(await ask("claude", "cursor/auto", true)).toMatchObject({ status: 200 });
    plain.expire(storedLogin.access_token);
    const asked = await Promise.all([ask("claude", "cursor/auto", true), ask("openai-chat", "cursor/auto", false)]);
    expect(asked.map(({ status }) => status)).toEqual([200, 200]);
    expect(plain.renewals).toEqual([storedLogin.refresh_token]);
    expect(plain.turns.slice(-2).map(({ token }) => token)).toEqual(Array(2).fill("cursor-renewed-1-0123456789"));
  });
});

describe("the provider's terms", () => {
  it("must be accepted for a pasted token too", async () => {
    expect(secure.turns.map(({ token }) => token)).not.toContain("cursor-unread-0123456789");
    const listed = await control.accounts();
    const unread = listed.find((account) => account.name === "unread");
    expect(field(unread, "enabled")).toBe(false);
    expect(core.stderr()).not.toContain(tokens.one);
    const added = control.addAccount({ provider: "tls", name: "added", apiKey: "cursor-added-0123456789" });
    await expect(added).rejects.toThrow(/accept_terms/);
  });
});
