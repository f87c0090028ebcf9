/** Chat's one tool that the provider runs itself: `web_search_options`, a field of the request and not a tool in its list. */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { HubTool } from "../../hub/tools.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";

type ServerTool = Extract<HubTool, { kind: "server" }>;

export function readWebSearch(body: unknown): readonly HubTool[] {
  const raw = recordField(body, "web_search_options");
  return raw === undefined
    ? []
    : [{ kind: "server", name: "web_search", from: "openai-chat", raw, ability: "web-search" }];
}

/** Other models answer the field with a 400: OpenAI's search models, Perplexity's, and what OpenRouter searches for (2026). */
export function searchesTheWeb(model: string, origin: string | undefined): boolean {
  const bare = model.toLowerCase().replace(/^.*\//, "");
  return /search-(preview|api)|^sonar|:online$/.test(bare) || isOpenRouter(origin);
}

/** Told from the name its owner gave the provider. */
export function isOpenRouter(origin: string | undefined): boolean {
  return /openrouter/i.test(origin ?? "");
}

/** The first search that was declared; undefined when there is none or the model is not known to search. */
export function writeWebSearch(
  request: HubRequest,
  model: string,
  origin: string | undefined,
  losses: Losses,
): Fields | undefined {
  const tool = request.tools.find((one): one is ServerTool => one.kind === "server" && one.ability === "web-search");
  if (tool === undefined || !searchesTheWeb(model, origin)) return undefined;
  if (tool.from === "openai-chat" && isRecord(tool.raw)) return tool.raw;
  for (const limit of ["allowed_domains", "blocked_domains", "max_uses"]) {
    if (own(tool.raw, limit) !== undefined || listField(own(tool.raw, "filters"), limit) !== undefined) {
      losses.add("server-tool", `${tool.name}: ${limit} has no field here`);
    }
  }
  const place = recordField(tool.raw, "user_location");
  const approximate = {
    ...optional("city", textField(place, "city")),
    ...optional("region", textField(place, "region")),
    ...optional("country", textField(place, "country")),
    ...optional("timezone", textField(place, "timezone")),
  };
  return {
    ...optional("search_context_size", textField(tool.raw, "search_context_size")),
    ...(Object.keys(approximate).length === 0 ? {} : { user_location: { type: "approximate", approximate } }),
  };
}
