/** What the two Code Assist usage addresses share: their paths, the project in the body, and shares that are left. */
import type { Credential } from "../../accounts/credential.ts";
import { own } from "../../../base/json.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow } from "../window.ts";
import { amountField, at, bearer, timeField, type QuotaPlace, type QuotaRequest } from "./endpoint.ts";

export function askCodeAssist(method: string, credential: Credential, place: QuotaPlace): QuotaRequest | null {
  if (credential.kind !== "token") return null;
  const root = place.endpoint.pathname.replace(/\/+$/, "").replace(/\/v1internal$/, "");
  const project = credential.facts.project ?? place.project;
  return {
    method: "POST",
    url: at(place.endpoint, `${root}/v1internal:${method}`),
    headers: [bearer(credential), ["content-type", "application/json"]],
    body: JSON.stringify(project === null ? {} : { project }),
  };
}

/** Google leaves fields out that are zero: a reset without a share that remains means that nothing does. */
export function remainingWindow(name: string, model: string, said: unknown): QuotaWindow | null {
  const resetAt = timeField(own(said, "resetTime"));
  const told = amountField(own(said, "remainingFraction"));
  const remaining = amountField(own(said, "remainingAmount"));
  if (told === null && remaining === null && resetAt === null) return null;
  const fraction = told ?? (remaining === null ? 0 : null);
  return quotaWindow({
    name,
    model,
    remaining,
    limit: remaining !== null && fraction !== null && fraction > 0 ? Math.round(remaining / fraction) : null,
    usedPercent: fraction === null ? null : (1 - fraction) * 100,
    resetAt,
  });
}
