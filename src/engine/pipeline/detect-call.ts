/**
 * Is this request a model call, and in which dialect? By host and path alone: clients send telemetry and settings to the
 * same hosts with the same headers, and those are never read.
 */
import type { RequestHead } from "../../base/http.ts";
import { detect, type Detected } from "../formats/detect.ts";

export function detectCall(head: Pick<RequestHead, "method" | "host" | "target">): Detected | null {
  if (head.method !== "POST") return null;
  return detect({ host: head.host, target: head.target, headers: [] });
}
