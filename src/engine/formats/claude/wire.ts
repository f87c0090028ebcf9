/** Shapes of the Claude Messages wire (API version 2023-06-01, read from @anthropic-ai/sdk 1.11 in 2026-11) that we write. */
import { isRecord, parseJson } from "../../../base/json.ts";
import type { CacheMark } from "../../hub/message.ts";
import type { Fields } from "../fields.ts";

export interface WireCacheControl {
  readonly type: "ephemeral";
  readonly ttl?: "5m" | "1h";
  readonly scope?: string;
}

export interface WireBlock {
  readonly type: string;
  readonly cache_control?: WireCacheControl;
  readonly [field: string]: unknown;
}

export interface WireMessage {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly WireBlock[];
}

export function writeCache(mark: CacheMark | undefined): { readonly cache_control?: WireCacheControl } {
  return mark === undefined ? {} : { cache_control: { type: "ephemeral", ...mark } };
}

/** Arguments as the object this dialect wants. Never a string: the API refuses those. */
export function parsedInput(argumentsText: string): { readonly input: Fields; readonly isValid: boolean } {
  if (argumentsText.trim() === "") return { input: {}, isValid: true };
  const parsed = parseJson(argumentsText);
  return parsed.ok && isRecord(parsed.value) ? { input: parsed.value, isValid: true } : { input: {}, isValid: false };
}
