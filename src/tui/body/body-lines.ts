/** A captured body as document lines: what it is, then its content in the view that suits it. */
import type { BodyView } from "../state/flow-view.ts";
import { bytes } from "../text/format.ts";
import { hexLines } from "./hex.ts";
import { looksLikeJson, prettyJson } from "./json.ts";
import { jsonLine, plainLine, styledLine, type DocumentLine } from "./line.ts";
import { eventLines } from "./sse.ts";

export function* bodyLines(body: BodyView | null, raw: boolean): Generator<DocumentLine, void> {
  if (body === null || body.bytes === 0) {
    yield plainLine("no body", "dim");
    return;
  }
  const facts = [bytes(body.bytes), body.contentType, body.encoding === null ? null : `${body.encoding}, decoded`];
  yield styledLine([
    { text: "body  ", style: "dim" },
    { text: facts.filter((fact) => fact !== null).join("  ·  "), style: "dim" },
    ...(raw ? [{ text: "  ·  as received", style: "accent" as const }] : []),
  ]);
  if (body.decodeError !== null) yield plainLine(`could not decode: ${body.decodeError}`, "warn");
  yield plainLine("");
  yield* content(body, raw);
  if (body.truncated) {
    yield plainLine("");
    yield plainLine(`… cut: ${bytes(body.captured)} of ${bytes(body.bytes)} were kept`, "warn");
  }
}

function* content(body: BodyView, raw: boolean): Generator<DocumentLine, void> {
  if (body.text === null && body.decoded !== null && !raw) {
    if (body.decoded.as === "events") yield* eventLines(body.decoded.text);
    else for (const line of prettyJson(body.decoded.text)) yield jsonLine(line);
    return;
  }
  if (body.text === null) {
    if (body.base64 === null) yield plainLine("nothing of it was kept", "dim");
    else for (const line of hexLines(body.base64)) yield plainLine(line);
    return;
  }
  if (raw) yield* textLines(body.text);
  else if (isEventStream(body)) yield* eventLines(body.text);
  else if (looksLikeJson(body.text)) for (const line of prettyJson(body.text)) yield jsonLine(line);
  else yield* textLines(body.text);
}

function isEventStream(body: BodyView): boolean {
  return body.contentType?.toLowerCase().includes("event-stream") ?? false;
}

function* textLines(text: string): Generator<DocumentLine, void> {
  let at = 0;
  while (at <= text.length) {
    const end = text.indexOf("\n", at);
    yield plainLine(text.slice(at, end === -1 ? text.length : end).replace(/\r$/, ""));
    if (end === -1) return;
    at = end + 1;
  }
}
