/** One call's usage as a line of text and back. What is read may have been torn by a power cut or edited by hand. */
import type { Usage } from "../../base/flow.ts";
import { isRecord, parseJson } from "../../base/json.ts";
import type { UsageLine } from "./ledger.ts";

/** Model names and ids come from clients; no real one is near this. */
const maxTextLength = 300;

/** Longer lines were not written by us: nine texts of 300 characters, six bytes each at worst, and the numbers. */
export const maxLineBytes = 32 * 1024;

/** Ends in a line break, and has no other. */
export function encodeLine(line: UsageLine): string {
  return `${JSON.stringify({
    at: line.at,
    flow: clip(line.flow),
    client: clip(line.client),
    session: line.session === null ? null : clip(line.session),
    provider: clip(line.provider),
    account: line.account === null ? null : clip(line.account),
    model: clip(line.model),
    action: line.action,
    usage: {
      input: line.usage.input,
      output: line.usage.output,
      cacheRead: line.usage.cacheRead,
      cacheWrite: line.usage.cacheWrite,
      reasoning: line.usage.reasoning,
      estimated: line.usage.estimated,
    },
    costUsd: line.costUsd,
    ...(line.costEstimated === true ? { costEstimated: true } : {}),
    cacheSavedUsd: line.cacheSavedUsd,
    ok: line.ok,
    ms: line.ms,
  } satisfies UsageLine)}\n`;
}

/** Null: damaged. Fields of later versions are passed over. */
export function decodeLine(text: string): UsageLine | null {
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value)) return null;
  const { at, flow, client, session, provider, account, model, action, costUsd, cacheSavedUsd, ok, ms } = parsed.value;
  const usage = decodeUsage(parsed.value["usage"]);
  if (usage === null || !isInstant(at) || !isCount(ms) || typeof ok !== "boolean") return null;
  if (typeof flow !== "string" || typeof client !== "string" || typeof provider !== "string") return null;
  if (typeof model !== "string" || !isTextOrNull(session) || !isTextOrNull(account)) return null;
  if (action !== "passthrough" && action !== "reroute") return null;
  if (!isDollars(costUsd) || !isDollars(cacheSavedUsd)) return null;
  const costEstimated = parsed.value["costEstimated"] === true;
  return {
    at,
    flow,
    client,
    session,
    provider,
    account,
    model,
    action,
    usage,
    costUsd,
    cacheSavedUsd,
    ok,
    ms,
    ...(costEstimated ? { costEstimated } : {}),
  };
}

function decodeUsage(value: unknown): Usage | null {
  if (!isRecord(value)) return null;
  const { input, output, cacheRead, cacheWrite, reasoning, estimated } = value;
  if (!isCount(input) || !isCount(output) || !isCount(cacheRead) || !isCount(cacheWrite) || !isCount(reasoning)) {
    return null;
  }
  return { input, output, cacheRead, cacheWrite, reasoning, estimated: estimated === true };
}

function clip(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength - 1)}…`;
}

/** What `Date` can hold. */
function isInstant(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isDollars(value: unknown): value is number | null {
  return value === null || (typeof value === "number" && Number.isFinite(value));
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
