/**
 * Tools that the provider runs itself. Claude gets its own back as they are; another dialect's web search becomes
 * Claude's. Whatever else has no counterpart is left out with a loss, never declared as a function nobody runs.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { HubTool } from "../../hub/tools.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";
import type { ClaudeModel } from "./models.ts";

type ServerTool = Extract<HubTool, { kind: "server" }>;

const searchName = "web_search";

export function writeServerTool(
  tool: ServerTool,
  request: HubRequest,
  model: ClaudeModel,
  losses: Losses,
): readonly Fields[] {
  if (!model.serverTools) {
    losses.add("server-tool", `${tool.name}: this model's provider does not run it; it was left out`);
    return [];
  }
  if (tool.from === "claude" && isRecord(tool.raw)) return [tool.raw];
  // Two tools of one name are refused.
  const isTaken = request.tools.some((other) => other !== tool && other.name === searchName && other.kind !== "server");
  if (tool.ability !== "web-search" || isTaken) {
    losses.add("server-tool", `${tool.name}: only ${tool.from} can run it; it was left out`);
    return [];
  }
  return [{ type: "web_search_20250305", name: searchName, ...placeIn(tool.raw), ...domainsIn(tool.raw) }];
}

/** Where the user is, as Chat (`web_search_options`) and Responses (`web_search`) say it. */
function placeIn(raw: unknown): Fields {
  const given = recordField(raw, "user_location");
  const place = recordField(given, "approximate") ?? given;
  const fields = {
    ...optional("city", textField(place, "city")),
    ...optional("region", textField(place, "region")),
    ...optional("country", textField(place, "country")),
    ...optional("timezone", textField(place, "timezone")),
  };
  return Object.keys(fields).length === 0 ? {} : { user_location: { type: "approximate", ...fields } };
}

function domainsIn(raw: unknown): Fields {
  const allowed = listField(own(raw, "filters"), "allowed_domains") ?? [];
  const domains = allowed.filter((domain) => typeof domain === "string");
  return domains.length === 0 ? {} : { allowed_domains: domains };
}
