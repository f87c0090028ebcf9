/**
 * Every naughty string in every field that holds text, in every JSON dialect. Readers and writers meet in the hub, so a
 * text that each writer writes as it was, and each reader reads as it was written, comes out of every pair as it went in.
 * Half characters too: JSON carries them as escapes.
 */
import { describe, expect, it } from "vitest";
import {
  readStream,
  replyOf,
  targets,
  writeOptions,
  writerOptions,
} from "../../src/engine/formats/__fixtures__/harness.ts";
import { textFormatIds, type TextFormatId } from "../../src/engine/formats/format.ts";
import { formats } from "../../src/engine/formats/table.ts";
import type { AssistantPart } from "../../src/engine/hub/message.ts";
import { replay } from "../../src/engine/hub/replay.ts";
import type { HubReply } from "../../src/engine/hub/reply.ts";
import type { HubRequest } from "../../src/engine/hub/request.ts";
import { naughtyStrings, shown } from "../vectors/naughty-strings.ts";
import { type Field, replySays, requestSays, type Said, streamSays } from "./what-it-says.ts";

const isName = (text: string): boolean => /^[A-Za-z_][\w-]{0,63}$/.test(text);
const toolFor = (text: string): string => (isName(text) ? text : "read");

function requestWith(text: string): HubRequest {
  const tool = toolFor(text);
  return {
    model: "m",
    messages: [
      { role: "system", parts: [{ type: "text", text }] },
      { role: "user", parts: [{ type: "text", text }] },
      {
        role: "assistant",
        parts: [
          { type: "text", text },
          { type: "tool-call", id: "call_1", name: tool, arguments: JSON.stringify({ v: text }), kind: "function" },
        ],
      },
      { role: "tool", callId: "call_1", parts: [{ type: "text", text }], isError: false },
      { role: "user", parts: [{ type: "text", text: "go on" }] },
    ],
    tools: [{ kind: "function", name: tool, description: text, parameters: { type: "object", properties: {} } }],
    stream: true,
    wantsStreamUsage: true,
    stop: [],
    extras: {},
  };
}

function replyWith(id: TextFormatId, text: string): HubReply {
  const parts: readonly AssistantPart[] = [
    { type: "thinking", text, from: { format: id, model: "served" } },
    { type: "text", text },
    {
      type: "tool-call",
      id: "call_1",
      name: toolFor(text),
      arguments: JSON.stringify({ v: text }),
      kind: "function",
    },
  ];
  return {
    id: "r1",
    model: "served",
    parts: text === "" ? parts.slice(2) : parts,
    finish: { reason: "tool-calls", raw: null },
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    losses: [],
  };
}

/** What of a text is not there as it was. */
function missing(said: Said, text: string, fields: readonly Field[]): readonly string[] {
  return fields.flatMap((field) => {
    const wanted = field === "tool" ? toolFor(text) : field === "arguments" ? JSON.stringify({ v: text }) : text;
    const isThere =
      field === "arguments"
        ? said.arguments.some((args) => JSON.stringify(JSON.parse(args)) === wanted)
        : said[field].includes(wanted);
    return isThere ? [] : [`${field}: ${JSON.stringify(said[field]).slice(0, 120)}`];
  });
}

/** All that went wrong, for all strings: one failure tells of every string at once. */
function collect(check: (text: string) => readonly string[]): readonly string[] {
  return naughtyStrings.flatMap((one) => {
    try {
      return check(one.text).map((fault) => `${shown(one)} ${fault}`);
    } catch (error) {
      return [`${shown(one)} threw ${String(error)}`];
    }
  });
}

function hubSays(parts: readonly AssistantPart[]): Said {
  const of = (type: AssistantPart["type"]): readonly string[] =>
    parts.flatMap((part) => (part.type === type && "text" in part ? [part.text ?? ""] : []));
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []));
  return {
    system: [],
    user: [],
    result: [],
    assistant: of("text"),
    thinking: of("thinking"),
    tool: calls.map(({ name }) => name),
    arguments: calls.map((call) => call.arguments),
  };
}

describe.each(textFormatIds)("%s", (id) => {
  const { client, provider } = formats[id];

  it("keeps every text of a request, written and read", () => {
    const faults = collect((text) => {
      const written = provider.writeRequest(requestWith(text), writeOptions);
      if (!written.ok) return [`refused: ${written.error.message}`];
      const body: unknown = JSON.parse(Buffer.from(written.value.body).toString());
      // Providers refuse blocks of nothing but white space; what says nothing is left out, and a result of it is empty.
      const isBlank = text.trim() === "";
      const fields: readonly Field[] = isBlank
        ? ["tool", "arguments"]
        : ["system", "user", "assistant", "tool", "arguments", "result"];
      const read = client.readRequest(body, targets[id].stream);
      if (!read.ok) return [`its own request is refused: ${read.error.message}`];
      const back = read.value.request.messages;
      const part = (role: string): readonly AssistantPart[] =>
        back.flatMap((one) => (one.role === role ? (one.parts as readonly AssistantPart[]) : [])); // wider than each role's own
      const textsOf = (role: string): readonly string[] => hubSays(part(role)).assistant;
      const again: Said = {
        ...hubSays(part("assistant")),
        system: [...textsOf("system"), ...textsOf("developer")],
        user: textsOf("user"),
        result: textsOf("tool"),
      };
      const says = requestSays(id, body);
      const said = [...says.system, ...says.user, ...says.assistant, ...says.result];
      if (isBlank && said.some((one) => one !== "" && one.trim() === "")) return ["is not left out"];
      return [
        ...missing(says, text, fields).map((fault) => `written as ${fault}`),
        ...missing(again, text, fields).map((fault) => `read as ${fault}`),
      ];
    });
    expect(faults).toEqual([]);
  });

  it("gives every tool a name that the dialect takes, and every call of it the client's own name back", () => {
    const faults = collect((name) => {
      if (name === "") return [];
      const request: HubRequest = {
        ...requestWith("x"),
        messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
        tools: [{ kind: "function", name, parameters: { type: "object", properties: {} } }],
      };
      const written = provider.writeRequest(request, writeOptions);
      if (!written.ok) return [`refused: ${written.error.message}`];
      const read = client.readRequest(JSON.parse(Buffer.from(written.value.body).toString()), targets[id].stream);
      const wire = read.ok ? (read.value.request.tools[0]?.name ?? "") : "";
      if (!/^[A-Za-z0-9_.:-]{1,128}$/.test(wire)) return [`is called ${JSON.stringify(wire)}`];
      const writer = client.streamWriter(writerOptions({}, targets[id].stream));
      const call = { ...replyWith(id, ""), parts: replyWith(id, "").parts.map((part) => ({ ...part, name: wire })) };
      const bytes = Buffer.concat(replay(call as HubReply).flatMap((event) => writer.push(event))); // calls only
      const back = hubSays(replyOf(readStream(id, bytes, [], written.value.replyContext)).parts).tool;
      return back[0] === name ? [] : [`comes back as ${JSON.stringify(back)}`];
    });
    expect(faults).toEqual([]);
  });

  it("keeps every text of a stream, written and read", () => {
    const faults = collect((text) => {
      const reply = replyWith(id, text);
      const writer = client.streamWriter(writerOptions({}, targets[id].stream));
      const bytes = Buffer.concat(replay(reply).flatMap((event) => writer.push(event)));
      const fields: readonly Field[] = ["assistant", "thinking", "tool", "arguments"];
      const wanted = text === "" ? fields.slice(2) : fields;
      return [
        ...missing(streamSays(id, bytes), text, wanted).map((fault) => `written as ${fault}`),
        ...missing(hubSays(replyOf(readStream(id, bytes)).parts), text, wanted).map((fault) => `read as ${fault}`),
      ];
    });
    expect(faults).toEqual([]);
  });

  it("keeps every text of a whole reply, written and read", () => {
    const faults = collect((text) => {
      const reply = replyWith(id, text);
      const body: unknown = JSON.parse(
        Buffer.from(client.writeReply(reply, writerOptions({}, targets[id].whole))).toString(),
      );
      const fields: readonly Field[] = ["assistant", "thinking", "tool", "arguments"];
      const wanted = text === "" ? fields.slice(2) : fields;
      const read = provider.readReply(body);
      if (!read.ok) return [`its own reply is refused: ${read.error.message}`];
      return [
        ...missing(replySays(id, body), text, wanted).map((fault) => `written as ${fault}`),
        ...missing(hubSays(read.value.parts), text, wanted).map((fault) => `read as ${fault}`),
      ];
    });
    expect(faults).toEqual([]);
  });
});
