import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor, within } from "../../../test/support/wait.ts";
import { usualTarget } from "../../engine/translate/usual-target.ts";
import { textFormatIds } from "../../engine/formats/format.ts";
import { aCall, chunk } from "./__fixtures__/calls.ts";
import type { RecordedCall } from "./format.ts";
import { type Player, type PlayerOptions, startPlayer } from "./player.ts";

interface Bench extends Player {
  /** How long was waited each time, ms. */
  readonly slept: readonly number[];
  readonly said: readonly string[];
}

/** Time passes only where the player waits for it, and at once. */
async function play(calls: readonly RecordedCall[], more: Partial<PlayerOptions> = {}): Promise<Bench> {
  const slept: number[] = [];
  const said: string[] = [];
  let now = 1_000;
  const player = await startPlayer({
    calls,
    match: "strict",
    loop: false,
    speed: 1,
    host: "127.0.0.1",
    port: 0,
    clock: { now: () => now, monotonic: () => now },
    sleep(ms) {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    onRequest: (text) => said.push(text),
    ...more,
  });
  onTestFinished(() => player.close());
  return { ...player, slept, said };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly isWhole: boolean;
}

const usual = { model: "claude-x", messages: [{ role: "user", content: "hi" }] };

interface Asking {
  readonly path?: string;
  readonly body?: unknown;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(url: string, asking: Asking = {}): Promise<Answer> {
  const { path = "/v1/messages", body = usual, method = "POST", headers = {} } = asking;
  const request = httpRequest(url + path, { method, headers, agent: false });
  request.end(method === "POST" ? JSON.stringify(body) : undefined);
  const answered = once(request, "response") as Promise<[IncomingMessage]>;
  const [reply] = await within("an answer", answered);
  let text = "";
  const ended = new Promise<boolean>((resolve) => {
    reply.on("end", () => resolve(true));
    reply.on("error", () => resolve(false));
    reply.on("aborted", () => resolve(false));
  });
  reply.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const isWhole = await within("the end of the answer", ended);
  return { status: reply.statusCode ?? 0, headers: reply.headers, text, isWhole };
}

describe("a recording that is played", () => {
  it("answers with the recorded pieces, each at its time after the request", async () => {
    const player = await play([aCall()]);
    const answer = await ask(player.url);
    expect(answer).toMatchObject({ status: 200, text: "data: 1\n\ndata: 2\n\ndata: 3\n\n", isWhole: true });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    // The request took 20 ms, its head came at 120: 100 ms later.
    expect(player.slept).toEqual([100, 200, 500, 80]);
    expect(player.said).toEqual(["POST /v1/messages: call 1, 200"]);
  });

  it.each([
    [2, [50, 100, 250, 40]],
    [0.5, [200, 400, 1_000, 160]],
    [null, []],
  ])("goes %s times as fast", async (speed, slept) => {
    const player = await play([aCall()], { speed });
    expect((await ask(player.url)).isWhole).toBe(true);
    expect(player.slept).toEqual(slept);
  });

  it("writes every piece by itself", async () => {
    const waits: (() => void)[] = [];
    const player = await play([aCall()], { sleep: () => new Promise((resolve) => waits.push(resolve)) });
    const request = httpRequest(`${player.url}/v1/messages`, { method: "POST", agent: false });
    request.end(JSON.stringify(usual));
    const answered = once(request, "response") as Promise<[IncomingMessage]>;
    const next = (): Promise<() => void> => waitFor("the player to wait", () => waits.shift());
    (await next())();
    const [reply] = await answered;
    let text = "";
    reply.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    (await next())();
    expect(await waitFor("the first piece", () => text)).toBe("data: 1\n\n");
    (await next())();
    await waitFor("the second piece", () => text === "data: 1\n\ndata: 2\n\n");
    (await next())();
    await waitFor("the third piece", () => text.endsWith("data: 3\n\n"));
    expect(reply.readableEnded).toBe(false);
    (await next())();
    await once(reply, "end");
  });

  it("tells the length of what is no stream", async () => {
    const headers = [["content-type", "application/json"]] as const;
    const whole = { headers, chunks: [chunk(120, '{"a":'), chunk(130, '"ü"}')] };
    const player = await play([aCall({ reply: whole })]);
    expect((await ask(player.url)).headers).toMatchObject({ "content-length": "10" });
  });

  it("breaks where the answer was cut, and never makes it look whole", async () => {
    const cut = { chunks: [chunk(120, "data: 1\n\n"), chunk(200, "data: ")], endedAtMs: 250, end: "cut" } as const;
    const player = await play([aCall({ reply: cut })]);
    expect(await ask(player.url)).toMatchObject({ status: 200, text: "data: 1\n\ndata: ", isWhole: false });
    expect(player.slept).toEqual([100, 80, 50]);
  });

  it("breaks at once where there was no answer", async () => {
    const player = await play([aCall({ reply: null })]);
    await expect(ask(player.url)).rejects.toThrow("socket hang up");
  });

  it("answers with errors as they were, head by head", async () => {
    const error = {
      status: 529,
      headers: [
        ["content-type", "application/json"],
        ["retry-after", "7"],
        ["set-cookie", "a=•••"],
        ["x-odd", "a\nb"],
      ] as const,
      chunks: [chunk(120, '{"type":"error"}')],
    };
    const player = await play([aCall({ reply: error })]);
    const answer = await ask(player.url);
    expect(answer).toMatchObject({ status: 529, text: '{"type":"error"}' });
    expect(answer.headers["retry-after"]).toBe("7");
    expect(answer.headers).not.toHaveProperty("set-cookie");
  });

  it("has no body where there is none", async () => {
    const calls = [aCall({ reply: { status: 204, chunks: [] } }), aCall({ method: "HEAD", body: "" })];
    const player = await play(calls);
    expect(await ask(player.url)).toMatchObject({ status: 204, text: "", isWhole: true });
    expect(await ask(player.url, { method: "HEAD" })).toMatchObject({ status: 200, text: "", isWhole: true });
  });

  it.each(textFormatIds)("says in the words of %s that nothing fits, and which call is nearest", async (format) => {
    const player = await play([aCall()]);
    const path = usualTarget(format, { model: "m", stream: false });
    const { status, text, headers } = await ask(player.url, { path, body: { model: "other", messages: [] } });
    expect(status).toBe(404);
    expect(headers["x-should-retry"]).toBe("false");
    expect(text).toContain("switchyard replay: no recorded call fits POST ");
    expect(text).toContain("the nearest is call 1 of 1, POST /v1/messages (claude-x)");
    expect(JSON.parse(text)).toHaveProperty("error.message");
  });

  it.each([
    ["/generateAssistantResponse", {}],
    ["/", { "x-amz-target": "AmazonCodeWhispererStreamingService.GenerateAssistantResponse" }],
  ])("says it in Kiro's words, by path and by header: %s", async (path, headers) => {
    const player = await play([aCall()]);
    const { status, text } = await ask(player.url, { path, headers, body: { conversationState: {} } });
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({
      __type: expect.any(String),
      message: expect.stringContaining("no recorded call fits"),
    });
  });

  it("says so of an address that is no model's, too", async () => {
    const player = await play([aCall()]);
    const { status, text } = await ask(player.url, { path: "/v1/files", method: "GET" });
    expect(status).toBe(404);
    expect(JSON.parse(text)).toHaveProperty("error.type", "switchyard_replay");
  });

  it("plays to several clients at once, each in its own time", async () => {
    const player = await play(
      ["a", "b", "c"].map((text) => aCall({ body: { text }, reply: { chunks: [chunk(120, text)] } })),
      { speed: null },
    );
    const answers = await Promise.all(["c", "a", "b"].map((text) => ask(player.url, { body: { text } })));
    expect(answers.map(({ text }) => text)).toEqual(["c", "a", "b"]);
    await within("everything to be played", player.played);
  });

  it("stops when its client goes away", async () => {
    const signals: AbortSignal[] = [];
    const player = await play([aCall()], {
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          signal.addEventListener("abort", () => resolve());
        }),
    });
    const request = httpRequest(`${player.url}/v1/messages`, { method: "POST", agent: false });
    request.on("error", () => {});
    request.end(JSON.stringify(usual));
    await waitFor("the player to wait", () => signals.length > 0);
    request.destroy();
    await waitFor("it to hear of it", () => signals[0]?.aborted);
    await within("the call to count as played", player.played);
    expect(signals).toHaveLength(1);
  });

  it("waits for a client that does not read, and loses nothing", async () => {
    const big = "x".repeat(64 * 1024);
    const chunks = Array.from({ length: 200 }, (_, index) => chunk(121 + index, big));
    const player = await play([aCall({ reply: { chunks, endedAtMs: 400 } })]);
    const socket = connect(Number(new URL(player.url).port), "127.0.0.1");
    const body = JSON.stringify(usual);
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await waitFor("the player to begin", () => player.slept.length > 1);
    // Nobody reads: after the buffers of both ends are full it does not go on.
    let before = -1;
    let still = 0;
    await waitFor("the player to stand still", () => {
      still = player.slept.length === before ? still + 1 : 0;
      before = player.slept.length;
      return still >= 5;
    });
    expect(before).toBeLessThan(200);
    let size = 0;
    socket.on("data", (bytes: Buffer) => (size += bytes.byteLength));
    await once(socket, "close");
    expect(size).toBeGreaterThan(200 * big.length);
  });

  it.each([
    ["a foreign name", { host: "evil.example" }, "/v1/messages"],
    ["a page's origin", { origin: "https://evil.example" }, "/v1/messages"],
    ["a page's mark", { "sec-fetch-site": "cross-site" }, "/v1/messages"],
  ])("is not for web pages: %s", async (_what, headers, path) => {
    const player = await play([aCall()]);
    expect(await ask(player.url, { path, headers })).toMatchObject({ status: 403 });
    expect((await ask(player.url)).status).toBe(200);
  });
});
