/**
 * An OpenRouter key's spending (`GET /key`), and where the key has no limit of its own the account's credits
 * (`GET /credits`, which many keys may not ask). Amounts are US dollars. As documented in 2026.
 */
import { isRecord, own } from "../../../base/json.ts";
import { recordField } from "../../formats/fields.ts";
import { joinPaths } from "../../providers/join-paths.ts";
import { quotaWindow } from "../window.ts";
import { amountField, at, bearer, readReport, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

const credits: QuotaEndpoint = {
  ...asked("/credits"),
  read: (reply, now) => readReport("OpenRouter", reply, now, creditsOf),
};

export const openrouterKey: QuotaEndpoint = {
  ...asked("/key"),
  read: (reply, now) => readReport("OpenRouter", reply, now, keyOf),
  more: ({ windows }) => (windows.length > 0 ? null : credits),
};

function asked(path: string): Pick<QuotaEndpoint, "request" | "unasked"> {
  return {
    unasked: "OpenRouter is asked with a key",
    request: (credential, { endpoint }) => ({
      method: "GET",
      url: at(endpoint, joinPaths(endpoint.pathname, path, "v1")),
      headers: [bearer(credential)],
      body: null,
    }),
  };
}

function keyOf(report: unknown): QuotaFigures | null {
  const key = recordField(report, "data");
  if (key === undefined) return null;
  const limit = amountField(key["limit"]);
  const usage = amountField(key["usage"]);
  const told = amountField(key["limit_remaining"]);
  const remaining = told ?? (limit === null || usage === null ? null : limit - usage);
  return {
    windows: limit === null ? [] : [quotaWindow({ name: "key", limit, remaining, exhausted: (remaining ?? 1) <= 0 })],
    plan: key["is_free_tier"] === true ? "free" : null,
  };
}

function creditsOf(report: unknown): QuotaFigures | null {
  const data = own(report, "data");
  const bought = amountField(own(data, "total_credits"));
  if (!isRecord(data) || bought === null) return null;
  const remaining = bought - (amountField(data["total_usage"]) ?? 0);
  return {
    windows: [quotaWindow({ name: "credits", limit: bought, remaining, exhausted: remaining <= 0 })],
    plan: null,
  };
}
