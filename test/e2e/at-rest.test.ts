/**
 * What is said stays in memory: after calls of every kind nothing of them lies in the home, in the folder for temporary
 * files or in the working directory, whatever ended the core. Where request logs and a recording are asked for it does,
 * for its owner's eyes alone and without a credential. (T9 of SECURITY.md.)
 */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../fault/board/random.ts";
import { canary, hitsIn } from "../fault/secrets/canaries.ts";
import { type Api, openApi } from "../support/api.ts";
import { buildProgram } from "../support/built.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { type FakeProvider, startFakeAnthropic, startFakeOpenAiChat } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { liveFiles } from "../support/live-files.ts";
import type { Answer } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
const { opened } = stage;
const random = createRandom(Date.now() % 1_000_000);
/** Stands nowhere else, and survives a stream that cuts words into pieces of one character. */
const rare = "ꙮ";
const prompt = canary(random, "the prompt");
const reply = canary(random, "the reply");
const failure = canary(random, "what an error quotes");
const storedKey = canary(random, "a stored key", { prefix: "sk-" });
const clientKey = canary(random, "the client's key", { prefix: "sk-ant-" });
const words = [prompt, reply, failure];

const says: Answer = (asked) =>
  asked.model === "refuses"
    ? { type: "error", status: 400, message: `no: ${rare}${failure.value}` }
    : asked.model === "is-busy"
      ? { type: "error", status: 429, message: `slow down: ${rare}${failure.value}`, retryAfterSeconds: 60 }
      : { type: "text", text: `${rare.repeat(20)} ${reply.value}`, thinking: `${rare} ${reply.value}` };

interface Session {
  readonly core: CoreProcess;
  readonly api: Api;
  readonly temporary: string;
}

let program: readonly string[];
let original: FakeProvider;
let provider: FakeProvider;
let faulty: string;

beforeAll(async () => {
  program = [opened.add(await buildProgram()).cli];
  original = opened.add(await startFakeAnthropic({ tls: stage.identity, gapMs: 1, answer: says }));
  provider = opened.add(await startFakeOpenAiChat({ keys: [storedKey.value], gapMs: 1, answer: says }));
  const folder = opened.add(tempFolder("fault"));
  // An exception that nobody catches, and that quotes what was said, as a fault of ours might.
  const code = `process.on("SIGUSR2", () => { throw new Error(${JSON.stringify(`${rare}${prompt.value}`)}); });`;
  faulty = folder.file("fault.cjs", code);
}, 120_000);
afterAll(() => stage.close());

interface SessionOptions {
  readonly settings?: object;
  readonly args?: (home: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function startSession({ settings = {}, env = {}, args }: SessionOptions = {}): Promise<Session> {
  const temporary = opened.add(tempFolder("tmp")).path;
  const core = await stage.startCore({
    program,
    dial: { [host]: original.port },
    env: { TMPDIR: temporary, ENABLE_REQUEST_LOGS: "", ...env },
    ...(args === undefined ? {} : { args: args(temporary) }),
    config: {
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "local", name: "main", api_key: storedKey.value }],
      routes: [{ match: { host, model: "routed-*" }, to: "local/*" }],
      settings,
    },
  });
  return { core, api: await openApi(core.home), temporary };
}

/** Passed through, rerouted, at the gateway; streamed, whole, refused. */
async function converse({ core, api }: Session): Promise<void> {
  const dispatcher = undiciThrough(core);
  const question = (model: string, stream: boolean): object => ({
    model,
    max_tokens: 64,
    stream,
    messages: [{ role: "user", content: `${rare} ${prompt.value}` }],
  });
  const ask = async (model: string, stream: boolean): Promise<string> => {
    const answered = await undiciFetch(`https://${host}/v1/messages`, {
      method: "POST",
      dispatcher,
      headers: {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": clientKey.value,
      },
      body: JSON.stringify(question(model, stream)),
    });
    return `${answered.status} ${await answered.text()}`;
  };
  const call = async (model: string, stream: boolean): Promise<string> => {
    const answered = await api.keyed("/v1/chat/completions", { body: question(model, stream) });
    return `${answered.status} ${answered.text}`;
  };
  try {
    const told = await Promise.all(
      [false, true].flatMap((stream) => [
        ask("claude-passed", stream),
        ask("routed-m", stream),
        call("local/m", stream),
      ]),
    );
    for (const one of told) expect(one).toMatch(new RegExp(`^200 .*${rare}`, "s"));
    expect(await ask("refuses", false)).toContain(failure.value);
    expect(await call("local/refuses", false)).toMatch(/^400 /);
    expect(await call("local/is-busy", true)).toMatch(/^429 /);
  } finally {
    await dispatcher.close();
  }
}

/** Everything of ours that lies on the disk, by name. */
function atRest({ core, temporary }: Session): readonly { readonly path: string; readonly text: string }[] {
  return [core.home, temporary].flatMap((folder) =>
    liveFiles(folder).map(({ name, bytes }) => ({ path: join(folder, name), text: `${name}\n${bytes.toString()}` })),
  );
}

function spoken(session: Session): readonly string[] {
  const forms = [rare, JSON.stringify(rare), encodeURIComponent(rare), "\\ua66e"];
  return atRest(session).flatMap(({ path, text }) => [
    ...hitsIn(text, words).map((hit) => `${path}: ${hit.canary.place}, ${hit.form}: ${hit.around}`),
    ...forms.filter((form) => text.includes(form)).map((form) => `${path}: ${form}`),
  ]);
}

/** A search of nothing proves nothing: the core has it, and has written files of its own. */
async function remembered({ core, api }: Session): Promise<void> {
  const { flows } = (await api.get("/api/flows")) as { readonly flows: readonly { readonly id: string }[] };
  const all = await Promise.all(flows.map(({ id }) => api.socket(`/api/flows/${id}`)));
  expect(flows.length).toBe(9);
  for (const { text } of all) expect(text).toContain(prompt.value);
  expect(liveFiles(core.home).map(({ name }) => name)).toContain("config.yaml");
}

describe("T9: with nothing switched on, nothing that was said lies on the disk", () => {
  it("while it runs, after a fault that nobody caught, and after a proper end", async () => {
    const session = await startSession({ env: { NODE_OPTIONS: `--require ${faulty}` } });
    await converse(session);
    await remembered(session);
    expect(spoken(session)).toEqual([]);
    session.core.signal("SIGUSR2");
    await waitFor("the fault to be told", () => session.core.stderr().includes("a fault of Switchyard itself"));
    expect(spoken(session)).toEqual([]);
    session.core.signal("SIGTERM");
    expect(await within("the core to end", session.core.exited)).toBe(0);
    expect(spoken(session)).toEqual([]);
    expect(hitsIn(session.core.stderr(), words)).toEqual([]);
  }, 60_000);

  it("after kill -9 in the middle of an answer", async () => {
    const session = await startSession();
    await converse(session);
    provider.answerWith(() => ({ type: "silence" }));
    try {
      const body = { model: "local/m", messages: [{ role: "user", content: `${rare} ${prompt.value}` }] };
      const left = session.api.keyed("/v1/chat/completions", { body }).catch(() => null);
      await waitFor("the call to be asked", () => provider.seen.at(-1)?.status === 0);
      session.core.signal("SIGKILL");
      await within("the core to die", session.core.exited);
      await left;
    } finally {
      provider.answerWith(says);
    }
    expect(spoken(session)).toEqual([]);
  }, 60_000);
});

describe("T9: what was asked for", () => {
  it("lies there for its owner alone, without a credential", async () => {
    let recording = "";
    const session = await startSession({
      settings: { request_logs: true },
      args: (folder) => {
        mkdirSync(join(folder, "kept"), { mode: 0o755 });
        recording = join(folder, "kept", "calls.jsonl");
        return ["--record", recording];
      },
    });
    await converse(session);
    session.core.signal("SIGTERM");
    await within("the core to end", session.core.exited);
    const holders = new Set(spoken(session).map((hit) => hit.slice(0, hit.indexOf(": "))));
    const logs = join(session.core.home, "logs", "requests");
    expect(holders).toContain(recording);
    expect([...holders].filter((path) => path.startsWith(logs)).length).toBeGreaterThanOrEqual(6);
    expect([...holders].filter((path) => path !== recording && !path.startsWith(logs))).toEqual([]);
    for (const path of holders) expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o600]);
    expect(statSync(logs).mode & 0o777).toBe(0o700);
    const secrets = atRest(session)
      .filter(({ path }) => holders.has(path))
      .flatMap(({ path, text }) => hitsIn(text, [storedKey, clientKey]).map(({ around }) => `${path}: ${around}`));
    expect(secrets).toEqual([]);
  }, 60_000);
});
