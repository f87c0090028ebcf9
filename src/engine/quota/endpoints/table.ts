/** Which service has an address that tells an account's quota. Rows are types of their own, or registry ids. */
import type { ProviderConfig, ProviderType } from "../../config/schema.ts";
import { antigravityModels } from "./antigravity.ts";
import { claudeUsage } from "./claude.ts";
import { codexUsage } from "./codex.ts";
import { copilotUser } from "./copilot.ts";
import type { QuotaEndpoint } from "./endpoint.ts";
import { geminiCliQuota } from "./gemini-cli.ts";
import { kiroLimits } from "./kiro.ts";
import { openrouterKey } from "./openrouter.ts";

const ofType = {
  codex: codexUsage,
  copilot: copilotUser,
  antigravity: antigravityModels,
  "gemini-cli": geminiCliQuota,
  kiro: kiroLimits,
} as const satisfies Readonly<Partial<Record<ProviderType, QuotaEndpoint>>>;

/** Services that speak a common dialect: known by their registry id, or by their host under another name. */
const ofService = [
  { id: "claude", host: "api.anthropic.com", type: "anthropic-compatible", endpoint: claudeUsage },
  { id: "openrouter", host: "openrouter.ai", type: "openai-compatible", endpoint: openrouterKey },
] as const satisfies readonly {
  readonly id: string;
  readonly host: string;
  readonly type: ProviderType;
  readonly endpoint: QuotaEndpoint;
}[];

/** Null: this provider tells its quota with its replies or not at all. */
export function quotaEndpointOf(id: string, { type, endpoint }: ProviderConfig): QuotaEndpoint | null {
  const rows: Readonly<Partial<Record<ProviderType, QuotaEndpoint>>> = ofType;
  const own = rows[type];
  if (own !== undefined) return own;
  const { hostname } = new URL(endpoint);
  return ofService.find((row) => row.type === type && (row.id === id || row.host === hostname))?.endpoint ?? null;
}
