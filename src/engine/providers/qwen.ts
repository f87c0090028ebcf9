/**
 * Qwen's portal: Chat, at a host that comes with the token (`resource_url`). It refuses an empty list of tools, and while
 * it thinks it lets nobody force a tool (facts of late 2026). `x-dashscope-useragent` is for its own client to say.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { own } from "../../base/json.ts";
import type { Credential } from "../accounts/credential.ts";
import type { JsonObject } from "../formats/format.ts";
import { bearer } from "./bearer.ts";
import { boundOrigin, under } from "./origin.ts";
import type { Origin, Provider } from "./provider.ts";

/** Customers have names below aliyuncs.com too (buckets, gateways), so only DashScope's are the service's own. */
const dashscope = /(^|\.)([a-z0-9]+-)*dashscope(-[a-z0-9]+)*\.aliyuncs\.com$/;
const isQwen = under("qwen.ai");
const isOwn = (host: string): boolean => isQwen(host) || dashscope.test(host);

export function qwenOrigin(configured: URL, endpoint: string | undefined): Origin | null {
  return boundOrigin(endpoint, configured, isOwn);
}

export const qwenParts = {
  format: "openai-chat",
  authorize: (credential: Credential): HeaderPairs => [
    ...bearer(credential),
    ...(credential.kind === "token" ? ([["x-dashscope-authtype", "qwen-oauth"]] as const) : []),
  ],
  amendBody(body: JsonObject): JsonObject {
    const { tools, tool_choice: choice, ...rest } = body;
    if (Array.isArray(tools) && tools.length === 0) return rest;
    if (choice === undefined || choice === "auto" || choice === "none" || !thinks(body)) return body;
    return { ...body, tool_choice: "auto" };
  },
} as const satisfies Partial<Provider>;

function thinks(body: JsonObject): boolean {
  if (body["enable_thinking"] === true) return true;
  const effort = body["reasoning_effort"] ?? own(body["reasoning"], "effort");
  return typeof effort === "string" && effort !== "none";
}
