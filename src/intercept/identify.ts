/**
 * Which client is calling, read from its own headers. A table, first match wins; measured 2026-11 (User-Agent strings
 * of the clients' npm builds), and nothing is changed or faked on the way.
 */
import { headerValue } from "../base/headers.ts";
import type { ClientId } from "../base/flow.ts";
import type { RequestHead } from "../base/http.ts";

interface Row {
  readonly client: ClientId;
  readonly userAgent?: RegExp;
  readonly header?: readonly [name: string, value: RegExp];
  readonly host?: RegExp;
}

const rows: readonly Row[] = [
  { client: "claude-code", userAgent: /^claude-(?:cli|code)\//i },
  { client: "claude-code", header: ["x-app", /^cli(?:-|$)/] },
  { client: "codex", userAgent: /^codex[_-]/i },
  { client: "codex", header: ["originator", /^codex/i] },
  { client: "qwen-code", userAgent: /qwencode/i },
  { client: "gemini-cli", userAgent: /geminicli/i },
  { client: "antigravity", userAgent: /antigravity/i },
  { client: "opencode", userAgent: /opencode/i },
  { client: "copilot-cli", userAgent: /copilot(?:-|\/)?cli|^copilot\//i },
  { client: "copilot-cli", header: ["copilot-integration-id", /cli/i] },
  { client: "copilot", userAgent: /githubcopilot|copilotchat/i },
  { client: "copilot", header: ["copilot-integration-id", /./] },
  { client: "kiro", userAgent: /kiro|codewhisperer/i },
  { client: "cursor", userAgent: /cursor/i },
  { client: "cursor", header: ["x-cursor-client-version", /./] },
  { client: "cursor", host: /(?:^|\.)cursor\.sh$/ },
  { client: "zed", userAgent: /^zed\//i },
  { client: "curl", userAgent: /^curl\//i },
  { client: "python", userAgent: /python|^aiohttp|\bhttpx\b/i },
  { client: "node", userAgent: /^node|undici|axios|node-fetch|^(?:anthropic|openai)\/js/i },
  { client: "node", header: ["x-stainless-runtime", /^node$/i] },
  { client: "node", header: ["x-goog-api-client", /gl-node/i] },
];

export function identifyClient(head: RequestHead): ClientId {
  const userAgent = headerValue(head.headers, "user-agent") ?? "";
  for (const row of rows) {
    if (row.userAgent !== undefined && row.userAgent.test(userAgent)) return row.client;
    if (row.header !== undefined) {
      const value = headerValue(head.headers, row.header[0]);
      if (value !== undefined && row.header[1].test(value)) return row.client;
    }
    if (row.host?.test(head.host) === true) return row.client;
  }
  return "unknown";
}
