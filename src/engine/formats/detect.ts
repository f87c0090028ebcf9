/**
 * Which dialect a request speaks. Trust in this order: a host we know with its path, the path, headers that only one
 * dialect has, and last the body (detect-body.ts). A format adds rows here, not branches.
 */
import type { HeaderPairs, RequestHead } from "../../base/http.ts";
import { headerValue } from "../../base/headers.ts";
import { own } from "../../base/json.ts";
import { unreachable } from "../../base/unreachable.ts";
import { methodOf as cursorMethod } from "./cursor/rpc.ts";
import { detectBody } from "./detect-body.ts";
import type { FormatId, Variant } from "./format.ts";

/** As much of a request's head as detection looks at. */
export type DetectableHead = Pick<RequestHead, "host" | "target" | "headers">;

export interface Detected {
  /** The dialect the client expects its answer in. */
  readonly format: FormatId;
  /** The dialect its body is written in, where that differs. */
  readonly reads?: FormatId;
  readonly variant?: Variant;
  /** For the flow: what told. */
  readonly why: string;
}

/** `body` is the parsed body, if it has been read; without it detection ends at the headers. */
export function detect(head: DetectableHead, body?: unknown): Detected | null {
  const byAddress = detectAddress(head);
  // Clients send telemetry and settings to the providers' hosts with the same headers as their calls.
  if (byAddress === null && isKnownHost(head.host)) return null;
  return settle(byAddress ?? detectHeaders(head.headers) ?? detectBody(body), head, body);
}

/** Some calls share one path and are named by a header; without headers those are not found. */
type AddressedHead = Pick<DetectableHead, "host" | "target"> & Partial<Pick<DetectableHead, "headers">>;

/** By host and path, and by the header that names the call where the path does not; a host that is known here and a path that is not one of its own say "not a model call". */
export function detectAddress({ host, target, headers = [] }: AddressedHead): Detected | null {
  const path = target.split("?", 1)[0] ?? "";
  const fits = (one: Row): boolean => one.path.test(path) && carries(headers, one.header);
  const named = ({ header }: Row): string => (header === undefined ? path : `${path} with ${header.name}`);
  const row = hostRows.find((one) => one.host.test(host) && fits(one));
  if (row !== undefined) return { ...of(row), why: `${host} speaks ${row.format} on ${named(row)}` };
  const byPath = pathRows.find(fits);
  return byPath === undefined ? null : { ...of(byPath), why: `the path ${named(byPath)}` };
}

/** Do we know where this host serves model calls? Then its other paths are none, whatever their headers say. */
export function isKnownHost(host: string): boolean {
  return hostRows.some((row) => row.host.test(host));
}

/** What the rest of the request says about a dialect that is found already. */
function settle(found: Detected | null, { headers }: DetectableHead, body: unknown): Detected | null {
  if (found === null) return null;
  const agent = headerValue(headers, "user-agent") ?? "";
  switch (found.format) {
    case "gemini-cli":
      // One address for two clients; Antigravity says its name in the header and in the body.
      if (/^antigravity\//i.test(agent) || own(body, "userAgent") === "antigravity") {
        return { ...found, format: "antigravity", why: `${found.why}; the client is Antigravity` };
      }
      return found;
    case "openai-chat":
      // Cursor sends a Responses body to a Chat address and wants Chat chunks back (facts of late 2026).
      if (Array.isArray(own(body, "input")) && own(body, "messages") === undefined) {
        return { ...found, reads: "openai-responses", why: `${found.why}; the body is a Responses one` };
      }
      return found;
    case "openai-responses": {
      const isCodex = /^codex/i.test(agent) || /^codex/i.test(headerValue(headers, "originator") ?? "");
      return isCodex && found.variant === undefined ? { ...found, variant: "codex" } : found;
    }
    case "claude":
    case "gemini":
    case "antigravity":
    case "kiro":
    case "cursor":
      return found;
    default:
      return unreachable(found.format);
  }
}

interface HostRow extends Row {
  readonly host: RegExp;
}

function carries(headers: HeaderPairs, wanted: Row["header"]): boolean {
  return wanted === undefined || wanted.value.test(headerValue(headers, wanted.name) ?? "");
}

interface Row {
  readonly path: Pick<RegExp, "test">;
  /** What the call must carry besides. */
  readonly header?: { readonly name: string; readonly value: RegExp };
  readonly format: FormatId;
  readonly variant?: Variant;
}

const messagesPath = /\/messages(\/count_tokens)?\/?$/;
const chatPath = /\/chat\/completions\/?$/;
const responsesPath = /\/responses(\/compact|\/input_tokens)?\/?$/;
const geminiPath = /\/(models|tunedModels)\/[^/]+:(generateContent|streamGenerateContent|countTokens)$/;
const codeAssistPath = /\/v1internal:(generateContent|streamGenerateContent|countTokens)$/;

const cursorPath = { test: (path: string) => (cursorMethod(path)?.service ?? null) !== null };
const kiroPath = /\/generateAssistantResponse\/?$/;
/** `AmazonCodeWhispererStreamingService.`, `KiroRuntimeService.` and whatever comes next: the operation is what tells. */
const kiroCall = { name: "x-amz-target", value: /\.GenerateAssistantResponse$/ } as const;

const kiroHost = /^(q\.[a-z0-9-]+\.amazonaws\.com|codewhisperer\.[a-z0-9-]+\.amazonaws\.com|([a-z0-9-]+\.)*kiro\.dev)$/;
const cursorHost = /^(api2\.cursor\.sh|([a-z0-9-]+\.)+api5\.cursor\.sh)$/;
const copilotHost = /^api(\.[a-z]+)?\.githubcopilot\.com$/;
const vertexHost = /^([a-z0-9-]+-)?aiplatform\.googleapis\.com$/;
const codeAssistHost = /^([a-z]+-)?cloudcode-pa(\.sandbox)?\.googleapis\.com$/;

/** Hosts that are named here speak nothing else on these paths; everything else they serve is none of ours. */
const hostRows: readonly HostRow[] = [
  { host: /^api\.anthropic\.com$/, path: /^\/v1\/messages(\/count_tokens)?\/?$/, format: "claude" },
  { host: /^api\.openai\.com$/, path: /^\/v1\/chat\/completions\/?$/, format: "openai-chat" },
  { host: /^api\.openai\.com$/, path: /^\/v1\/responses(\/compact|\/input_tokens)?\/?$/, format: "openai-responses" },
  {
    host: /^chatgpt\.com$/,
    path: /^\/backend-api\/codex\/responses(\/compact)?\/?$/,
    format: "openai-responses",
    variant: "codex",
  },
  { host: /^generativelanguage\.googleapis\.com$/, path: geminiPath, format: "gemini" },
  { host: vertexHost, path: geminiPath, format: "gemini", variant: "vertex" },
  { host: codeAssistHost, path: codeAssistPath, format: "gemini-cli" },
  { host: copilotHost, path: chatPath, format: "openai-chat", variant: "copilot" },
  { host: copilotHost, path: responsesPath, format: "openai-responses", variant: "copilot" },
  { host: copilotHost, path: messagesPath, format: "claude", variant: "copilot" },
  { host: kiroHost, path: /./, header: kiroCall, format: "kiro", variant: "aws-json" },
  { host: kiroHost, path: kiroPath, format: "kiro" },
  { host: cursorHost, path: cursorPath, format: "cursor" },
];

const pathRows: readonly Row[] = [
  { path: messagesPath, format: "claude" },
  { path: chatPath, format: "openai-chat" },
  { path: responsesPath, format: "openai-responses" },
  { path: geminiPath, format: "gemini" },
  { path: codeAssistPath, format: "gemini-cli" },
  { path: kiroPath, format: "kiro" },
  // At our own port, and at any host that stands in for Kiro's.
  { path: /^\/$/, header: kiroCall, format: "kiro", variant: "aws-json" },
  { path: cursorPath, format: "cursor" },
];

function of({ format, variant }: Row): Pick<Detected, "format" | "variant"> {
  return variant === undefined ? { format } : { format, variant };
}

interface HeaderRow {
  readonly name: string;
  readonly value: RegExp;
  readonly format: FormatId;
  readonly variant?: Variant;
}

/** Names as today's clients send them (late 2026); `x-initiator` alone says nothing, many clients set it. */
const headerRows: readonly HeaderRow[] = [
  { name: "anthropic-version", value: /./, format: "claude" },
  { name: "x-goog-api-key", value: /./, format: "gemini" },
  { name: "x-goog-api-client", value: /./, format: "gemini" },
  { name: "user-agent", value: /^claude-cli\//i, format: "claude" },
  { name: "user-agent", value: /^codex/i, format: "openai-responses", variant: "codex" },
  { name: "originator", value: /^codex/i, format: "openai-responses", variant: "codex" },
  { name: "user-agent", value: /^GeminiCLI\//i, format: "gemini-cli" },
  { name: "user-agent", value: /^antigravity\//i, format: "antigravity" },
  { name: "user-agent", value: /^GitHubCopilotChat\//i, format: "openai-chat", variant: "copilot" },
  { name: "user-agent", value: /^QwenCode\//i, format: "openai-chat" },
  { ...kiroCall, format: "kiro", variant: "aws-json" },
  { name: "openai-intent", value: /./, format: "openai-chat", variant: "copilot" },
  { name: "x-app", value: /^cli$/, format: "claude" },
];

function detectHeaders(headers: HeaderPairs): Detected | null {
  for (const { name, value, format, variant } of headerRows) {
    const said = headerValue(headers, name);
    if (said === undefined || !value.test(said)) continue;
    return { format, ...(variant === undefined ? {} : { variant }), why: `the header ${name}` };
  }
  return null;
}
