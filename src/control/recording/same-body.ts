/**
 * Is this the request that was recorded? Compared by meaning: order of keys, and what a client writes anew each time, do not
 * count; what was masked in the recording fits anything of its length.
 */
import { isRecord, parseJson } from "../../base/json.ts";

/** Who asks, under which id, for which cache: it differs from run to run and no answer depends on it. */
const volatile: ReadonlySet<string> = new Set([
  "metadata",
  "client_metadata",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "session_id",
  "sessionId",
  "user_prompt_id",
  "requestId",
  "project",
]);
/** The envelopes of Google's tools have them one level further in. */
const volatileLevels = 2;

/** Null: the same. Else where the first difference is: `messages.2.content`. */
export function bodyDifference(recorded: Buffer, given: Buffer): string | null {
  const [left, right] = [parseJson(recorded.toString("utf8")), parseJson(given.toString("utf8"))];
  if (left.ok && right.ok) return difference(left.value, right.value, []);
  return !left.ok && !right.ok && fitsMasked(recorded.toString("latin1"), given.toString("latin1")) ? null : "the body";
}

function difference(recorded: unknown, given: unknown, path: readonly string[]): string | null {
  if (typeof recorded === "string" && typeof given === "string") {
    return fitsMasked(recorded, given) ? null : placeOf(path);
  }
  if (Array.isArray(recorded) && Array.isArray(given)) {
    const [left, right]: [readonly unknown[], readonly unknown[]] = [recorded, given];
    const length = Math.max(left.length, right.length);
    for (let index = 0; index < length; index += 1) {
      const inside = [...path, String(index)];
      if (index >= left.length || index >= right.length) return placeOf(inside);
      const found = difference(left[index], right[index], inside);
      if (found !== null) return found;
    }
    return null;
  }
  if (isRecord(recorded) && isRecord(given)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(given)])) {
      if (path.length < volatileLevels && volatile.has(key)) continue;
      const inside = [...path, key];
      if (!Object.hasOwn(recorded, key) || !Object.hasOwn(given, key)) return placeOf(inside);
      const found = difference(recorded[key], given[key], inside);
      if (found !== null) return found;
    }
    return null;
  }
  return recorded === given ? null : placeOf(path);
}

function placeOf(path: readonly string[]): string {
  return path.length === 0 ? "the body" : path.join(".");
}

/** Shorter runs are somebody's own stars. */
const maskedRun = /\*{12,}/;

function fitsMasked(recorded: string, given: string): boolean {
  if (recorded === given) return true;
  if (recorded.length !== given.length || !maskedRun.test(recorded)) return false;
  for (let at = 0; at < recorded.length; at += 1) {
    if (recorded.charCodeAt(at) !== given.charCodeAt(at) && recorded.charCodeAt(at) !== 0x2a) return false;
  }
  return true;
}
