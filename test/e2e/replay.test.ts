/** Calls made again through a real core: as they were, at another target, edited, compared, refused, given up. */
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type Api, openApi } from "../support/api.ts";
import type { CoreProcess, FlowJson } from "../support/core-process.ts";
import {
  type FakeProvider,
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
} from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { field, list, readsFile, sayHello } from "../support/provider-turn.ts";
import { connectThrough, type Ran, undiciThrough } from "../support/proxy-clients.ts";
import { tempFolder } from "../support/temp.ts";
import { typedAt } from "../support/typed.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
const { opened } = stage;
const folder = opened.add(tempFolder("replay"));
const chatKey = "sk-local-provider-key-0123456789";
const clientKey = "sk-ant-the-clients-own-key-000000";

let anthropic: FakeProvider;
let chat: FakeProvider;
let gemini: FakeProvider;
let core: CoreProcess;
let api: Api;
let claude: Anthropic;

beforeAll(async () => {
  anthropic = opened.add(await startFakeAnthropic({ tls: stage.identity, gapMs: 1 }));
  chat = opened.add(await startFakeOpenAiChat({ keys: [chatKey], gapMs: 1 }));
  gemini = opened.add(await startFakeGemini({ gapMs: 1 }));
  core = await stage.startCore({
    dial: { [host]: anthropic.port },
    config: {
      providers: {
        local: { type: "openai-compatible", endpoint: `${chat.url}/v1`, auth_type: "api_key" },
        gem: { type: "gemini-compatible", endpoint: `${gemini.url}/v1beta`, auth_type: "api_key" },
      },
      accounts: [
        { provider: "local", name: "main", api_key: chatKey },
        { provider: "gem", name: "main", api_key: "AIza-gemini-key-0123456789abcdefghij" },
      ],
      combos: { both: ["local/first", "gem/gemini-2.5-flash"] },
      aliases: { quick: "local/quick-model" },
      routes: [
        { match: { host, model: "routed-*" }, to: "local/local-model" },
        { match: { host, model: "barred-*" }, to: "block" },
        { match: { client: "codex", model: "open-*" }, to: "gem/gemini-2.5-flash" },
      ],
    },
  });
  api = await openApi(core.home);
  const dispatcher = undiciThrough(core);
  opened.later(() => dispatcher.close());
  claude = new Anthropic({
    apiKey: clientKey,
    maxRetries: 0,
    // The SDK's documented way through a proxy; its types name the global fetch, undici's is the same function.
    fetch: undiciFetch as unknown as typeof fetch,
    fetchOptions: { dispatcher },
  });
}, 60_000);
afterAll(() => stage.close());
beforeEach(() => {
  for (const provider of [anthropic, chat, gemini]) provider.answerWith(sayHello);
});

function question(model: string, text = "Say hello.") {
  return { model, max_tokens: 512, messages: [{ role: "user" as const, content: text }] };
}
const readTool = {
  name: "Read",
  description: "Reads a file",
  input_schema: { type: "object" as const, properties: { file_path: { type: "string" } }, required: ["file_path"] },
};

interface Detail extends FlowJson {
  readonly why: readonly { readonly stage: string; readonly text: string }[];
  readonly sides: Readonly<Record<string, { readonly body: { readonly text?: string } }>>;
}

const listed = async (): Promise<readonly FlowJson[]> =>
  list(field(await api.get("/api/flows"), "flows")) as FlowJson[]; // the contract of that route
const detail = async (id: string): Promise<Detail> => (await api.get(`/api/flows/${id}`)) as Detail; // the contract of that route

/** The flow of the call that `make` makes. */
async function flowOf(make: () => Promise<unknown>): Promise<FlowJson> {
  const before = new Set((await listed()).map(({ id }) => id));
  await make().catch(() => null);
  return waitFor("the call's flow to end", async () =>
    (await listed()).find(({ id, state }) => !before.has(id) && state !== "open" && state !== "streaming"),
  );
}

/** The flow that a replay made: the newest. */
async function newest(): Promise<Detail> {
  const last = (await listed()).at(-1);
  return detail(last?.id ?? "");
}

const replay = (...words: string[]): Promise<Ran> => typedAt(core.home).type("replay", ...words);
const post = (id: string, body: object = {}): Promise<Answer> => api.socket(`/api/flows/${id}/replay`, { body });
const ended = (id: string): Promise<Detail> =>
  waitFor("the replay to end", async () => {
    const flow = await detail(id);
    return flow.state === "open" || flow.state === "streaming" ? null : flow;
  });

describe("a call that a rule sent elsewhere is made again", () => {
  it("whole, as a flow of its own that says whose replay it is", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const before = chat.seen.length;
    chat.answerWith(() => ({ type: "text", text: "Hello a second time." }));
    const ran = await replay(flow.id);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("Hello a second time.\n");
    expect(ran.stdout).toMatch(/status {2}200 done\n.*from {4}local \(main\) local-model\n/s);
    expect(ran.stdout).toMatch(/tokens {2}120 in \(40 cached\), 17 out\n.*cost .*time {4}\d+ ms\n/s);
    expect(chat.seen.slice(before).map(({ body }) => body)).toEqual([chat.seen[before - 1]?.body]);
    const made = await newest();
    expect(made).toMatchObject({
      client: flow.client,
      host,
      method: "POST",
      path: "/v1/messages",
      action: "reroute",
      state: "done",
      formats: { client: "claude", upstream: "openai-chat" },
      model: { asked: "routed-claude", served: "local-model" },
      usage: { input: 120, output: 17 },
    });
    expect(made.why[0]).toMatchObject({ stage: "replay", text: `replay of ${flow.id}` });
    expect(ran.stdout).toContain(`flow    ${made.id}, replay of ${flow.id}\n`);
    expect(field(JSON.parse(made.sides["client-reply"]?.body.text ?? ""), "type")).toBe("message");
  });

  it("streamed, in the dialect that the client spoke", async () => {
    const flow = await flowOf(() => claude.messages.stream(question("routed-claude")).finalMessage());
    const ran = await replay(flow.id, "--json");
    expect(ran.code).toBe(0);
    const made = JSON.parse(ran.stdout) as Detail; // the contract of flows
    expect(made.id).not.toBe(flow.id);
    expect(made.sides["client-reply"]?.body.text).toContain("event: message_stop");
    expect(field(chat.seen.at(-1)?.body, "stream")).toBe(true);
  });

  it("with its tools and their results", async () => {
    chat.answerWith(readsFile("/tmp/a.txt"));
    const asked = { ...question("routed-claude"), tools: [readTool] };
    const flow = await flowOf(() => claude.messages.create(asked));
    const ran = await replay(flow.id);
    expect(ran.stdout).toContain('Let me look at the file.\ntool call: Read {"file_path":"/tmp/a.txt"}\n');
    const { content } = await claude.messages.create(asked);
    const call = content.find((block) => block.type === "tool_use");
    const second = await flowOf(() =>
      claude.messages.create({
        ...asked,
        messages: [
          ...asked.messages,
          { role: "assistant", content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: call?.id ?? "", content: "token-4711" }] },
        ],
      }),
    );
    expect((await replay(second.id)).stdout).toContain("The file says: token-4711\n");
  });

  it("counts in the usage ledger like any call", async () => {
    const calls = async (): Promise<number> => {
      const rows = list(field(JSON.parse((await typedAt(core.home).type("usage", "model", "--json")).stdout), "rows"));
      return Number(field(rows.find((row) => field(row, "key") === "local/local-model") ?? rows[0], "calls"));
    };
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const before = await calls();
    await replay(flow.id);
    await replay(flow.id);
    expect((await calls()) - before).toBe(2);
  });

  it("and never by itself", async () => {
    await flowOf(() => claude.messages.create(question("routed-claude")));
    const before = chat.seen.length;
    await typedAt(core.home).type("flows", "list");
    expect(chat.seen.length).toBe(before);
  });
});

describe("a call is made again somewhere else", () => {
  it("at a provider of another dialect, with --via provider/model", async () => {
    const flow = await flowOf(() => claude.messages.create(question("own-claude")));
    expect(flow.action).toBe("passthrough");
    const ran = await replay(flow.id, "--via", "gem/gemini-2.5-flash");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(gemini.seen.at(-1)?.path).toContain("/models/gemini-2.5-flash:generateContent");
    const made = await newest();
    expect(made).toMatchObject({ formats: { client: "claude", upstream: "gemini" }, provider: "gem" });
    expect(made.why[0]?.text).toBe(`replay of ${flow.id}: via gem/gemini-2.5-flash`);
  });

  it.each([
    ["a combo", ["--via", "combo/both"], "first", "own-claude"],
    ["an alias", ["--via", "quick"], "quick-model", "own-claude"],
    ["a provider alone, which is asked for the same model", ["--via", "local"], "own-claude", "own-claude"],
    ["a provider and a model", ["--via", "local", "--model", "other"], "other", "other"],
    ["another model, which a rule knows", ["--model", "routed-x"], "local-model", "routed-x"],
  ])("%s", async (_what, words, upstream, asked) => {
    const flow = await flowOf(() => claude.messages.create(question("own-claude")));
    const ran = await replay(flow.id, ...words);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(field(chat.seen.at(-1)?.body, "model")).toBe(upstream);
    expect((await newest()).model.asked).toBe(asked);
  });

  it("as another client, for whom a rule says something else", async () => {
    const flow = await flowOf(() => claude.messages.create(question("open-claude")));
    expect(await replay(flow.id)).toMatchObject({ code: 6 });
    const ran = await replay(flow.id, "--as-client", "codex");
    expect(ran.code).toBe(0);
    expect(await newest()).toMatchObject({ client: "codex", provider: "gem" });
    expect(await replay(flow.id, "--as-client", "nobody")).toMatchObject({ code: 2 });
  });

  it("a call to the gateway, by the name it asked for", async () => {
    const call = (path: string, model: string): Promise<FlowJson> =>
      flowOf(() => api.keyed(path, { body: { model, messages: [{ role: "user", content: "hi" }] } }));
    const flow = await call("/v1/chat/completions", "local/some-model");
    expect(await replay(flow.id)).toMatchObject({ code: 0, stderr: "" });
    expect(field(chat.seen.at(-1)?.body, "model")).toBe("some-model");
    const second = await call("/v1/providers/local/chat/completions", "its-own");
    expect(await replay(second.id)).toMatchObject({ code: 0, stderr: "" });
    const made = await newest();
    expect(made.path).toBe("/v1/providers/local/chat/completions");
    expect(await replay(made.id, "--model", "a-third")).toMatchObject({ code: 0, stderr: "" });
    expect(field(chat.seen.at(-1)?.body, "model")).toBe("a-third");
    expect(await replay(flow.id, "--via", "gem/gemini-2.5-flash")).toMatchObject({ code: 0, stderr: "" });
  });

  it("with another body and other headers, over the API", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const answer = await post(flow.id, {
      via: "local/m",
      body: question("routed-claude", "Something else."),
      headers: { "user-agent": "a-script/1" },
    });
    expect(answer.status).toBe(200);
    const made = await ended(String(field(answer.json, "id")));
    expect(made.state).toBe("done");
    expect(field(list(field(chat.seen.at(-1)?.body, "messages")).at(-1), "content")).toBe("Something else.");
    expect(chat.seen.at(-1)?.headers).toContain("a-script/1");
    expect(made.why[0]?.text).toBe(`replay of ${flow.id}: via local/m, with another body, with other headers`);
  });
});

describe("a call is edited before it is made again", () => {
  /** An editor that is a shell script. */
  function editor(script: string): Readonly<Record<string, string>> {
    const file = folder.file(`editor-${Math.random().toString(36).slice(2)}.sh`, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o700);
    return { EDITOR: file };
  }
  const edit = (env: Readonly<Record<string, string>>, ...words: string[]): Promise<Ran> =>
    typedAt(core.home).typeWith(env, "replay", ...words, "--edit");
  /** Nothing of it is left on the disk. */
  const leftOver = (): readonly string[] => readFileSync(join(folder.path, "seen"), "utf8").trim().split("\n");

  it("in $EDITOR, in a private file that is gone afterwards", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const seen = join(folder.path, "seen");
    const script = `echo "$1" > ${seen}; stat -c %a "$1" >> ${seen}; stat -c %a "$(dirname "$1")" >> ${seen}
      sed -i 's/Say hello\\./Say goodbye./' "$1"`;
    const ran = await edit(editor(script), flow.id);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(field(list(field(chat.seen.at(-1)?.body, "messages")).at(-1), "content")).toBe("Say goodbye.");
    const [file = "", ...modes] = leftOver();
    expect(modes).toEqual(["600", "700"]);
    expect(existsSync(file)).toBe(false);
  });

  it("$VISUAL goes first, and may be a command line", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const env = { EDITOR: "false", VISUAL: "sed -i s/hello/hi/" };
    expect(await edit(env, flow.id)).toMatchObject({ code: 0 });
    expect(field(list(field(chat.seen.at(-1)?.body, "messages")).at(-1), "content")).toBe("Say hi.");
  });

  it.each([
    ["nothing was changed", "true", 0, "nothing was changed: nothing was sent"],
    ["the editor fails", "exit 3", 1, "the editor ended with code 3: nothing was sent"],
    ["it is no JSON afterwards", 'echo "{" > "$1"', 2, "what was edited is not JSON: nothing was sent"],
  ])("not at all when %s", async (_what, script, code, words) => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const before = chat.seen.length;
    const ran = await edit(editor(script), flow.id);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toContain(words);
    expect(chat.seen.length).toBe(before);
  });

  it("with a secret in it, which the editor never sees and the provider gets", async () => {
    const text = `My key is ${chatKey} and hello.`;
    const flow = await flowOf(() => claude.messages.create(question("routed-claude", text)));
    const seen = join(folder.path, "seen-secret");
    const ran = await edit(editor(`cp "$1" ${seen}; sed -i s/hello/goodbye/ "$1"`), flow.id);
    expect(ran).toMatchObject({ code: 0 });
    expect(readFileSync(seen, "utf8")).toContain("My key is •••6789 and hello.");
    expect(field(list(field(chat.seen.at(-1)?.body, "messages")).at(-1), "content")).toBe(
      `My key is ${chatKey} and goodbye.`,
    );
  });

  it("without an editor it says which variable to set", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const ran = await edit({}, flow.id);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain("neither VISUAL nor EDITOR is set");
  });
});

describe("the answers are compared", () => {
  it("by what they say, not by their bytes", async () => {
    const flow = await flowOf(() => claude.messages.stream(question("routed-claude")).finalMessage());
    const same = await replay(flow.id, "--diff");
    expect(same).toMatchObject({ code: 0 });
    expect(same.stdout).toContain("(the same status, answer and tokens)");
    chat.answerWith(() => ({
      type: "tools",
      text: "Hello from the fake provider.",
      calls: [{ name: "Read", input: { file_path: "/b" } }],
    }));
    const other = await replay(flow.id, "--diff");
    expect(other.stdout).toContain(` Hello from the fake provider.\n+tool call: Read {"file_path":"/b"}\n`);
    expect(other.stdout).toMatch(new RegExp(`^--- ${flow.id}\t`));
  });

  it("an error with an answer", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    chat.answerWith(() => ({ type: "error", status: 400, message: "not like this" }));
    const ran = await replay(flow.id, "--diff");
    expect(ran.code).toBe(7);
    expect(ran.stdout).toContain("-status 200 done\n");
    expect(ran.stdout).toContain("+status 400 done\n");
    expect(ran.stdout).toContain("not like this");
  });
});

describe("the answer goes", () => {
  it("into a private file, with -o", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const file = join(folder.path, "answer.txt");
    expect(await replay(flow.id, "-o", file)).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(file, "utf8")).toContain("Hello from the fake provider.\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("of several calls one after the other, and of one that fails onto stderr", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const ran = await replay(flow.id, "nowhere", flow.id, "--json");
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toHaveLength(2);
    expect(ran.stderr).toContain("no flow with this id is in the log");
  });
});

describe("a call is not made again", () => {
  /** Nothing was sent anywhere, and no flow was opened for it. */
  async function refused(id: string, ...words: string[]): Promise<Ran> {
    const before = [(await listed()).length, chat.seen.length, anthropic.seen.length];
    const ran = await replay(id, ...words);
    expect([(await listed()).length, chat.seen.length, anthropic.seen.length]).toEqual(before);
    expect(ran.stdout).toBe("");
    return ran;
  }

  it("when only its client had the login for it", async () => {
    const flow = await flowOf(() => claude.messages.create(question("own-claude")));
    const ran = await refused(flow.id);
    expect(ran.code).toBe(6);
    expect(ran.stderr).toMatch(/why: .*the client's own login, which is masked before a call is stored/);
    expect(ran.stderr).toContain(
      `next: switchyard replay ${flow.id} --via PROVIDER/MODEL   (or: switchyard accounts add claude)\n`,
    );
    expect(JSON.stringify(await detail(flow.id))).not.toContain(clientKey);
  });

  it("when the target is nobody", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const ran = await refused(flow.id, "--via", "combo/none");
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("there is no combo named none");
  });

  it("when a rule blocks it, wherever it is to go", async () => {
    const flow = await flowOf(() => claude.messages.create(question("barred-claude")));
    const ran = await refused(flow.id, "--via", "local/m");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("rule 2 of the configuration blocks this call");
  });

  it("when nobody knows it", async () => {
    const ran = await refused("zzz00000");
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stderr).toContain("next: switchyard flows list");
  });

  it("when it is a tunnel", async () => {
    const flow = await flowOf(async () => {
      const tunnel = await connectThrough(core.url, `127.0.0.1:${chat.port}`);
      tunnel.socket.destroy();
    });
    expect(flow.action).toBe("tunnel");
    expect((await refused(flow.id)).stderr).toContain("it is a tunnel: its bytes were never decrypted");
  });

  it("when it is no model call", async () => {
    const flow = await flowOf(() => claude.models.list());
    expect((await refused(flow.id)).stderr).toContain("it is no model call that is known here");
  });

  it("when it has not ended", async () => {
    chat.answerWith(() => ({ type: "silence" }));
    const gone = new AbortController();
    const asked = claude.messages.create(question("routed-claude"), { signal: gone.signal }).catch(() => null);
    const live = await waitFor("the call to be open", async () =>
      (await listed()).find(({ state }) => state === "open"),
    );
    expect((await refused(live.id)).stderr).toContain("it has not ended yet");
    gone.abort();
    await asked;
  });

  it("when its body was not kept whole, unless another one is given", async () => {
    const long = question("routed-claude", "x".repeat(1_200_000));
    const flow = await flowOf(() => claude.messages.create(long));
    const ran = await refused(flow.id);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/only 1048576 of its body's 12\d{5} bytes were kept/);
    const answer = await post(flow.id, { body: question("routed-claude") });
    expect((await ended(String(field(answer.json, "id")))).state).toBe("done");
  });

  it.each([
    [{ via: 7 }, '"via" has to be text'],
    [{ client: "nobody" }, '"client" has to be one of claude-code'],
    [{ body: 7 }, '"body" has to be text, or an object'],
    [{ headers: { "a b": "c" } }, '"headers" is an object of names and texts'],
    [{ headers: { a: "b\r\nc: d" } }, '"headers" is an object of names and texts'],
    [{ vai: "local/m" }, 'there is no field "vai" here (known are via'],
  ])("when it is ordered wrongly: %j", async (body, words) => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const answer = await post(flow.id, body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(words.replaceAll('"', '\\"'));
  });
});

describe("a replay that fails", () => {
  it("upstream ends with exit code 7 and the provider's words", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    chat.answerWith(() => ({ type: "error", status: 500, message: "a fault of ours" }));
    const ran = await replay(flow.id);
    expect(ran.code).toBe(7);
    expect(ran.stderr).toContain("a fault of ours");
    await typedAt(core.home).type("accounts", "cooldown", "clear");
  });

  it("for want of an account ends with exit code 6", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    const ran = await replay(flow.id, "--via", "mistral/mistral-small");
    expect(ran.code).toBe(6);
    expect(ran.stderr).toContain("next: switchyard accounts list");
  });

  it("cut in the middle is shown as far as it came", async () => {
    const flow = await flowOf(() => claude.messages.stream(question("routed-claude")).finalMessage());
    chat.answerWith(() => ({ type: "cut", text: "This will not be finished because it is cut.", afterEvents: 5 }));
    const ran = await replay(flow.id);
    expect(ran.code).toBe(7);
    expect(ran.stdout).toContain("This will");
    expect(ran.stdout).toMatch(/status {2}200 truncated/);
    await typedAt(core.home).type("accounts", "cooldown", "clear");
  });

  it("is ended upstream at once when whoever asked for it goes away", async () => {
    const flow = await flowOf(() => claude.messages.create(question("routed-claude")));
    chat.answerWith(() => ({ type: "silence" }));
    const before = chat.seen.length;
    const running = typedAt(core.home).begin("replay", flow.id);
    const asked = await waitFor("the provider to be asked", () =>
      chat.seen.length > before ? chat.seen.at(-1) : null,
    );
    expect(asked.abandoned).toBe(false);
    running.signal("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130, stdout: "" });
    await waitFor("the provider's request to be abandoned", () => chat.seen.at(-1)?.abandoned === true);
    expect(await newest()).toMatchObject({ state: "failed", error: "the replay was given up" });
  });
});
