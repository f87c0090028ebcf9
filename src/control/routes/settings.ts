/** The settings that scripts may change; config.yaml stays the one place where they stand. */
import * as v from "valibot";
import type { ProxyPlaceJson, SettingName } from "../../base/controls-engine.ts";
import { ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import {
  ipFilter,
  ipFilterWritten,
  networkProxy,
  networkProxyChange,
  proxyId,
  proxyLevel,
  proxyTest,
  proxyTestQuestion,
  settings,
  systemPrompt,
  thinkingBudget,
} from "../schemas/settings.ts";

const atOnce = "It is in force from the next call on, and config.yaml keeps its comments.";
const place = { level: v.exactOptional(proxyLevel), id: v.exactOptional(proxyId) };

/** A section is also found under its name in the file, written in either way. */
function otherNames(name: SettingName, path: string): readonly string[] {
  return [name, name.replaceAll("_", "-")].filter((each) => each !== path).map((each) => `/api/settings/${each}`);
}

const asProxy = otherNames("network_proxy", "proxy");
const asIpFilter = otherNames("ip_filter", "ip-filter");
const asThinkingBudget = otherNames("thinking_budget", "thinking-budget");
const asSystemPrompt = otherNames("system_prompt", "system-prompt");

export const settingRoutes = {
  "GET /api/settings": socketRoute({
    tag: "settings",
    summary: "All settings that scripts may change",
    reply: settings,
    changes: false,
  }).handle(async (_question, { verbs }) => ({
    settings: {
      network_proxy: await verbs.setting("network_proxy"),
      ip_filter: await verbs.setting("ip_filter"),
      thinking_budget: await verbs.setting("thinking_budget"),
      system_prompt: await verbs.setting("system_prompt"),
    },
  })),
  "GET /api/settings/proxy": socketRoute({
    tag: "settings",
    summary: "Which outbound proxies are in force",
    alsoAt: asProxy,
    reply: networkProxy,
    changes: false,
  }).handle((_question, { verbs }) => verbs.setting("network_proxy")),
  "PUT /api/settings/proxy": socketRoute({
    tag: "settings",
    summary: "Say which outbound proxies are in force: all of them, or that of one place",
    description: `Without \`?level=\` the body is the whole section; with it, \`{"proxy": …}\`. ${atOnce}`,
    alsoAt: asProxy,
    query: place,
    body: networkProxyChange,
    reply: networkProxy,
    refusals: ["invalid", "conflict", "unavailable"],
    changes: true,
  }).handle(({ query, body }, { verbs }) => {
    const where = placeOf(query);
    const { proxy, ...section } = body;
    if (where === null) {
      if (proxy === undefined) return verbs.changeSetting("network_proxy", section);
      throw new ControlRefusal(400, "invalid", `"proxy" says nothing without ?level=; ${levelWords}`, "level");
    }
    const [other] = Object.keys(section);
    if (other !== undefined) {
      throw new ControlRefusal(400, "invalid", `with ?level= the body is {"proxy": …} and has no "${other}"`, other);
    }
    if (proxy === undefined) {
      throw new ControlRefusal(400, "invalid", `"proxy" is missing; it is text that is not empty`, "proxy");
    }
    return verbs.changeProxy(where, proxy);
  }),
  "DELETE /api/settings/proxy": socketRoute({
    tag: "settings",
    summary: "Take the section out of config.yaml, or the proxy of one place",
    description: "As `?level=providers&id=openrouter`.",
    alsoAt: asProxy,
    query: place,
    reply: networkProxy,
    refusals: ["invalid", "not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ query }, { verbs }) => {
    const where = placeOf(query);
    return where === null ? verbs.changeSetting("network_proxy", undefined) : verbs.changeProxy(where, null);
  }),
  "POST /api/settings/proxy/test": socketRoute({
    tag: "settings",
    summary: "Try a proxy out: connects through it to a public host, which says what address it saw",
    body: v.optional(proxyTestQuestion, {}),
    reply: proxyTest,
    refusals: ["invalid"],
    changes: false,
  }).handle(({ body }, { verbs }) => verbs.testProxy(body.proxy ?? null)),
  "GET /api/settings/ip-filter": socketRoute({
    tag: "settings",
    summary: "Which addresses may come in",
    alsoAt: asIpFilter,
    reply: ipFilter,
    changes: false,
  }).handle((_question, { verbs }) => verbs.setting("ip_filter")),
  "PUT /api/settings/ip-filter": socketRoute({
    tag: "settings",
    summary: "Say which addresses may come in",
    description: atOnce,
    alsoAt: asIpFilter,
    body: ipFilterWritten,
    reply: ipFilter,
    refusals: ["invalid", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.changeSetting("ip_filter", body)),
  "DELETE /api/settings/ip-filter": socketRoute({
    tag: "settings",
    summary: "Let everybody in again that the listening address lets in",
    alsoAt: asIpFilter,
    reply: ipFilter,
    refusals: ["conflict", "unavailable"],
    changes: true,
  }).handle((_question, { verbs }) => verbs.changeSetting("ip_filter", undefined)),
  "GET /api/settings/thinking-budget": socketRoute({
    tag: "settings",
    summary: "What becomes of a routed call's wish to think",
    alsoAt: asThinkingBudget,
    reply: thinkingBudget,
    changes: false,
  }).handle((_question, { verbs }) => verbs.setting("thinking_budget")),
  "PUT /api/settings/thinking-budget": socketRoute({
    tag: "settings",
    summary: "Say what becomes of a routed call's wish to think",
    description: atOnce,
    alsoAt: asThinkingBudget,
    body: thinkingBudget,
    reply: thinkingBudget,
    refusals: ["invalid", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.changeSetting("thinking_budget", body)),
  "DELETE /api/settings/thinking-budget": socketRoute({
    tag: "settings",
    summary: "Leave wishes to think as they are again",
    alsoAt: asThinkingBudget,
    reply: thinkingBudget,
    refusals: ["conflict", "unavailable"],
    changes: true,
  }).handle((_question, { verbs }) => verbs.changeSetting("thinking_budget", undefined)),
  "GET /api/settings/system-prompt": socketRoute({
    tag: "settings",
    summary: "The text laid around clients' system prompts",
    alsoAt: asSystemPrompt,
    reply: systemPrompt,
    changes: false,
  }).handle((_question, { verbs }) => verbs.setting("system_prompt")),
  "PUT /api/settings/system-prompt": socketRoute({
    tag: "settings",
    summary: "Lay text around clients' system prompts",
    description: atOnce,
    alsoAt: asSystemPrompt,
    body: systemPrompt,
    reply: systemPrompt,
    refusals: ["invalid", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.changeSetting("system_prompt", body)),
  "DELETE /api/settings/system-prompt": socketRoute({
    tag: "settings",
    summary: "Leave clients' system prompts as they are again",
    alsoAt: asSystemPrompt,
    reply: systemPrompt,
    refusals: ["conflict", "unavailable"],
    changes: true,
  }).handle((_question, { verbs }) => verbs.changeSetting("system_prompt", undefined)),
} as const satisfies ControlRoutes;

const levelWords = "?level=global, or ?level=providers, combos or keys with &id=";

/** Null: the whole section. */
function placeOf({
  level,
  id,
}: {
  readonly level?: ProxyPlaceJson["level"];
  readonly id?: string;
}): ProxyPlaceJson | null {
  if (level === undefined) {
    if (id === undefined) return null;
    throw new ControlRefusal(400, "invalid", `"id" says nothing without ?level=; ${levelWords}`, "level");
  }
  if (level === "global") {
    if (id === undefined) return { level };
    throw new ControlRefusal(400, "invalid", `"id" says nothing with ?level=global`, "id");
  }
  if (id === undefined) throw new ControlRefusal(400, "invalid", `"id" is missing; ${levelWords}`, "id");
  return { level, id };
}
