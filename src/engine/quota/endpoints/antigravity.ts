/** Antigravity's models and what is left of each (`POST v1internal:fetchAvailableModels`, as seen in public clients in 2026). */
import { own } from "../../../base/json.ts";
import { recordField, textField } from "../../formats/fields.ts";
import { askCodeAssist, remainingWindow } from "./code-assist.ts";
import { readReport, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

export const antigravityModels: QuotaEndpoint = {
  unasked: "Antigravity tells the quota of logins only",
  request: (credential, place) => askCodeAssist("fetchAvailableModels", credential, place),
  read: (reply, now) => readReport("Antigravity", reply, now, figuresOf),
};

function figuresOf(report: unknown): QuotaFigures | null {
  const models = recordField(report, "models");
  if (models === undefined) return null;
  const windows = Object.entries(models).flatMap(([model, about]) => {
    if (own(about, "isInternal") === true) return [];
    return remainingWindow(textField(about, "displayName") ?? model, model, recordField(about, "quotaInfo")) ?? [];
  });
  return { windows, plan: null };
}
