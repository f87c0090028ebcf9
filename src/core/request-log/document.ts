/** The text of one JSON file of the request log: credentials in heads and addresses masked by name, the rest as text. */
import type { HeaderPairs } from "../../base/http.ts";
import { headerValue } from "../../base/headers.ts";
import { isRecord } from "../../base/json.ts";
import { maskHeaders, maskTarget } from "../../control/mask.ts";
import { binaryKind } from "../../engine/codecs/binary-kind.ts";
import { decodedBody } from "../../engine/view/decoded-body.ts";
import { layOut } from "./layout.ts";

/** `content` makes what is to be shown; one that fails is told in its place. */
export function documentText(content: () => unknown, maxChars: number): string {
  try {
    const value = content();
    return layOut(isRecord(value) ? withMaskedHead(value) : value, maxChars);
  } catch (error) {
    return layOut(
      { leftOut: `this stage could not be laid out (${error instanceof Error ? error.name : "?"})` },
      1_000,
    );
  }
}

export function shownHeaders(headers: HeaderPairs): Readonly<Record<string, string | readonly string[]>> {
  const shown = new Map<string, string[]>();
  for (const [name, value] of maskHeaders(headers)) shown.set(name, [...(shown.get(name) ?? []), value]);
  return Object.fromEntries(
    [...shown].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

function withMaskedHead(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { headers, url, body } = value;
  const frames = body instanceof Uint8Array && isHeaderPairs(headers) ? decodedFrames(body, headers, url) : null;
  return {
    ...value,
    ...(frames === null ? {} : { body: frames }),
    ...(typeof url === "string" ? { url: maskTarget(url) } : {}),
    ...(isHeaderPairs(headers) ? { headers: shownHeaders(headers) } : {}),
  };
}

/** Binary bodies decoded: as plain bytes a secret in them could not be found, and nobody could read them. */
function decodedFrames(body: Uint8Array, headers: HeaderPairs, url: unknown): unknown {
  const contentType = headerValue(headers, "content-type") ?? null;
  if (binaryKind(body, contentType) === null) return null;
  const target = typeof url === "string" ? url : "";
  const decoded = decodedBody({ bytes: body, contentType, target, side: "request" });
  return { binary: `${body.byteLength} bytes, decoded`, [decoded?.as ?? "events"]: decoded?.text ?? "" };
}

function isHeaderPairs(value: unknown): value is HeaderPairs {
  return Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2);
}
