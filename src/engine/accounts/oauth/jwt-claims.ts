/**
 * What a JSON web token says about itself, read without checking its signature: good for names and plans shown to their
 * owner, never for a decision about who somebody is. The token came from the service itself, over TLS.
 */
import { isRecord, parseJson } from "../../../base/json.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** The largest seen is ChatGPT's, about 3 KB. */
const maxTokenLength = 32_768;

/** Null for anything that is no JWT; many access tokens are not. */
export function claimsOf(token: string): Claims | null {
  if (token.length > maxTokenLength) return null;
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return null;
  const parsed = parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  return parsed.ok && isRecord(parsed.value) ? parsed.value : null;
}

/** How long the token lives from now, by its own clock where it tells (so a wrong one of ours does not matter). */
export function lifetimeMs(claims: Claims | null, nowMs: number): number | null {
  const endsAt = claims?.["exp"];
  if (typeof endsAt !== "number" || !Number.isFinite(endsAt)) return null;
  const startsAt = claims?.["iat"];
  const from = typeof startsAt === "number" && Number.isFinite(startsAt) ? startsAt : nowMs / 1_000;
  return Math.max(0, (endsAt - from) * 1_000);
}
