/** The corpus of JSON at every door that takes some: taken, or refused in the door's own words; no throw, no fault of ours. */
import { request as httpRequest, Agent } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { own, parseJson } from "../../src/base/json.ts";
import { startControlBench } from "../../src/control/__fixtures__/control-bench.ts";
import { parseConfig } from "../../src/engine/config/load.ts";
import { readStream, replyOf, targets, writerOptions } from "../../src/engine/formats/__fixtures__/harness.ts";
import { textFormatIds } from "../../src/engine/formats/format.ts";
import { formats } from "../../src/engine/formats/table.ts";
import { checkStream } from "../../src/engine/hub/__fixtures__/check-stream.ts";
import { replay } from "../../src/engine/hub/replay.ts";
import type { HubReply } from "../../src/engine/hub/reply.ts";
import { callOf, clientDialects, clientOf } from "../../src/engine/pipeline/__fixtures__/clients.ts";
import { createRig, json } from "../../src/engine/pipeline/__fixtures__/rig.ts";
import { chatWhole, claudeWhole } from "../../src/engine/pipeline/__fixtures__/wire.ts";
import { bytesOf, jsonCorpus, type JsonCase } from "../vectors/json-corpus.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const shown = (one: JsonCase): string =>
  `${one.verdict} ${one.kind} ${JSON.stringify(bytesOf(one).toString("latin1").slice(0, 50))}`;

/** What a door of ours is to do with a document: ours take no more than 256 levels. */
const isJson = (one: JsonCase): boolean => parseJson(bytesOf(one).toString()).ok;

describe("the parser", () => {
  it("takes and refuses what the standard says", () => {
    expect(jsonCorpus.length).toBeGreaterThanOrEqual(300);
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const faults = jsonCorpus.filter(({ verdict, ...one }) => {
      if (verdict === "either") return false;
      const text = bytesOf({ verdict, ...one }).toString();
      return parses(text) !== (verdict === "accept") || parseJson(text).ok !== (verdict === "accept");
    });
    expect(faults.map(shown)).toEqual([]);
    expect(jsonCorpus.filter(({ kind, verdict }) => kind === "depth" && verdict === "either").some(isJson)).toBe(false);
  });
});

const providers = `
providers:
  chat: { type: openai-compatible, endpoint: "http://127.0.0.1:8000" }
  claude: { type: anthropic-compatible, endpoint: "http://127.0.0.1:8001", auth_type: none }
`;

describe.each(clientDialects)("the body of a $id client", ({ id, errorIn }) => {
  const to = id === "openai-chat" ? "claude/c" : "chat/m";

  it("is answered, or refused in its dialect", async () => {
    const rig = createRig(`${providers}routes: [{ to: ${to} }]`, ({ request }) =>
      json(200, request.port === 8000 ? chatWhole : claudeWhole),
    );
    const faults: string[] = [];
    const ask = async (one: JsonCase, raw: Uint8Array, mayAnswer: boolean): Promise<void> => {
      rig.facts.length = 0;
      const answer = await rig.ask({ ...clientOf(id).asked(false), raw });
      const isInternal = rig.facts.some((fact) => fact.type === "why" && fact.step["kind"] === "internal");
      const error = errorIn(answer.text);
      const isRight = answer.status === 200 ? mayAnswer : answer.status === 400 && error !== null;
      if (isInternal || !isRight) faults.push(`${shown(one)}: ${answer.status} ${answer.text.slice(0, 80)}`);
      if (!isJson(one) && error !== null && !/not JSON|nested deeper/.test(error)) {
        faults.push(`${shown(one)}: ${error}`);
      }
    };
    const good = JSON.stringify(clientOf(id).body(false));
    // All dialects share one reader of bodies: each document is shown to two of them.
    const turn = textFormatIds.indexOf(id) % 3;
    for (const one of jsonCorpus.filter((_, index) => index % 3 === turn)) {
      await ask(one, bytesOf(one), false);
      if (one.verdict === "accept") {
        await ask(one, Buffer.from(good.replace("{", `{"x":${bytesOf(one).toString()},`)), true);
      }
    }
    expect(faults).toEqual([]);
  });
});

const reply: HubReply = {
  id: "r1",
  model: "m",
  parts: [{ type: "text", text: "Hello" }],
  finish: { reason: "stop", raw: null },
  usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
  losses: [],
};

describe.each(textFormatIds)("an event of a %s provider", (id) => {
  it("is read over, or ends the stream in words", () => {
    const writer = formats[id].client.streamWriter(writerOptions({}, targets[id].stream));
    const [first, ...rest] = replay(reply).flatMap((event) => writer.push(event));
    const faults = jsonCorpus.flatMap((one) => {
      const datas = bytesOf(one)
        .toString("latin1")
        .split(/\r\n|\n|\r/)
        .map((line) => `data: ${line}\n`);
      const frame = Buffer.from(`${datas.join("")}\n`, "latin1");
      const events = readStream(id, Buffer.concat([first ?? frame, frame, ...rest]));
      const last = events.at(-1);
      const wrong = checkStream(events);
      if (wrong.length > 0) return [`${shown(one)}: ${wrong.join()}`];
      if (last?.type === "reply-end") {
        return isJson(one) || bytesOf(one).toString().trim() === "" ? [] : [`${shown(one)}: was read over`];
      }
      if (last?.type !== "error") return [`${shown(one)}: has no end`];
      // What is JSON and no event of the dialect may be passed over, or be a fault of the provider's; nothing else.
      const isRight = isJson(one) ? last.error.kind !== "internal" : last.error.kind === "protocol";
      return isRight ? [] : [`${shown(one)}: ${last.error.kind} ${last.error.message}`];
    });
    expect(faults).toEqual([]);
  });
});

describe("the body of a control request", () => {
  it("is refused by its own word, and the next one is read", async () => {
    const bench = await startControlBench();
    closers.push(bench.close);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => agent.destroy());
    const faults: string[] = [];
    for (const one of jsonCorpus) {
      const body = bytesOf(one);
      const request = httpRequest({
        socketPath: bench.socketPath,
        agent,
        method: "POST",
        path: "/api/accounts/import",
        headers: { host: "switchyard", "content-type": "application/json", "content-length": body.byteLength },
      });
      request.end(body);
      const [answer] = await once(request, "response");
      let text = "";
      for await (const piece of answer.setEncoding("utf8")) text += piece;
      const error = own(JSON.parse(text), "error");
      const isLarge = body.byteLength > 64 * 1024;
      const wanted = isLarge ? "too-large" : body.byteLength === 0 || isJson(one) ? "invalid" : "json";
      if (own(error, "code") !== wanted) faults.push(`${shown(one)}: ${answer.statusCode} ${text.slice(0, 80)}`);
    }
    expect(faults).toEqual([]);
  });
});

describe("a flow in the configuration", () => {
  it("is read or refused with a place", () => {
    const faults = jsonCorpus.flatMap((one) => {
      const read = parseConfig(`settings: ${bytesOf(one).toString()}\n`, {
        path: "/nowhere/config.yaml",
        env: {},
        readFile: () => "",
      });
      if (read.ok) return [];
      const isPlaced =
        read.problems.length > 0 && read.problems.every(({ line, message }) => line >= 1 && message !== "");
      return isPlaced ? [] : [shown(one)];
    });
    expect(faults).toEqual([]);
  });
});

/** What a double cannot hold, and what it would write in another way. */
const numbers = '"n":12345678901234567890,"m":1e400,"z":-0,"o":1.0';
const holdsNumbers = (text: string): boolean => text.includes(numbers) || text.includes(numbers.replaceAll('"', '\\"'));

describe("numbers", () => {
  it.each(["claude", "openai-chat", "openai-responses", "gemini"] as const)(
    "stay as they were written where a %s call only goes on",
    async (id) => {
      const types = { claude: "anthropic", "openai-chat": "openai", "openai-responses": "openai-responses" };
      const type = id === "gemini" ? "gemini" : types[id];
      const yaml = `providers: { p: { type: ${type}-compatible, endpoint: "http://127.0.0.1:8000", auth_type: none } }`;
      const rig = createRig(`${yaml}\nroutes: [{ to: p/other }]`, () => json(200, {}));
      const raw = JSON.stringify(clientOf(id).body(false)).replace("{", `{"metadata":{${numbers}},`);
      await rig.ask({ ...callOf(id, false), raw: Buffer.from(raw) });
      expect(rig.sent).toHaveLength(1);
      expect(rig.sent[0]?.text).toContain(numbers);
    },
  );

  it.each(["openai-chat", "openai-responses", "claude"] as const)(
    "stay as they were written in a streamed call's arguments of %s, in every client's dialect",
    (from) => {
      const call = { type: "tool-call", id: "c1", name: "read", arguments: `{${numbers}}`, kind: "function" } as const;
      const events = replay({ ...reply, parts: [call], finish: { reason: "tool-calls", raw: null } });
      const source = formats[from].client.streamWriter(writerOptions({}, targets[from].stream));
      const read = readStream(from, Buffer.concat(events.flatMap((event) => source.push(event))));
      expect(replyOf(read).parts).toMatchObject([{ arguments: `{${numbers}}` }]);
      const lost = textFormatIds.filter((to) => {
        const writer = formats[to].client.streamWriter(writerOptions({}, targets[to].stream));
        return !holdsNumbers(Buffer.concat(read.flatMap((event) => writer.push(event))).toString());
      });
      expect(lost).toEqual([]);
    },
  );
});
