/** Replies, streams and a request for the contract suite, in the hub's own words. */
import * as fc from "fast-check";
import { parseJson } from "../../../base/json.ts";
import type { AssistantPart, Citation } from "../../hub/message.ts";
import { replay } from "../../hub/replay.ts";
import type { HubReply } from "../../hub/reply.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import type { FormatId } from "../format.ts";
import { frozen } from "./harness.ts";

export const sampleUsage = { input: 120, output: 30, cacheRead: 60, cacheWrite: 20, reasoning: 10, estimated: false };

export function sampleReply(id: FormatId): HubReply {
  return frozen({
    id: "reply-1",
    model: "served",
    parts: [
      { type: "thinking", text: "let me see\n", from: { format: id, model: "served" } },
      { type: "text", text: 'שלום \u2028 "quoted" 👩‍👩‍👧\n\n leading' },
      { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a b"}', kind: "function" },
      { type: "tool-call", id: "call_2", name: "list", arguments: "{}", kind: "function" },
    ],
    finish: { reason: "tool-calls", raw: null },
    usage: sampleUsage,
    losses: [],
  });
}

/** A reply by what it means: chat has one text and one reasoning, in whatever blocks they came. */
export function meaning(reply: HubReply): unknown {
  const all = (type: "text" | "thinking"): string =>
    reply.parts
      .map((part) => (part.type === type || (type === "text" && part.type === "refusal") ? part.text : ""))
      .join("");
  return {
    text: all("text"),
    thinking: all("thinking"),
    calls: reply.parts.flatMap((part) =>
      part.type === "tool-call" ? [{ id: part.id, name: part.name, arguments: canonical(part.arguments) }] : [],
    ),
    reason: reply.finish.reason === "stop-sequence" ? "stop" : reply.finish.reason,
  };
}

function canonical(text: string): unknown {
  const parsed = parseJson(text === "" ? "{}" : text);
  return parsed.ok ? parsed.value : text;
}

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });

const call = fc
  .record({ name: fc.stringMatching(/^[a-z_]{1,12}$/), value: fc.dictionary(words, fc.oneof(words, fc.integer())) })
  .map(
    ({ name, value }): AssistantPart => ({
      type: "tool-call",
      id: "",
      name,
      arguments: JSON.stringify(value),
      kind: "function",
    }),
  );

const plainPart = fc.oneof(
  words.map((text): AssistantPart => ({ type: "text", text })),
  words.map((text): AssistantPart => ({ type: "thinking", text, from: { format: "openai-chat", model: "served" } })),
  call,
);

const makers = fc.constantFrom<FormatId>("openai-chat", "openai-responses", "claude", "gemini");

const citation = fc
  .record({ from: makers, title: words, at: fc.nat(3), hasUrl: fc.boolean() })
  .map(({ from, title, at, hasUrl }): Citation => {
    const placed = { title, start: at, end: at + 1, from, raw: null };
    return hasUrl ? { ...placed, url: "https://example.com/page" } : placed;
  });

/** What only some dialects have: signatures of every maker, refusals, pictures, citations, blocks of one provider. */
const richPart = fc.oneof(
  plainPart,
  words.map((text): AssistantPart => ({ type: "refusal", text })),
  fc
    .record({ text: words, citations: fc.array(citation, { minLength: 1, maxLength: 3 }) })
    .map((cited): AssistantPart => ({ type: "text", ...cited })),
  fc
    .record({ text: fc.oneof(words, fc.constant("")), signature: words, format: makers, origin: words })
    .map(({ text, signature, format, origin }): AssistantPart => {
      return { type: "thinking", text, signature, from: { format, origin } };
    }),
  fc
    .record({ data: words, format: makers })
    .map(({ data, format }): AssistantPart => ({ type: "redacted-thinking", data, from: { format } })),
  call.map((part): AssistantPart => ({ ...part, signature: "c2ln", from: { format: "gemini" } }) as AssistantPart),
  fc.constant<AssistantPart>({
    type: "image",
    source: { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" },
  }),
  fc
    .record({ text: words, from: makers })
    .map(({ text, from }): AssistantPart => ({ type: "opaque", from, name: "own_block", raw: { type: "x" }, text })),
);

function streamOf(parts: readonly AssistantPart[], cut: number): readonly StreamEvent[] {
  const numbered = parts.map((one, index) => (one.type === "tool-call" ? { ...one, id: `call_${index}` } : one));
  const hasCall = parts.some((one) => one.type === "tool-call");
  const finish: Finish = { reason: hasCall ? "tool-calls" : "stop", raw: null };
  const whole = replay({ id: "r", model: "served", parts: numbered, finish, usage: sampleUsage, losses: [] });
  return whole.flatMap((event): readonly StreamEvent[] =>
    "text" in event ? pieces(event.text, cut).map((text) => ({ ...event, text })) : [event],
  );
}

/** `last`: for parts that some dialects have no form for; a reply of nothing but those would be empty there. */
function arbitraryStream(
  part: fc.Arbitrary<AssistantPart>,
  ...last: readonly AssistantPart[]
): fc.Arbitrary<readonly StreamEvent[]> {
  return fc
    .record({ parts: fc.array(part, { minLength: 1, maxLength: 6 }), cut: fc.integer({ min: 1, max: 5 }) })
    .map(({ parts, cut }) => streamOf([...parts, ...last], cut));
}

/** Well-formed replies with their text cut into random deltas: of what every dialect has, and of everything there is. */
export const plainStream = arbitraryStream(plainPart);
export const richStream = arbitraryStream(richPart, { type: "text", text: "so much for that" });

function pieces(text: string, size: number): readonly string[] {
  const characters = Array.from(text);
  const out: string[] = [];
  for (let at = 0; at < characters.length; at += size) out.push(characters.slice(at, at + size).join(""));
  return out;
}

export const sampleRequest: HubRequest = frozen({
  model: "asked",
  messages: [
    { role: "system", parts: [{ type: "text", text: "be brief", cache: {} }] },
    {
      role: "user",
      parts: [
        { type: "text", text: "look" },
        { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
        { type: "image", source: { kind: "url", url: "https://example.com/a.png" } },
        { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, title: "a.pdf" },
      ],
    },
    {
      role: "assistant",
      parts: [
        { type: "text", text: "I look" },
        { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"a"}', kind: "function" },
        { type: "tool-call", id: "call_2", name: "read", arguments: "{}", kind: "function" },
      ],
    },
    { role: "tool", callId: "call_1", parts: [{ type: "text", text: "found" }], isError: false },
    { role: "tool", callId: "call_2", parts: [{ type: "text", text: "not there" }], isError: true },
    { role: "user", parts: [{ type: "text", text: "go on" }] },
  ],
  tools: [
    {
      kind: "function",
      name: "read",
      description: "reads",
      parameters: { type: "object", properties: { title: { type: "string" } }, required: ["title"] },
    },
  ],
  toolChoice: { type: "tool", name: "read" },
  parallelToolCalls: false,
  stream: true,
  wantsStreamUsage: true,
  maxTokens: 20,
  temperature: 0.5,
  stop: ["END"],
  extras: {},
});
