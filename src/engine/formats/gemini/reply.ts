/** A whole `GenerateContentResponse`: read from an upstream, written for a client that asked for no stream. */
import { accumulate } from "../../hub/accumulate.ts";
import type { FormatId } from "../../hub/format-id.ts";
import { createLosses } from "../../hub/losses.ts";
import type { HubReply } from "../../hub/reply.ts";
import { restoreReply, type ReplyContext } from "../../hub/restore.ts";
import { recordField, textField } from "../fields.ts";
import type { Result, WriterOptions } from "../format.ts";
import { createAssembler } from "./assemble.ts";
import { ownMetadata, writeGrounding, type PlacedCitation } from "./citations.ts";
import { writeEnd } from "./finish.ts";
import { createStep, hidesThoughts, wholePart } from "./parts-out.ts";
import { enveloped, type Envelope } from "./stream-out.ts";
import { writeUsage } from "./usage.ts";

/** A list is a stream's chunks that somebody collected; there, a missing finish means that some are missing. */
export function readReply(body: unknown, context: ReplyContext = {}, format: FormatId = "gemini"): Result<HubReply> {
  const assembler = createAssembler(format, context);
  const events = assembler.take(body, nameOf(body));
  const rest = assembler.end(
    Array.isArray(body)
      ? { kind: "truncated", message: "the upstream's list of chunks has no finished reply in it" }
      : { reason: "unknown", raw: null },
  );
  const reply = accumulate([...events, ...rest]);
  return reply.ok ? { ok: true, value: restoreReply(reply.value, context) } : reply;
}

/** What tells this reply from another where it has no id of its own. */
function nameOf(body: unknown): string {
  const reply = recordField(body, "response") ?? body;
  return textField(reply, "responseId") ?? textField(body, "traceId") ?? JSON.stringify(body) ?? "";
}

export function writeReply(reply: HubReply, options: WriterOptions, envelope: Envelope = "plain"): Uint8Array {
  const losses = createLosses();
  const hides = hidesThoughts(options.request);
  const step = createStep();
  const parts: string[] = [];
  const foreign: PlacedCitation[] = [];
  const metadata: object[] = [];
  let malformedCall: string | null = null;
  let hasWords = false;
  for (const part of reply.parts) {
    const written = wholePart(part, hides, step, losses);
    if (written === null) {
      if (part.type === "tool-call") malformedCall = `${part.name}(${part.arguments.slice(0, 300)})`;
      continue;
    }
    for (const citation of part.type === "text" ? (part.citations ?? []) : []) {
      const own = ownMetadata(citation);
      if (own !== null) metadata.push(own);
      else if (part.type === "text") {
        foreign.push({ citation, text: part.text, blockStart: 0, partIndex: parts.length });
      }
    }
    parts.push(written);
    hasWords ||= part.type !== "thinking";
  }
  const { candidate, text, promptFeedback } = writeEnd(reply.finish, {
    refusal: reply.parts.some((part) => part.type === "refusal"),
    malformedCall,
    anything: parts.length > 0,
    words: hasWords,
  });
  if (text !== "" || parts.length === 0) parts.push(JSON.stringify({ text }));
  const grounding = writeGrounding(foreign);
  const more = Object.assign({}, ...metadata, grounding === null ? {} : { groundingMetadata: grounding }) as object;
  const id = reply.id === null || reply.id === "" ? options.fallbackId : reply.id;
  const shared = {
    usageMetadata: writeUsage(reply.usage, options.usageBuffer),
    modelVersion: options.model,
    responseId: id,
  };
  const last = JSON.stringify({ ...candidate, index: 0, ...more }).slice(1);
  const fields =
    candidate === null
      ? JSON.stringify({ promptFeedback, ...shared })
      : `{"candidates":[{"content":{"parts":[${parts.join(",")}],"role":"model"},${last}],${JSON.stringify(shared).slice(1)}`;
  const { head, tail } = enveloped(envelope, id);
  return Buffer.from(`${head}${fields}${tail}`);
}
