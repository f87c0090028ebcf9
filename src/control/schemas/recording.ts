/** Calls as recordings hold them (docs/recordings.md). */
import * as v from "valibot";
import type { RecordedCall } from "../recording/format.ts";
import { flow } from "./flows.ts";
import { shapeOf } from "./shape.ts";
import { flag, listOf, ms, oneOf, text, wholeNumber } from "./words.ts";

const bytes = v.union([
  v.strictObject({ text: text("As text.") }),
  v.strictObject({ base64: text("Bytes that are no text of their own, in base64.") }),
]);
const atMs = ms("After the call's beginning.");
const chunk = v.union([
  v.strictObject({ text: text("As text."), atMs }),
  v.strictObject({ base64: text("Bytes that are no text of their own, in base64."), atMs }),
]);
const headers = listOf(v.tuple([text("Name."), text("Value; secrets are masked.")]), "In their order.");

export const recordedCall = shapeOf<RecordedCall>()(
  "A call with the timing of its stream: a line of a recording.",
  v.strictObject({
    flow,
    request: v.pipe(
      v.strictObject({
        method: text("Method."),
        host: text("Host."),
        path: text("Path and query."),
        headers,
        body: bytes,
        complete: flag("False: the body was longer than what was kept of it."),
        endedAtMs: ms("When the last of it came, after the call's beginning."),
      }),
      v.description("As the client sent it, decoded."),
    ),
    reply: v.nullable(
      v.pipe(
        v.strictObject({
          status: wholeNumber(100, 599, "HTTP status."),
          headers,
          startedAtMs: ms("When its head was there."),
          chunks: listOf(chunk, "Decoded, with their times."),
          endedAtMs: ms("When it ended."),
          end: oneOf(["done", "cut"], "`cut`: the connection broke, or what was kept ends here."),
        }),
        v.description("As the client got it, decoded; null: the connection ended without a word."),
      ),
    ),
  }),
);
