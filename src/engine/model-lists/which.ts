/**
 * Calls with which Kiro and Cursor ask which models there are (facts of public captures, 2026-11). Told by host, path and the
 * header that names the operation; everything else on those hosts is none of ours.
 */
import { headerValue } from "../../base/headers.ts";
import type { RequestHead } from "../../base/http.ts";

export type ListShape =
  /** `aiserver.v1.AvailableModelsResponse`. */
  | "cursor-available"
  /** `GetUsableModelsResponse` of either service. */
  | "cursor-usable"
  /** JSON `{models: [{modelId, …}]}`. */
  | "kiro";

type Head = Pick<RequestHead, "method" | "host" | "target" | "headers">;

const cursorHost = /^(?:api2\.cursor\.sh|(?:[a-z0-9-]+\.)+api5\.cursor\.sh)$/;
const kiroHost =
  /^(?:q\.[a-z0-9-]+\.amazonaws\.com|codewhisperer\.[a-z0-9-]+\.amazonaws\.com|(?:[a-z0-9-]+\.)*kiro\.dev)$/;
const cursorPaths: Readonly<Record<string, ListShape>> = {
  "/aiserver.v1.AiService/AvailableModels": "cursor-available",
  "/aiserver.v1.AiService/GetUsableModels": "cursor-usable",
  "/agent.v1.AgentService/GetUsableModels": "cursor-usable",
};
const kiroPath = /^\/(?:list-?available-?models)\/?$/i;
const kiroCall = /\.ListAvailableModels$/;

export function listShape({ method, host, target, headers }: Head): ListShape | null {
  const path = target.split("?", 1)[0] ?? "";
  if (cursorHost.test(host))
    return method === "POST" && Object.hasOwn(cursorPaths, path) ? (cursorPaths[path] ?? null) : null;
  if (!kiroHost.test(host) || (method !== "POST" && method !== "GET")) return null;
  return kiroPath.test(path) || kiroCall.test(headerValue(headers, "x-amz-target") ?? "") ? "kiro" : null;
}

export function mayListModels(host: string): boolean {
  return cursorHost.test(host) || kiroHost.test(host);
}

/** Where a client that got this list makes its calls: what rules are asked about. */
export function callPlaces(
  shape: ListShape,
  host: string,
): readonly { readonly host: string; readonly path: string }[] {
  const [hosts, paths] =
    shape === "kiro" ? [[host, ...kiroCallHosts], kiroCallPaths] : [[host, ...cursorCallHosts], cursorCallPaths];
  return [...new Set(hosts)].flatMap((one) => paths.map((path) => ({ host: one, path })));
}

const cursorCallHosts = ["api2.cursor.sh", "agent.api5.cursor.sh", "agentn.api5.cursor.sh"] as const;
const cursorCallPaths = [
  "/agent.v1.AgentService/Run",
  "/agent.v1.AgentService/RunSSE",
  "/aiserver.v1.ChatService/StreamUnifiedChatWithTools",
] as const;
const kiroCallHosts = ["q.us-east-1.amazonaws.com", "runtime.us-east-1.kiro.dev"] as const;
const kiroCallPaths = ["/generateAssistantResponse", "/"] as const;
