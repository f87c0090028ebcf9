/** A Gemini Code Assist login's quota by model (`POST v1internal:retrieveUserQuota`, as seen in public clients in 2026). */
import { listField, textField } from "../../formats/fields.ts";
import { askCodeAssist, remainingWindow } from "./code-assist.ts";
import { readReport, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

export const geminiCliQuota: QuotaEndpoint = {
  unasked: "Gemini Code Assist tells the quota of logins only",
  request: (credential, place) => askCodeAssist("retrieveUserQuota", credential, place),
  read: (reply, now) => readReport("Gemini Code Assist", reply, now, figuresOf),
};

function figuresOf(report: unknown): QuotaFigures | null {
  const buckets = listField(report, "buckets");
  if (buckets === undefined) return null;
  const windows = buckets.flatMap((bucket) => {
    const model = textField(bucket, "modelId");
    if (model === undefined) return [];
    return remainingWindow((textField(bucket, "tokenType") ?? "requests").toLowerCase(), model, bucket) ?? [];
  });
  return { windows, plan: null };
}
