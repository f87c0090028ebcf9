/** What a call needs of whoever answers it, read off its body without reading it into the hub: the lossless lane never does. */
import { isRecord } from "../../base/json.ts";
import type { Needs } from "../accounts/pool.ts";
import type { JsonObject } from "../formats/format.ts";
import type { ClientCall } from "./read-client.ts";

/** Rough, and meant for limits only: JSON of prose and code comes to about this. */
const bytesPerToken = 4;

export function needsOf({ value, body, stream }: Pick<ClientCall, "value" | "body" | "stream">): Needs {
  const request = isRecord(value["request"]) ? value["request"] : value;
  return {
    streaming: stream,
    functions: [value["tools"], value["functions"], request["tools"]].some(
      (tools) => Array.isArray(tools) && tools.length > 0,
    ),
    vision: imageMarks.some((mark) => Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(mark)),
    inputTokens: Math.ceil(body.byteLength / bytesPerToken),
    outputTokens: outputAsked(value, request),
  };
}

/** How the dialects begin a picture. A text that quotes one is taken for one: then a target that sees is asked, no harm. */
const imageMarks = ['"image_url"', '"input_image"', '"type":"image"', '"type": "image"', '"image/'] as const;

function outputAsked(value: JsonObject, request: JsonObject): number {
  const generation = isRecord(request["generationConfig"]) ? request["generationConfig"] : {};
  for (const asked of [
    value["max_completion_tokens"],
    value["max_output_tokens"],
    value["max_tokens"],
    generation["maxOutputTokens"],
  ]) {
    if (typeof asked === "number" && asked > 0) return asked;
  }
  return 0;
}
