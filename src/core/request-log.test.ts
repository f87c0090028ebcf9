import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../test/support/temp.ts";
import { createRedactor } from "../base/redact.ts";
import type { CallLog } from "../base/request-log.ts";
import { Secret } from "../base/secret.ts";
import { envelope } from "../engine/codecs/connect.ts";
import { encodeMessage } from "../engine/formats/cursor/wire/schema.ts";
import { type CoreRequestLog, createRequestLog, type RequestLogDeps, requestLogLimits } from "./request-log.ts";
import { type LogFiles, systemLogFiles } from "./request-log/files.ts";

let folder: TempFolder;
let root: string;
const told: string[] = [];

beforeEach(() => {
  folder = tempFolder("request-log");
  root = join(folder.path, "logs", "requests");
  told.length = 0;
});
afterEach(() => folder.close());

const registered = "proxy/token+of-this-install=1234";

function newLog(more: Partial<RequestLogDeps> = {}): CoreRequestLog {
  const redactor = createRedactor();
  redactor.register(registered);
  return createRequestLog({ root, isEnabled: () => true, redactor, onTrouble: (text) => told.push(text), ...more });
}

const at = new Date(2026, 10, 3, 14, 5, 9).getTime();
const call = { source: "claude", target: "openai-chat", model: "claude-sonnet-4-5", at };
const name = "claude_openai-chat_claude-sonnet-4-5_20261103_140509";

const jsonHead = { status: 200, headers: [["content-type", "application/json; charset=utf-8"]] } as const;
const streamHead = { status: 200, headers: [["Content-Type", "text/event-stream"]] } as const;

function logWhole(log: CallLog): void {
  log.stage("1_req_client", () => ({
    method: "POST",
    url: "https://api.anthropic.com/v1/messages?beta=true",
    headers: [
      ["Content-Type", "application/json"],
      ["x-twice", "a"],
      ["x-twice", "b"],
    ],
    body: Buffer.from('{"model":"claude-sonnet-4-5","n":1.0,"n":12345678901234567890}'),
  }));
  log.stage("2_req_source", () => ({ format: "claude", why: "the path", body: { model: "m" } }));
  log.stage("3_req_openai", () => ({ model: "m", messages: [], temperature: undefined }));
  log.stage("4_req_target", () => ({
    method: "POST",
    url: "http://127.0.0.1/v1",
    headers: [],
    body: Buffer.from("{}"),
  }));
  log.replyHead(streamHead);
  log.append("5_res_provider", Buffer.from("data: {}\n\n"));
  log.events([{ type: "reply-start" }, { type: "text-delta", text: "a\nb" }]);
  log.append("7_res_client", Buffer.from("event: ping\n\n"));
  log.stage("6_error", () => ({ kind: "truncated", message: "cut", status: 200, raw: "x" }));
  log.end();
}

function read(file: string, inFolder = name): string {
  return readFileSync(join(root, inFolder, file), "utf8");
}

function json(file: string, inFolder = name): ReturnType<typeof JSON.parse> {
  return JSON.parse(read(file, inFolder)) as unknown;
}

describe("the folder of a call", () => {
  it("is named for dialects, model and local time, and holds one file for each stage", async () => {
    const log = newLog();
    logWhole(log.open(call));
    await log.flush();
    expect(readdirSync(root)).toEqual([name]);
    expect(readdirSync(join(root, name)).sort()).toEqual([
      "1_req_client.json",
      "2_req_source.json",
      "3_req_openai.json",
      "4_req_target.json",
      "5_res_provider.txt",
      "6_error.json",
      "6_res_openai.txt",
      "7_res_client.txt",
    ]);
    expect(json("1_req_client.json")).toMatchObject({
      method: "POST",
      url: "https://api.anthropic.com/v1/messages?beta=true",
      headers: { "Content-Type": "application/json", "x-twice": ["a", "b"] },
    });
    expect(json("3_req_openai.json")).toEqual({ model: "m", messages: [] });
    expect(read("5_res_provider.txt")).toBe("200\nContent-Type: text/event-stream\n\ndata: {}\n\n");
    expect(read("6_res_openai.txt")).toBe('{"type":"reply-start"}\n{"type":"text-delta","text":"a\\nb"}\n');
    expect(read("7_res_client.txt")).toBe("event: ping\n\n");
    expect(json("6_error.json")).toEqual({ kind: "truncated", message: "cut", status: 200, raw: "x" });
    expect(told).toEqual([]);
  });

  it("can be read by its owner alone", async () => {
    const log = newLog();
    logWhole(log.open(call));
    await log.flush();
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect([mode(root), mode(join(root, name))]).toEqual([0o700, 0o700]);
    for (const file of readdirSync(join(root, name))) expect(mode(join(root, name, file))).toBe(0o600);
  });

  it("keeps the text of a JSON body as it came: numbers, duplicates and order", async () => {
    const log = newLog();
    logWhole(log.open(call));
    await log.flush();
    expect(read("1_req_client.json")).toContain('{"model":"claude-sonnet-4-5","n":1.0,"n":12345678901234567890}');
  });

  it("has a name of its own for each call within one second", async () => {
    const log = newLog();
    for (const body of ["one", "two", "three"]) {
      const one = log.open(call);
      one.append("7_res_client", body);
      one.end();
    }
    await log.flush();
    expect(readdirSync(root).sort()).toEqual([name, `${name}-2`, `${name}-3`]);
    expect([name, `${name}-2`, `${name}-3`].map((one) => read("7_res_client.txt", one))).toEqual([
      "one",
      "two",
      "three",
    ]);
  });

  it.each([
    ["anthropic/claude-4.5:free", "anthropic-claude-4.5-free"],
    ["../../etc/passwd", "etc-passwd"],
    ["", "unknown"],
    ["מודל", "unknown"],
    ["a\0b\nc", "a-b-c"],
    ["m".repeat(500), "m".repeat(80)],
    [registered, "1234"],
  ])("has a name that every file system takes: model %j", async (model, shown) => {
    const log = newLog();
    const one = log.open({ ...call, model });
    one.append("7_res_client", "x");
    one.end();
    await log.flush();
    expect(readdirSync(root)).toEqual([`claude_openai-chat_${shown}_20261103_140509`]);
  });

  it("shows a provider's whole JSON reply as one document", async () => {
    const log = newLog();
    const one = log.open(call);
    one.replyHead(jsonHead);
    one.append("5_res_provider", Buffer.from('{"id":"x","choi'));
    one.append("5_res_provider", Buffer.from('ces":[]}'));
    one.end();
    await log.flush();
    expect(readdirSync(join(root, name))).toEqual(["5_res_provider.json"]);
    expect(json("5_res_provider.json")).toEqual({
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: { id: "x", choices: [] },
    });
  });

  it("shows what was no JSON after all as text", async () => {
    const log = newLog();
    const one = log.open(call);
    one.replyHead({ ...jsonHead, status: 502 });
    one.append("5_res_provider", "<html>");
    one.end();
    await log.flush();
    expect(json("5_res_provider.json")).toMatchObject({ status: 502, body: "<html>" });
  });

  it("has the head of a reply that never had a body", async () => {
    const log = newLog();
    const one = log.open(call);
    one.replyHead({ status: 503, headers: [["retry-after", "2"]] });
    one.end();
    await log.flush();
    expect(read("5_res_provider.txt")).toBe("503\nretry-after: 2\n\n");
  });

  it("says so where the bytes were left alone", async () => {
    const log = newLog();
    const one = log.open(call);
    one.bytesLeftAlone();
    one.end();
    await log.flush();
    expect(json("3_req_openai.json")).toMatchObject({ leftAlone: expect.stringContaining("same dialect") });
    expect(read("6_res_openai.txt")).toContain("left alone");
  });

  it("grows while the call goes on", async () => {
    const log = newLog();
    const one = log.open(call);
    one.append("7_res_client", "first line\nsecond ");
    await log.flush();
    expect(read("7_res_client.txt")).toBe("first line\n");
    one.append("7_res_client", "line\n");
    one.end();
    await log.flush();
    expect(read("7_res_client.txt")).toBe("first line\nsecond line\n");
  });

  it("has characters whole wherever the bytes were cut", async () => {
    const log = newLog();
    const one = log.open(call);
    for (const byte of Buffer.from("שלום 👩‍👩‍👧\n")) one.append("7_res_client", Uint8Array.of(byte));
    one.end();
    await log.flush();
    expect(read("7_res_client.txt")).toBe("שלום 👩‍👩‍👧\n");
  });

  it("takes nothing more after the end", async () => {
    const log = newLog();
    const one = log.open(call);
    one.append("7_res_client", "a\n");
    one.end();
    one.end();
    one.append("7_res_client", "b\n");
    one.stage("6_error", () => ({}));
    await log.flush();
    expect(readdirSync(join(root, name))).toEqual(["7_res_client.txt"]);
    expect(read("7_res_client.txt")).toBe("a\n");
  });
});

describe("what is kept of a large call", () => {
  const limits = { maxStageBytes: 1_000 };

  it("is cut in streams, and the file says how much is missing", async () => {
    const log = newLog({ limits });
    const one = log.open(call);
    for (let index = 0; index < 30; index += 1) one.append("7_res_client", `${"x".repeat(99)}\n`);
    one.end();
    await log.flush();
    expect(read("7_res_client.txt").startsWith(`${"x".repeat(99)}\n`.repeat(10))).toBe(true);
    expect(read("7_res_client.txt").slice(1_000)).toBe("\n[switchyard: 2000 bytes beyond the first 1000 left out]\n");
  });

  it("is cut in hub events by what they come to as text", async () => {
    const log = newLog({ limits });
    const one = log.open(call);
    for (let index = 0; index < 50; index += 1) {
      one.events([{ text: "y".repeat(400) }]);
      await log.flush();
    }
    one.end();
    await log.flush();
    expect(read("6_res_openai.txt").length).toBeLessThan(2_000);
    expect(read("6_res_openai.txt")).toContain("left out]");
  });

  it("is cut in documents, which stay valid JSON", async () => {
    const log = newLog({ limits });
    const one = log.open(call);
    const messages = Array.from({ length: 100 }, (_, index) => ({ index, text: "z".repeat(50) }));
    one.stage("2_req_source", () => ({ first: 1, messages }));
    one.stage("3_req_openai", () => ({ first: 1, text: "z".repeat(5_000), last: true }));
    one.stage("4_req_target", () => ({ first: 1, body: Buffer.from(JSON.stringify(messages)) }));
    one.end();
    await log.flush();
    for (const file of ["2_req_source.json", "3_req_openai.json", "4_req_target.json"]) {
      expect(json(file)).toMatchObject({ first: 1 });
      expect(read(file)).toContain("left out");
      expect(read(file).length).toBeLessThan(2_500);
    }
  });

  it("is no document at all where it cannot be one", async () => {
    const log = newLog();
    const ring: Record<string, unknown> = {};
    ring["self"] = ring;
    const one = log.open(call);
    one.stage("2_req_source", () => {
      throw new TypeError("no");
    });
    one.stage("3_req_openai", () => ring);
    one.stage("4_req_target", () => [
      1n,
      Symbol("s"),
      undefined,
      Number.NaN,
      new Map([["a", 1]]),
      new Secret("s3cret-s3cret-s3cret"),
    ]);
    one.end();
    await log.flush();
    expect(read("2_req_source.json")).toContain("could not be laid out (TypeError)");
    expect(json("3_req_openai.json")).toHaveProperty("self.self.self");
    expect(json("4_req_target.json")).toEqual(["1", "Symbol(s)", null, null, [["a", 1]], "•••cret"]);
    expect(read("4_req_target.json")).not.toContain("s3cret");
    expect(told).toEqual([]);
  });
});

describe("secrets", () => {
  const secrets = [
    registered,
    "sk-ant-api03-AbCdEf123456_-xyzQRS",
    "sk-proj-AbCdEf1234567890abcdWXYZ",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "ya29.a0AfB_byC-1234567890abcdef",
    "gho_1234567890abcdefABCDEFghij",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "plain0word0without0prefix",
  ] as const;

  function everyFile(): string {
    return readdirSync(root)
      .flatMap((one) => readdirSync(join(root, one)).map((file) => read(file, one)))
      .join("\n");
  }

  it.each(secrets)("are in no file, in no place a call has: %s", async (secret) => {
    const log = newLog();
    const one = log.open({ ...call, model: secret.startsWith("plain") ? "m" : secret });
    const headers = [
      ["Authorization", `Bearer ${secret}`],
      ["x-api-key", secret],
      ["x-goog-api-key", secret],
      ["Cookie", `session=${secret}; other=1`],
      ["Proxy-Authorization", `Basic ${Buffer.from(`switchyard:${secret}`).toString("base64")}`],
    ] as const;
    const body = {
      api_key: secret,
      nested: { list: [{ client_secret: secret }] },
      arguments: JSON.stringify({ password: secret, deeper: JSON.stringify({ apiKey: secret }) }),
      text: `export MY_API_KEY=${secret}\ncurl -H 'Authorization: Bearer ${secret}' https://u:${secret}@h/?key=${secret}`,
    };
    const bytes = Buffer.from(JSON.stringify(body));
    const url = `https://example.com/v1/models/m:generateContent?alt=sse&key=${encodeURIComponent(secret)}`;
    one.stage("1_req_client", () => ({ method: "POST", url, headers, body: bytes }));
    one.stage("2_req_source", () => ({ why: "x", body }));
    one.stage("3_req_openai", () => body);
    one.stage("4_req_target", () => ({ method: "POST", url, headers, body: bytes }));
    one.replyHead({
      status: 200,
      headers: [...headers, ["set-cookie", `sid=${secret}`], ["content-type", "text/plain"]],
    });
    one.append("5_res_provider", Buffer.from(`data: ${JSON.stringify(body)}\n\n`));
    one.events([{ type: "error", error: { message: `refused: Bearer ${secret}` } }, body]);
    one.append("7_res_client", `{"api_key": "${secret}"}`);
    one.stage("6_error", () => ({ kind: "auth", message: `wrong x-api-key: ${secret}` }));
    one.end();
    const whole = log.open(call);
    whole.replyHead({ ...jsonHead, headers: [...jsonHead.headers, ...headers] });
    whole.append("5_res_provider", bytes);
    whole.end();
    await log.flush();
    const text = everyFile();
    expect(readdirSync(root).join(" ")).not.toContain(secret.slice(0, 12));
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(2, 14)]) {
      expect(text).not.toContain(form.slice(0, 12));
    }
    expect(text).toContain("•••");
    expect(
      json("1_req_client.json", readdirSync(root).find((one) => !one.endsWith("-2") && one !== name) ?? name),
    ).toBeTypeOf("object");
  });

  it("are not shown by a cut between two pieces of a stream, wherever it is", async () => {
    const bytes = Buffer.from(`data: {"text":"${registered}"}\ndata: {"api_key":"plain0word0without0prefix"}\n`);
    const log = newLog();
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const one = log.open(call);
      one.append("7_res_client", bytes.subarray(0, cut));
      await log.flush();
      one.append("7_res_client", bytes.subarray(cut));
      one.end();
    }
    await log.flush();
    expect(readdirSync(root).length).toBe(bytes.length - 1);
    expect(everyFile()).not.toContain(registered.slice(0, 12));
    expect(everyFile()).not.toContain("plain0word0w");
  });

  it("in binary frames is found where frames are decoded, and frames of a stream are not written", async () => {
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJqd3QifQ.Y2FuYXJ5c2lnbmF0dXJl";
    const run = encodeMessage("AgentClientMessage", {
      runRequest: { action: { userMessageAction: { userMessage: { text: `use ${token}` } } }, conversationId: "c-1" },
    });
    const log = newLog();
    const one = log.open({ ...call, source: "cursor" });
    one.stage("1_req_client", () => ({
      method: "POST",
      url: "https://api2.cursor.sh/aiserver.v1.BidiService/BidiAppend",
      headers: [["content-type", "application/proto"]],
      body: encodeMessage("BidiAppendRequest", {
        data: Buffer.from(run).toString("hex"),
        requestId: { requestId: "r-1" },
      }),
    }));
    one.replyHead({ status: 200, headers: [["content-type", "text/event-stream"]] });
    one.append("7_res_client", envelope(run));
    one.append("7_res_client", envelope(run));
    one.end();
    await log.flush();
    const [made = ""] = readdirSync(root);
    const texts = readdirSync(join(root, made)).map((file) => readFileSync(join(root, made, file), "utf8"));
    const all = texts.join("\n");
    expect(all).toContain("r-1");
    expect(all).toContain("use ");
    expect(all).toContain("binary frames");
    expect(all).not.toContain("eyJjYW5hcnki");
    expect(all).not.toContain(Buffer.from(token).toString("hex").slice(0, 40));
  });

  it("in packed bytes cannot be seen, so packed bytes are not written", async () => {
    const log = newLog();
    const one = log.open(call);
    one.replyHead({ status: 200, headers: [["content-encoding", "gzip"]] });
    for (let piece = 0; piece < 3; piece += 1) one.append("5_res_provider", Buffer.from([0x1f, 0x8b, piece]));
    one.end();
    await log.flush();
    expect(read("5_res_provider.txt")).toBe(
      "200\ncontent-encoding: gzip\n\n[switchyard: packed (gzip), so it could not be masked: left out]\n",
    );
  });
});

describe("rotation", () => {
  const later = (seconds: number) => ({ ...call, at: at + seconds * 1000 });

  function logCalls(log: CoreRequestLog, count: number, text = "x", from = 0): void {
    for (let index = 0; index < count; index += 1) {
      const one = log.open(later(from + index));
      one.append("7_res_client", text);
      one.end();
    }
  }

  it("removes the oldest calls beyond a number, and no folder of another name", async () => {
    folder.file("logs/requests/kept by hand/note.txt", "mine");
    const log = newLog({ limits: { maxFolders: 3 } });
    logCalls(log, 7);
    await log.flush();
    expect(readdirSync(root).sort()).toEqual([
      "claude_openai-chat_claude-sonnet-4-5_20261103_140513",
      "claude_openai-chat_claude-sonnet-4-5_20261103_140514",
      "claude_openai-chat_claude-sonnet-4-5_20261103_140515",
      "kept by hand",
    ]);
  });

  it("counts what an earlier run left, oldest first", async () => {
    const before = newLog();
    logCalls(before, 3);
    await before.flush();
    const log = newLog({ limits: { maxFolders: 2 } });
    logCalls(log, 1, "x", 60);
    await log.flush();
    expect(readdirSync(root).sort()).toEqual([
      "claude_openai-chat_claude-sonnet-4-5_20261103_140511",
      "claude_openai-chat_claude-sonnet-4-5_20261103_140609",
    ]);
  });

  it("removes the oldest calls beyond a size, but never the last one", async () => {
    const log = newLog({ limits: { maxTotalBytes: 2_500 } });
    logCalls(log, 5, "x".repeat(1_000));
    await log.flush();
    expect(readdirSync(root)).toHaveLength(2);
    logCalls(log, 1, "x".repeat(10_000), 60);
    await log.flush();
    expect(readdirSync(root)).toEqual(["claude_openai-chat_claude-sonnet-4-5_20261103_140609"]);
  });

  it("sorts calls of one second by their number", async () => {
    const log = newLog({ limits: { maxFolders: 2 } });
    for (let index = 0; index < 12; index += 1) {
      const one = log.open(call);
      one.append("7_res_client", "x");
      one.end();
    }
    await log.flush();
    expect(readdirSync(root)).toHaveLength(2);
  });

  it("has bounds of its own when nobody sets any", () => {
    expect(requestLogLimits).toMatchObject({ maxFolders: 200, maxTotalBytes: 256 * 1024 * 1024 });
  });
});

describe("a disk that is slow", () => {
  /** Every write waits until the test lets go. */
  function slowFiles(): { readonly files: LogFiles; readonly letGo: () => void } {
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const files: LogFiles = {
      ...systemLogFiles,
      makeFolder: (path) => gate.then(() => systemLogFiles.makeFolder(path)),
    };
    return { files, letGo: () => letGo() };
  }

  it("makes nobody wait; what does not fit is left out, counted, and told in the last file", async () => {
    const { files, letGo } = slowFiles();
    const log = newLog({ files, limits: { maxQueuedBytes: 10_000, maxStageBytes: 1_000_000 } });
    const one = log.open(call);
    one.append("5_res_provider", `${"a".repeat(4_000)}\n`);
    one.append("5_res_provider", `${"b".repeat(4_000)}\n`);
    one.append("5_res_provider", `${"c".repeat(4_000)}\n`);
    one.append("5_res_provider", `d\n`);
    one.stage("1_req_client", () => ({}));
    one.append("7_res_client", "e\n");
    one.end();
    letGo();
    await log.flush();
    const provider = read("5_res_provider.txt");
    expect(provider).toContain(`${"b".repeat(4_000)}\n`);
    expect(provider).not.toContain("cccc");
    expect(provider).toContain("\n[switchyard: 4001 bytes left out here]\nd\n");
    expect(existsSync(join(root, name, "1_req_client.json"))).toBe(false);
    expect(read("7_res_client.txt")).toBe(
      "e\n\n[switchyard: left out because the disk did not keep up: 4001 bytes of 5_res_provider, all of 1_req_client]\n",
    );
    expect(told).toEqual([
      "left out because the disk did not keep up: 4001 bytes of 5_res_provider, all of 1_req_client",
    ]);
  });

  it("holds no more pieces than the bound, however small they are", async () => {
    const { files, letGo } = slowFiles();
    const log = newLog({ files, limits: { maxQueuedBytes: 20_000 } });
    const one = log.open(call);
    for (let index = 0; index < 10_000; index += 1) one.append("7_res_client", "x");
    one.end();
    letGo();
    await log.flush();
    const kept = read("7_res_client.txt").split("\n")[0]?.length ?? 0;
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThan(200);
    expect(read("7_res_client.txt")).toContain(`left out because the disk did not keep up: ${10_000 - kept} bytes`);
  });

  it("has its room back once it has caught up", async () => {
    const { files, letGo } = slowFiles();
    const log = newLog({ files, limits: { maxQueuedBytes: 10_000, maxStageBytes: 5_000 } });
    const fill = (): void => {
      const one = log.open(call);
      one.stage("1_req_client", () => ({}));
      one.append("7_res_client", "x".repeat(4_000));
      one.end();
    };
    fill();
    fill();
    letGo();
    await log.flush();
    expect(told).toHaveLength(1);
    for (let round = 0; round < 5; round += 1) {
      fill();
      await log.flush();
    }
    expect(told).toHaveLength(1);
    fill();
    fill();
    await log.flush();
    expect(told).toHaveLength(2);
  });

  it("does not hold up the end of the core for longer than a moment", async () => {
    const { files } = slowFiles();
    const log = newLog({ files, limits: { closeMs: 20 } });
    logWhole(log.open(call));
    await log.close();
    expect(log.enabled).toBe(false);
    expect(existsSync(root)).toBe(false);
  });

  it("is given the time it needs at the end of the core", async () => {
    const log = newLog();
    logWhole(log.open(call));
    await log.close();
    expect(readdirSync(join(root, name))).toHaveLength(8);
    logWhole(log.open(call));
    await log.flush();
    expect(readdirSync(root)).toEqual([name]);
  });
});

describe("a disk that fails", () => {
  const fails = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("no space for sk-secret"), { code: "ENOSPC" }));
  const throws = (): never => {
    throw new TypeError("broken writer");
  };

  it.each([
    ["makeFolder", fails],
    ["makeFolder", throws],
    ["write", fails],
    ["append", fails],
    ["append", throws],
    ["folders", fails],
    ["remove", fails],
  ] as const)("never reaches the caller: %s", async (broken, how) => {
    let isBroken = true;
    // One broken function of many signatures.
    const files: LogFiles = {
      ...systemLogFiles,
      [broken]: (...args: never[]) => (isBroken ? how() : Reflect.apply(systemLogFiles[broken], null, args)),
    };
    const log = newLog({ files, limits: { maxFolders: 0 } });
    logWhole(log.open(call));
    logWhole(log.open(call));
    await log.flush();
    expect(told.length).toBeLessThanOrEqual(1);
    expect(told.join()).not.toContain("sk-secret");
    isBroken = false;
    logWhole(log.open({ ...call, at: at + 1000 }));
    await log.flush();
    const last = readdirSync(root).sort().at(-1) ?? "";
    expect(readdirSync(join(root, last))).toHaveLength(8);
  });

  it("is told once, and again after it had worked", async () => {
    let isBroken = true;
    const log = newLog({
      files: { ...systemLogFiles, makeFolder: (path) => (isBroken ? fails() : systemLogFiles.makeFolder(path)) },
    });
    const round = async (): Promise<void> => {
      logWhole(log.open(call));
      await log.flush();
    };
    await round();
    await round();
    expect(told).toEqual(["a call could not be written: ENOSPC"]);
    isBroken = false;
    await round();
    isBroken = true;
    await round();
    expect(told).toHaveLength(2);
  });

  it("does not keep what it could not write", async () => {
    const log = newLog({
      files: { ...systemLogFiles, makeFolder: fails },
      limits: { maxQueuedBytes: 10_000, maxStageBytes: 1_000 },
    });
    for (let index = 0; index < 100; index += 1) {
      logWhole(log.open(call));
      await log.flush();
    }
    // Had anything stayed reserved, there would be "left out" news by now.
    expect(told).toEqual(["a call could not be written: ENOSPC"]);
  });
});

describe("the switch", () => {
  it("is not turned in silence: the first call that is written is told, once", () => {
    let begun = 0;
    const log = newLog({ onBegun: () => (begun += 1) });
    expect(begun).toBe(0);
    for (let index = 0; index < 3; index += 1) log.open(call).end();
    expect(begun).toBe(1);
  });

  it("costs nothing while it is off, and works while the core runs", async () => {
    let isOn = false;
    const log = newLog({ isEnabled: () => isOn });
    expect(log.enabled).toBe(false);
    let made = 0;
    const off = log.open(call);
    off.stage("1_req_client", () => (made += 1));
    off.end();
    await log.flush();
    expect([made, existsSync(root)]).toEqual([0, false]);
    isOn = true;
    expect(log.enabled).toBe(true);
    const one = log.open(call);
    isOn = false;
    logWhole(one);
    logWhole(log.open(call));
    await log.flush();
    expect(readdirSync(root)).toEqual([name]);
    expect(readdirSync(join(root, name))).toHaveLength(8);
  });
});
