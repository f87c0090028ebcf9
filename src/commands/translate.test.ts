/** `switchyard translate` as a process: bytes in on stdin, bytes out on stdout, and what to say about it on stderr. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { tempFolder } from "../../test/support/temp.ts";
import { own } from "../base/json.ts";
import { type FormatId, textFormatIds, type WriterOptions } from "../engine/formats/format.ts";
import { formats } from "../engine/formats/table.ts";
import { accumulate } from "../engine/hub/accumulate.ts";
import { replay } from "../engine/hub/replay.ts";
import type { HubReply } from "../engine/hub/reply.ts";
import type { HubRequest } from "../engine/hub/request.ts";
import { usualTarget } from "../engine/translate/usual-target.ts";
import { commandBench } from "./__fixtures__/command-bench.ts";
import { asFailure, failureText } from "./failure.ts";
import { commandTable } from "./program.ts";
import { translate, type TranslateArguments } from "./translate.ts";

const cliPath = fileURLToPath(new URL("../cli.ts", import.meta.url));
const home = tempFolder("translate");
afterAll(() => home.close());

interface Ended {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

function launch(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", import.meta.resolve("tsx"), cliPath, "translate", ...args], {
    env: { PATH: process.env["PATH"], HOME: home.path, SWITCHYARD_HOME: home.path },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess, ...input: readonly (string | Uint8Array)[]): Promise<Ended> {
  const out: Buffer[] = [];
  let err = "";
  child.stdout?.on("data", (bytes: Buffer) => out.push(bytes));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
  // A program that has seen enough closes its input.
  child.stdin?.on("error", () => undefined);
  for (const piece of input) child.stdin?.write(piece);
  child.stdin?.end();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: Buffer.concat(out), err };
}

async function translated(args: string, ...input: readonly (string | Uint8Array)[]): Promise<Ended> {
  return ended(launch(...args.split(" ")), ...input);
}

const request: HubRequest = {
  model: "asked",
  messages: [
    { role: "system", parts: [{ type: "text", text: "be brief" }] },
    { role: "user", parts: [{ type: "text", text: "שלום 👩‍👩‍👧" }] },
  ],
  tools: [{ kind: "function", name: "read", parameters: { type: "object", properties: {} } }],
  stream: false,
  wantsStreamUsage: true,
  maxTokens: 100,
  stop: [],
  extras: {},
};

const reply: HubReply = {
  id: "reply-1",
  model: "served",
  parts: [
    { type: "text", text: 'שלום "quoted" 👩‍👩‍👧\n' },
    { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a b"}', kind: "function" },
  ],
  finish: { reason: "tool-calls", raw: null },
  usage: { input: 120, output: 30, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
  losses: [],
};

function writerOptions(format: FormatId, stream: boolean): WriterOptions {
  const target = usualTarget(format, { model: "served", stream });
  return { model: "served", request, usageBuffer: 0, fallbackId: "f", createdAt: 1_700_000_000, target };
}

function streamOf(format: FormatId): Buffer {
  const writer = formats[format].client.streamWriter(writerOptions(format, true));
  return Buffer.concat(replay(reply).flatMap((event) => writer.push(event)));
}

function requestOf(format: FormatId): Buffer {
  const written = formats[format].provider.writeRequest(request, {
    model: "asked",
    maxTokensDefault: 100,
    project: "mine",
  });
  if (!written.ok) throw new Error(written.error.message);
  return Buffer.from(written.value.body);
}

function textAndCalls(format: FormatId, bytes: Uint8Array): unknown {
  const reader = formats[format].provider.streamReader();
  const read = accumulate([...reader.push(bytes), ...reader.end()]);
  if (!read.ok) throw new Error(`${read.error.message}\n${Buffer.from(bytes).toString()}`);
  return read.value.parts.map((part) =>
    part.type === "tool-call" ? [part.name, JSON.parse(part.arguments)] : part.type === "text" ? part.text : part.type,
  );
}

const claudeBody = JSON.stringify({
  model: "claude-sonnet-4-5",
  max_tokens: 50,
  system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral" } }],
  messages: [{ role: "user", content: "hi" }],
});

/** What each pair makes of everything is tried in src/engine/translate/; here every pair is run once as a person runs it. */
describe.each(textFormatIds)("from %s", { timeout: 60_000 }, (from) => {
  it("turns a stream into every other format's", async () => {
    const wanted = textAndCalls(from, streamOf(from));
    const all = await inTurn(textFormatIds, async (to) => {
      const { code, out, err } = await translated(`--from ${from} --to ${to} --stream`, streamOf(from));
      return { to, code, said: code === 0 ? textAndCalls(to, out) : err };
    });
    expect(all).toEqual(textFormatIds.map((to) => ({ to, code: 0, said: wanted })));
  });

  it("turns a request into another format's", async () => {
    const to = textFormatIds[(textFormatIds.indexOf(from) + 1) % textFormatIds.length] ?? from;
    const wish = { model: "asked", stream: false };
    const ran = await translated(`--from ${from} --to ${to} --path ${usualTarget(from, wish)}`, requestOf(from));
    expect(ran.code).toBe(0);
    const body: unknown = JSON.parse(ran.out.toString());
    const read = formats[to].client.readRequest(body, usualTarget(to, wish));
    expect(read).toMatchObject({ ok: true, value: { request: { model: "asked", maxTokens: 100 } } });
  });
});

describe.each(["kiro", "cursor"] as const)("%s, whose streams are bytes", (binary) => {
  it.each([true, false])("comes out of a stream and goes into one; streamed on: %s", async (isStream) => {
    const wish = isStream ? " --stream" : "";
    const made = await inProcess(`--from claude --to ${binary} --direction response${wish}`, streamOf("claude"));
    expect({ code: made.code, err: made.err.replaceAll(/^loss: .+\n/gm, "") }).toEqual({ code: 0, err: "" });
    const back = await inProcess(`--from ${binary} --to claude --direction response --stream`, made.out);
    expect(back).toMatchObject({ code: 0 });
    expect(textAndCalls("claude", back.out)).toEqual(textAndCalls("claude", streamOf("claude")));
    const whole = await inProcess(`--from ${binary} --to claude --direction response`, made.out);
    expect(JSON.parse(whole.out.toString())).toMatchObject({ stop_reason: "tool_use" });
  });

  it("becomes a file and comes from one, by the program", async () => {
    const made = await translated(`--from claude --to ${binary} --direction response --stream`, streamOf("claude"));
    expect(made.code).toBe(0);
    const back = await translated(`--from ${binary} --to claude --direction response --stream`, made.out);
    expect(textAndCalls("claude", back.out)).toEqual(textAndCalls("claude", streamOf("claude")));
  });

  it("is what a request becomes", async () => {
    const ran = await inProcess(`--from claude --to ${binary} -v`, claudeBody);
    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/^path: \/.+$/m);
    expect(ran.out.toString("utf8")).toContain("hi");
  });

  it("is not what noise is: a reason, and exit code 2", async () => {
    const noise = Buffer.from([0xf3, 0, 255, 254, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const direction of ["request", "response"]) {
      const ran = await inProcess(`--from ${binary} --to claude --direction ${direction}`, noise);
      expect({ code: ran.code, out: ran.out.toString() }).toEqual({ code: 2, out: "" });
      expect(ran.err).toMatch(
        new RegExp(`^error: the input cannot be read as a ${direction} in ${binary}\n {2}why: .+\n`),
      );
    }
  });

  it("that was cut is told, and exits with 1", async () => {
    const { out } = await inProcess(`--from claude --to ${binary} --direction response --stream`, streamOf("claude"));
    const ran = await inProcess(
      `--from ${binary} --to claude --direction response --stream`,
      out.subarray(0, out.length - 3),
    );
    expect(ran.code).toBe(1);
    expect(ran.out.toString()).toContain("event: error");
    expect(ran.err).toContain("the reply is not whole");
  });
});

/** Two at a time: each is a process, and this machine may have two cores. */
async function inTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let index = 0; index < items.length; index += 2) {
    results.push(...(await Promise.all(items.slice(index, index + 2).map(run))));
  }
  return results;
}

/** The same in this process, for what needs no other: the failure as the program would print it, and its exit code. */
async function inProcess(args: string, input: string | Uint8Array): Promise<Ended> {
  const bench = commandBench();
  const out: Uint8Array[] = [];
  const context = {
    ...bench.context,
    stdin: Readable.from([Buffer.from(input)]),
    stdout: { write: (chunk: string | Uint8Array) => out.push(Buffer.from(chunk)) },
  };
  const result = { exitCode: 0 };
  try {
    await commandTable(context, result).parseAsync(["node", "switchyard", "translate", ...args.split(" ")]);
    return { code: result.exitCode, out: Buffer.concat(out), err: bench.err() };
  } catch (error) {
    const failure = asFailure(error);
    return { code: failure.exitCode, out: Buffer.concat(out), err: bench.err() + failureText(failure) };
  } finally {
    await bench.close();
  }
}

describe("a request", () => {
  it("comes out alone; what it lost, and with -v where it belongs, is on stderr", async () => {
    const ran = await translated("--from claude --to openai-chat -v", claudeBody);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out.toString())).toMatchObject({ model: "claude-sonnet-4-5", max_tokens: 50 });
    expect(ran.err).toMatch(/^path: \/chat\/completions$/m);
    expect(ran.err).toMatch(/^loss: cache-mark: .+$/m);
  });

  it("says nothing where nothing was lost", async () => {
    const body = JSON.stringify({ model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] });
    expect((await inProcess("--from claude --to openai-chat", body)).err).toBe("");
  });

  it("of thirty megabytes goes through, of more than 32 MiB does not", async () => {
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "A".repeat(30_000_000) } };
    const body = JSON.stringify({ model: "m", max_tokens: 5, messages: [{ role: "user", content: [image] }] });
    const ran = await translated("--from claude --to openai-chat", body);
    expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: "" });
    expect(ran.out.byteLength).toBeGreaterThan(30_000_000);
    const larger = await translated("--from claude --to openai-chat", body, " ".repeat(5_000_000));
    expect(larger).toMatchObject({ code: 2, err: expect.stringContaining("larger than 32 MiB") });
    expect(larger.out.byteLength).toBe(0);
  });

  it("nested a hundred deep goes through", async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`) as unknown;
    const tool = { name: "t", input_schema: { type: "object", properties: { deep } } };
    const body = JSON.stringify({
      model: "m",
      max_tokens: 5,
      messages: [{ role: "user", content: "hi" }],
      tools: [tool],
    });
    expect((await inProcess("--from claude --to openai-chat", body)).code).toBe(0);
  });

  it("cannot reach into the program through its names", async () => {
    const body = `{"model":"m","max_tokens":5,"__proto__":{"stream":true},"constructor":{"a":1},"messages":[{"role":"user","content":"hi","__proto__":{"x":1}}],"tools":[{"name":"__proto__","input_schema":{"type":"object","properties":{"__proto__":{"type":"string"}}}}]}`;
    const ran = await inProcess("--from claude --to openai-chat", body);
    expect(ran.code).toBe(0);
    const out: unknown = JSON.parse(ran.out.toString());
    expect(own(out, "stream")).not.toBe(true);
    expect(ran.out.toString()).toContain('"__proto__":{"type":"string"}');
  });

  it("with half of a surrogate pair comes out as JSON that can be read", async () => {
    const body = String.raw`{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a\ud83dz"}]}`;
    const ran = await inProcess("--from claude --to openai-chat", body);
    expect(ran.code).toBe(0);
    expect(JSON.stringify(JSON.parse(ran.out.toString()))).toMatch(/a(?:\\ud83d|�)z/);
  });
});

describe("input that is none", () => {
  const request = "--from claude --to openai-chat --direction request";
  const response = "--from claude --to openai-chat --direction response";
  it.each([
    [request, "", "the input is empty"],
    [request, "{broken", "the body is not JSON"],
    [request, '{"model":1,"messages":"x"}', "messages: a list is required"],
    [request, '{"messages":[]}', "say which: switchyard translate --model NAME"],
    [request, "[".repeat(100_000), "nested deeper"],
    [request, Buffer.from([0, 255, 254, 1, 2, 3]), "the body is not JSON"],
    [request, '{"type":"message","role":"assistant","content":[]}', "--direction response"],
    [response, "", "it is empty"],
    [response, Buffer.from([0, 255, 254, 1, 2, 3, 4, 5]), "it begins like nothing that a provider sends"],
    [`${response} --stream`, '{"hello":1}', "no content list"],
    [response, '{"content":', "it is not JSON"],
  ])("is told with its reason and what to type next, and exits with 2: %s < %s", async (args, input, why) => {
    const { code, out, err } = await inProcess(args, input);
    expect({ code, out: out.toString() }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(
      /^error: the input cannot be read as a (request|response) in claude\n {2}why: .+\n {2}next: .+\n$/,
    );
    expect(err).toContain(why);
  });

  it.each([
    ["--from clode --to openai-chat", 'did you mean "claude"?'],
    ["--from claude --to openai-chat --direction sideways", "neither request nor response"],
  ])("is an argument: %s", async (args, why) => {
    expect(await inProcess(args, claudeBody)).toMatchObject({ code: 2, err: expect.stringContaining(why) });
  });

  it("is told by the program as well", async () => {
    const [missing, broken] = await Promise.all([
      translated("--from claude", claudeBody),
      translated("--from claude --to openai-chat", "{"),
    ]);
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("--to <format>") });
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining("the body is not JSON") });
  });

  it("is a terminal", async () => {
    const bench = commandBench();
    const context = { ...bench.context, stdin: { isTTY: true } };
    const options: TranslateArguments = { from: "claude", to: "openai-chat", stream: false, verbose: false };
    await expect(translate(context, options)).rejects.toMatchObject({
      exitCode: 2,
      next: expect.stringContaining("<"),
    });
    await bench.close();
  });
});

describe("a reply", () => {
  const chatChunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: "x", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

  it("goes out piece by piece, before the input is over", async () => {
    const child = launch("--from", "openai-chat", "--to", "claude", "--stream", "--direction", "response");
    child.stdin?.write(chatChunk({ content: "first" }));
    let seen = "";
    for await (const bytes of child.stdout ?? []) {
      seen += String(bytes);
      if (seen.includes("first")) break;
    }
    expect(seen).toContain('"text":"first"');
    child.kill();
    await once(child, "close");
  });

  it("that was cut ends with an error, in words and in the exit code", async () => {
    const ran = await translated("--from openai-chat --to claude --stream", chatChunk({ content: "half" }));
    expect(ran.code).toBe(1);
    expect(ran.out.toString()).toMatch(/half[^]*event: error\n/);
    expect(ran.out.toString()).not.toContain("message_stop");
    expect(ran.err).toMatch(/^error: the reply is not whole\n {2}why: .+\n {2}next: .+\n$/);
  });

  it("that was cut is an error body where one piece was wanted", async () => {
    const ran = await inProcess("--from openai-chat --to claude", chatChunk({ content: "half" }));
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out.toString())).toMatchObject({ type: "error" });
  });

  it("of broken frames ends with an error, and reads no further", async () => {
    const ran = await translated(
      "--from openai-chat --to claude --stream",
      `${chatChunk({ content: "half" })}data: {broken\n\n`,
      chatChunk({ content: "never" }).repeat(1000),
    );
    expect(ran.code).toBe(1);
    expect(ran.out.toString()).toContain("event: error");
    expect(ran.out.toString()).not.toContain("never");
  });

  it("that is an error is a result", async () => {
    const body = JSON.stringify({ error: { message: "slow down", code: "rate_limit_exceeded" } });
    const ran = await inProcess("--from openai-chat --to claude --direction response --stream -v", body);
    expect(ran).toMatchObject({ code: 0, err: "status: 429\n" });
    expect(JSON.parse(ran.out.toString())).toEqual({
      type: "error",
      error: { type: "rate_limit_error", message: "slow down" },
    });
  });

  it("whole becomes a stream, and a stream whole", async () => {
    const whole = JSON.stringify({
      id: "x",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "all of it" }, finish_reason: "stop" }],
    });
    const [streamed, one] = await Promise.all([
      inProcess("--from openai-chat --to claude --direction response --stream", whole),
      inProcess("--from openai-chat --to claude", `${chatChunk({ content: "all of it" }, "stop")}data: [DONE]\n\n`),
    ]);
    expect(textAndCalls("claude", streamed.out)).toEqual(["all of it"]);
    expect(JSON.parse(one.out.toString())).toMatchObject({ content: [{ type: "text", text: "all of it" }] });
  });

  it("is not held back by a reader that has gone", async () => {
    const child = launch("--from", "openai-chat", "--to", "claude", "--stream");
    const end = once(child, "close");
    let err = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.stdin?.on("error", () => undefined);
    child.stdin?.write(chatChunk({ content: "first" }));
    await once(child.stdout ?? child, "data");
    child.stdout?.destroy();
    for (let index = 0; index < 200; index += 1) child.stdin?.write(chatChunk({ content: "more".repeat(1000) }));
    child.stdin?.end();
    const [code] = (await end) as [number | null];
    expect({ code, err }).toEqual({ code: 1, err: "" });
  });
});

it("translates without a core, a configuration or anything left behind", async () => {
  await translated("--from claude --to openai-chat", claudeBody);
  expect(readdirSync(home.path)).toEqual([]);
});
