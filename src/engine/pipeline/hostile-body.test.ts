/**
 * Bodies that are broken, huge, packed or of the wrong shape, under a rule that reroutes: an error in the client's own
 * dialect, or an answer, and never a fault of ours. For every client dialect there is.
 */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { zstd, zstdBomb } from "../../../test/support/zstd.ts";
import type { HttpReply } from "../../base/http.ts";
import { isRecord } from "../../base/json.ts";
import type { TextFormatId } from "../formats/format.ts";
import { callOf, clientDialects, clientOf } from "./__fixtures__/clients.ts";
import { createRig, json, streamed, type Answer, type Asked, type Play, type Rig } from "./__fixtures__/rig.ts";
import { richBodies, spoiled } from "./__fixtures__/rich-bodies.ts";
import {
  chatStream,
  chatText,
  chatWhole,
  claudeEvents,
  claudeStream,
  claudeWhole,
  geminiWhole,
  responsesWhole,
} from "./__fixtures__/wire.ts";
import { defaultLimits } from "../../base/limits.ts";

const providers = `
providers:
  chat: { type: openai-compatible, endpoint: "http://127.0.0.1:8000" }
  claude: { type: anthropic-compatible, endpoint: "http://127.0.0.1:8001", auth_type: none }
  responses: { type: openai-responses-compatible, endpoint: "http://127.0.0.1:8002" }
  gemini: { type: gemini-compatible, endpoint: "http://127.0.0.1:8003", auth_type: none }
`;
const targets = { chat: "m", claude: "claude-sonnet-4-5", responses: "gpt-5", gemini: "gemini-2.5-pro" } as const;
type Target = keyof typeof targets;
const routeTo = (to: Target): string => `${providers}routes: [{ to: ${to}/${targets[to]} }]`;

const whole: Play = ({ request }) =>
  json(200, [chatWhole, claudeWhole, responsesWhole, geminiWhole][request.port - 8000] ?? {});
const neverAsked: Play = () => {
  throw new Error("no upstream should have been asked");
};
/** A provider that does not speak the client's dialect. */
const foreign = (id: TextFormatId): Target => (id === "openai-chat" ? "claude" : "chat");

const megabyte = 1024 * 1024;
const packed = (coding: string, raw: Uint8Array, id: TextFormatId): Asked => {
  const asked = clientOf(id).asked(false);
  return { ...asked, headers: [...(asked.headers ?? []), ["content-encoding", coding]], raw };
};
const plain = (id: TextFormatId, raw: Uint8Array | string): Asked => ({
  ...clientOf(id).asked(false),
  raw: Buffer.from(raw),
});
const bytesOf = (id: TextFormatId, text?: string): Buffer =>
  Buffer.from(JSON.stringify(clientOf(id).body(false, text)));
/** The body with a field in front that is none. */
const withField = (id: TextFormatId, field: string): string => bytesOf(id).toString().replace("{", `{${field},`);

const faults = (rig: Rig): readonly string[] =>
  rig.facts.flatMap((fact) => (fact.type === "why" && fact.step["kind"] === "internal" ? [fact.step.text] : []));

describe.each(clientDialects)("a $id client", ({ id, errorIn }) => {
  it.each([
    ["malformed JSON", plain(id, '{"model": nonsense'), "not JSON"],
    ["a JSON list", plain(id, "[1]"), "not a JSON object"],
    ["a JSON text", plain(id, '"Hi"'), "not a JSON object"],
    ["nothing", plain(id, ""), "not JSON"],
    [
      "10,000 levels of nesting",
      plain(id, withField(id, `"x":${"[".repeat(10_000)}${"]".repeat(10_000)}`)),
      "nested deeper",
    ],
    ["an object without anything in it", plain(id, "{}"), ""],
    ["a coding nobody knows", packed("lzma", bytesOf(id), id), "content-encoding lzma"],
    ["broken zstd", packed("zstd", zstd(bytesOf(id)).subarray(0, 40), id), "zstd"],
    ["gzip that is none", packed("gzip", bytesOf(id), id), "content-encoding"],
  ])("is told in its own dialect of %s", async (_, asked, words) => {
    const rig = createRig(routeTo(foreign(id)), neverAsked);
    const answer = await rig.ask(asked);
    expect(answer.status).toBe(400);
    expect(errorIn(answer.text)).toContain(words);
    expect(faults(rig)).toEqual([]);
  });

  it.each([
    ["33 MB", plain(id, Buffer.alloc(33 * megabyte, 0x20))],
    ["a gzip bomb", packed("gzip", gzipSync(Buffer.alloc(defaultLimits.requestBodyBytes + megabyte)), id)],
    ["a zstd bomb", packed("zstd", zstdBomb(4_000), id)],
  ])("is told in its own dialect that %s is too much", async (_, asked) => {
    const rig = createRig(routeTo(foreign(id)), neverAsked);
    const answer = await rig.ask(asked);
    expect(answer.status).toBe(413);
    expect(errorIn(answer.text)).toContain("larger than");
    expect(faults(rig)).toEqual([]);
  });

  it.each([
    ["100 levels of nesting", plain(id, withField(id, `"x":${"[".repeat(100)}${"]".repeat(100)}`))],
    ["a __proto__ of its own", plain(id, withField(id, '"__proto__":{"polluted":1,"stream":7}'))],
    ["a constructor of its own", plain(id, withField(id, '"constructor":{"prototype":{"polluted":1}}'))],
    ["half a character", plain(id, bytesOf(id, "XX").toString().replace("XX", "\\ud83d and \\udc00"))],
    ["bytes that are no UTF-8", plain(id, Buffer.concat(splitAt(bytesOf(id, "XX"), "XX", Buffer.from([0xc3, 0x28]))))],
    ["30 MB", plain(id, bytesOf(id, "words and ".repeat(3 * megabyte)))],
    ["zstd", packed("zstd", zstd(bytesOf(id)), id)],
    ["gzip", packed("gzip", gzipSync(bytesOf(id)), id)],
  ])("is answered when its body holds %s", async (_, asked) => {
    const rig = createRig(routeTo(foreign(id)), whole);
    const answer = await rig.ask(asked);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("Hello");
    expect(faults(rig)).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("polluted" in {}).toBe(false);
    expect(isWellFormed(rig.sent[0]?.json)).toBe(true);
  });

  it.each(Object.keys(targets) as readonly Target[])(
    "gets an answer or an error, never a fault of ours, whatever its body holds where: routed to %s",
    async (to) => {
      const rig = createRig(routeTo(to), whole);
      const isStrange = (answer: Answer): boolean =>
        answer.status !== 200 && (answer.status !== 400 || errorIn(answer.text) === null);
      const strange: unknown[] = [];
      let nth = 0;
      for (const body of spoiled(richBodies[id], [null, true, -1.5, "x", [], {}, [null], { type: "x", "": [[]] }])) {
        nth += 1;
        // All of them to all targets take a minute: each goes to one.
        if (nth % Object.keys(targets).length !== Object.keys(targets).indexOf(to)) continue;
        const answer = await rig.ask(plain(id, JSON.stringify(body)));
        if (isStrange(answer)) strange.push([answer.status, answer.text, body]);
      }
      expect(nth).toBeGreaterThan(400);
      expect(strange.slice(0, 3)).toEqual([]);
      expect(faults(rig)).toEqual([]);
    },
  );

  it("has nothing of another call in its own, however the two interleave", async () => {
    const gates: (() => void)[] = [];
    const rig = createRig(routeTo(foreign(id)), async ({ text }) => {
      const mark = text.includes("secret alpha") ? "alpha" : "omega";
      await new Promise<void>((resolve) => gates.push(resolve));
      return marked(mark, foreign(id));
    });
    const asked = (text: string): Asked => ({ ...clientOf(id).asked(true), body: clientOf(id).body(true, text) });
    const first = rig.ask(asked("the secret alpha"));
    const second = rig.ask(asked("the secret omega"));
    await expect.poll(() => gates.length).toBe(2);
    for (const open of gates.toReversed()) open();
    expect((await second).text).toContain("omega reply");
    expect((await first).text).toContain("alpha reply");
    const [one, other] = [rig.toldTo("flow-1"), rig.toldTo("flow-2")];
    expect(one).toMatch(/secret alpha[^]*alpha reply/);
    expect(other).toMatch(/secret omega[^]*omega reply/);
    expect(one + (await first).text).not.toContain("omega");
    expect(other + (await second).text).not.toContain("alpha");
  });
});

/** A stream in many small pieces that says which call it answers. */
function marked(mark: string, target: Target): HttpReply {
  const text =
    target === "chat"
      ? chatStream(chatText).replace("Grüße, ", `${mark} reply `)
      : claudeStream(claudeEvents).replace("Hel", `${mark} reply `);
  return streamed(text, { size: 13 });
}

function splitAt(bytes: Buffer, marker: string, between: Buffer): readonly Buffer[] {
  const at = bytes.indexOf(marker);
  return [bytes.subarray(0, at), between, bytes.subarray(at + marker.length)];
}

/** No own key that would have been lost or become a prototype on the way. */
function isWellFormed(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isWellFormed);
  return (
    !isRecord(value) || (Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isWellFormed))
  );
}

describe("a call that is routed on untouched", () => {
  it("keeps the very bytes that make no sense to us", async () => {
    const raw = Buffer.concat([
      Buffer.from('{"model":"claude-x","stream":false,"__proto__":{"a":1},"text":"\\ud83d'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","big":1e400,"messages":"none"}'),
    ]);
    const rig = createRig(routeTo("claude"), whole);
    await rig.ask({ ...callOf("claude", false), raw });
    const sent = rig.chunks.flatMap(([side, bytes]) => (side === "upstream-request" ? [bytes] : []));
    const expected = Buffer.from(raw.toString("latin1").replace("claude-x", "claude-sonnet-4-5"), "latin1");
    expect(Buffer.concat(sent).equals(expected)).toBe(true);
  });
});
