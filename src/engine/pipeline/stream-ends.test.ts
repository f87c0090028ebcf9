/** How a stream begins and ends for the clients of every dialect, whatever its upstream does. */
import { describe, expect, it } from "vitest";
import { passThrough } from "../../base/exchange.ts";
import { headerValue } from "../../base/headers.ts";
import type { HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { TextFormatId } from "../formats/format.ts";
import { callOf, clientDialects, clientOf } from "./__fixtures__/clients.ts";
import { createRig, json, streamed, type Play } from "./__fixtures__/rig.ts";
import { chatStream, chatText, claudeEvents, claudeStream } from "./__fixtures__/wire.ts";

const ids = clientDialects.map(({ id }) => id);
/** Servers that do not speak the client's dialect: Claude's for the Chat client, Chat's for all others. */
const servers = (id: TextFormatId): string => {
  const type = id === "openai-chat" ? "anthropic-compatible" : "openai-compatible";
  return `
providers:
  first: { type: ${type}, endpoint: "http://127.0.0.1:1001", auth_type: none }
  second: { type: ${type}, endpoint: "http://127.0.0.1:1002", auth_type: none }
combos: { both: [first/m1, second/m2] }
`;
};
const toOne = (id: TextFormatId): string => `${servers(id)}routes: [{ to: first/m1 }]`;
const toBoth = (id: TextFormatId): string => `${servers(id)}routes: [{ to: combo/both }]`;
const twoAccounts = `accounts:
  - { provider: openai, name: a, api_key: "\${A}" }
  - { provider: openai, name: b, api_key: "\${B}" }
routes: [{ to: openai/gpt-5 }]`;

const frames = (id: TextFormatId): readonly string[] =>
  (id === "openai-chat" ? claudeStream(claudeEvents) : chatStream(chatText)).split(/(?<=\n\n)/);
const begun = (id: TextFormatId): string =>
  frames(id)
    .slice(0, id === "openai-chat" ? 4 : 2)
    .join("");
const greeted = (id: TextFormatId): string => frames(id)[0] ?? "";
const whole = (id: TextFormatId): string => frames(id).join("");
const overloaded = (id: TextFormatId): string =>
  id === "openai-chat"
    ? 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    : 'data: {"error":{"message":"Overloaded","code":"server_is_overloaded"}}\n\n';
const cut = new UpstreamError("reset", "body", "connection reset");

/** The `data:` of every event, parsed; an event that is no JSON fails the test that reads it. */
const events = (text: string): readonly Record<string, unknown>[] =>
  text
    .split(/\r?\n\r?\n/)
    .flatMap((event) => event.split(/\r?\n/).filter((line) => line.startsWith("data: ")))
    .map((line) => line.slice(6))
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data) as Record<string, unknown>);

/** What a cut answer must not have: the words by which a client knows a whole one. */
const ends: Readonly<Record<TextFormatId, RegExp>> = {
  claude: /message_stop/,
  "openai-chat": /"finish_reason":"(stop|length|tool_calls)"/,
  "openai-responses": /response\.(completed|incomplete)"/,
  gemini: /"finishReason":"STOP"/,
  "gemini-cli": /"finishReason":"STOP"/,
  antigravity: /"finishReason":"STOP"/,
};
/** The last event of a stream that failed. */
const failures: Readonly<Record<TextFormatId, object>> = {
  claude: { type: "error", error: { message: expect.any(String) } },
  "openai-chat": { error: { message: expect.any(String) } },
  "openai-responses": { type: "response.failed", response: { error: { message: expect.any(String) } } },
  gemini: { error: { code: expect.any(Number) } },
  "gemini-cli": { error: { code: expect.any(Number) } },
  antigravity: { error: { code: expect.any(Number) } },
};

describe.each(ids)("a stream for a %s client", (id) => {
  it.each([
    ["nothing", ""],
    ["a greeting", greeted(id)],
  ])("S14: that breaks after %s is an HTTP error", async (_, text) => {
    const answer = await createRig(toOne(id), () => streamed(text, { cut })).ask(callOf(id, true));
    expect(answer.status).toBe(502);
    expect(clientOf(id).errorIn(answer.text)).toContain("connection reset");
  });

  it("S14: that breaks after a greeting may be another provider's answer instead", async () => {
    const play: Play = (_, turn) => (turn === 1 ? streamed(greeted(id), { cut }) : streamed(whole(id)));
    const answer = await createRig(toBoth(id), play).ask(callOf(id, true));
    expect(answer).toMatchObject({ status: 200, broken: null });
    expect(answer.text).toMatch(ends[id]);
  });

  it.each([
    ["is cut", { cut }],
    ["ends politely without its end", {}],
  ])("S15: that %s after content ends in the dialect's own error, and broken", async (_, how) => {
    const rig = createRig(toBoth(id), () => streamed(begun(id), how));
    const answer = await rig.ask(callOf(id, true));
    expect(answer.status).toBe(200);
    expect(events(answer.text).at(-1)).toMatchObject(failures[id]);
    expect(answer.text).not.toMatch(ends[id]);
    expect(answer.broken).toBeInstanceOf(UpstreamError);
    expect(rig.sent).toHaveLength(1);
  });

  it("S16: whose first event is an error is that error, and another is asked first", async () => {
    const rig = createRig(toBoth(id), () => streamed(overloaded(id)));
    const answer = await rig.ask(callOf(id, true));
    expect([503, 529]).toContain(answer.status);
    expect(clientOf(id).errorIn(answer.text)).toContain("Overloaded");
    expect(rig.sent).toHaveLength(2);
    expect(rig.why("error")[0]).toContain("capacity");
  });

  it("S17: that another provider had to begin anew is the same as if it had been asked first", async () => {
    const good = (): HttpReply => streamed(whole(id), { size: 23 });
    const play: Play = (_, turn) => (turn === 1 ? streamed(greeted(id) + overloaded(id)) : good());
    const { text } = await createRig(toBoth(id), play).ask(callOf(id, true));
    expect(text).toBe((await createRig(toOne(id), good).ask(callOf(id, true))).text);
    if (id === "claude") expect(text.split("event: message_start")).toHaveLength(2);
  });

  it("S18: is a 429 with the wait when all accounts are spent, never a 200 with words", async () => {
    const spent: Play = () =>
      json(429, { error: { message: "slow down", type: "requests", code: "rate_limit_exceeded" } }, [
        ["retry-after", "9"],
      ]);
    const rig = createRig(twoAccounts, spent);
    const answer = await rig.ask(callOf(id, true));
    expect(answer.status).toBe(429);
    expect(headerValue(answer.headers, "retry-after")).toBe("9");
    expect(headerValue(answer.headers, "x-should-retry")).toBe("false");
    expect(clientOf(id).errorIn(answer.text)).toContain("slow down");
    expect(rig.sent).toHaveLength(2);
  });

  it("S22: that dies in the middle of a line leaves no half of it in front of the error", async () => {
    const half = begun(id) + (frames(id)[id === "openai-chat" ? 4 : 2] ?? "").slice(0, 60);
    const answer = await createRig(toOne(id), () => streamed(half, { cut, size: 7 })).ask(callOf(id, true));
    // Every event parses, and the last one is the error.
    expect(events(answer.text).at(-1)).toMatchObject(failures[id]);
    expect(answer.text.endsWith("\n\n") || answer.text.endsWith("\r\n\r\n")).toBe(true);
  });

  it("U13: whose client hangs up takes its upstream back and counts what was used so far", async () => {
    const client = new AbortController();
    let give = (): void => {};
    const rig = createRig(toOne(id), (sent) => {
      const gone = new Promise<never>((_, reject) => {
        sent.request.signal.addEventListener("abort", () => reject(new UpstreamError("aborted", "body", "gone")));
      });
      const body = (async function* () {
        yield Buffer.from(begun(id));
        give();
        yield await gone;
      })();
      return { status: 200, headers: [["content-type", "text/event-stream"]], body };
    });
    const reply = await rig.open({ ...callOf(id, true), signal: client.signal });
    if (reply === passThrough) throw new Error("passed through");
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    give = () => client.abort();
    await expect(iterator.next()).rejects.toMatchObject({ failure: "aborted" });
    expect(rig.sent[0]?.request.signal.aborted).toBe(true);
    expect(rig.sent).toHaveLength(1);
    expect(rig.fact("attempt-ended")).toHaveLength(1);
    expect(rig.timers()).toBe(0);
    // Claude says at the start how large the question was; Chat says nothing before the end.
    if (id === "openai-chat") expect(rig.fact("usage")).toMatchObject([{ usage: { input: 12 } }]);
  });
});
