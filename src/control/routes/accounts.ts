/** Accounts, their logins, limits and sessions, what they used, and the settings that scripts may change. */
import {
  type ModelJson,
  type NewAccountJson,
  type NewImportJson,
  type NewLoginJson,
  settingNames,
  type SettingName,
  type UsageQuestionJson,
} from "../../base/controls-engine.ts";
import { isRecord, own } from "../../base/json.ts";
import { ControlRefusal } from "../route.ts";
import { enabledIn, isWish, named, type RegistryRoute } from "./registry.ts";

export const accountRoutes = {
  "GET /api/accounts": async (_, verbs) => ({ accounts: await verbs.accounts() }),
  "POST /api/accounts": ({ body }, verbs) => verbs.addAccount(newAccount(body)),
  "POST /api/accounts/reload": (_, verbs) => done(verbs.reloadAccounts()),
  "POST /api/accounts/import": ({ body }, verbs) => verbs.importLogin(newImport(body)),
  "DELETE /api/accounts/:provider/:name": ({ parameters }, verbs) => done(verbs.removeAccount(idOf(parameters))),
  "PUT /api/accounts/:provider/:name/enabled": ({ parameters, body }, verbs) =>
    verbs.setAccountEnabled(idOf(parameters), enabledIn(body)),
  "POST /api/accounts/:provider/:name/refresh": ({ parameters }, verbs) => verbs.refreshAccount(idOf(parameters)),
  "POST /api/accounts/:provider/:name/clear-cooldown": async ({ parameters, body }, verbs) => ({
    cleared: await verbs.clearCooldown(idOf(parameters), optionalText(body, "model")),
  }),
  "POST /api/accounts/clear-cooldowns": async (_, verbs) => ({ cleared: await verbs.clearCooldown(null, null) }),
  "GET /api/accounts/quota": async (_, verbs) => ({ quota: await verbs.quota(null) }),
  "GET /api/accounts/:provider/:name/quota": async ({ parameters }, verbs) => ({
    quota: await verbs.quota(idOf(parameters)),
  }),
  "POST /api/logins": ({ body }, verbs) => verbs.startLogin(newLogin(body)),
  "GET /api/logins/:id": ({ parameters }, verbs) => verbs.login(named(parameters, "id")),
  "POST /api/logins/:id": ({ parameters, body }, verbs) =>
    verbs.finishLogin(named(parameters, "id"), text(body, "pasted")),
  "DELETE /api/logins/:id": ({ parameters }, verbs) => done(verbs.cancelLogin(named(parameters, "id"))),
  // The address under which the seed's tools log in to Kiro: the same logins.
  "POST /v0/oauth/kiro": ({ body }, verbs) => verbs.startLogin(newKiroLogin(body)),
  "GET /v0/oauth/kiro/:id": ({ parameters }, verbs) => verbs.login(named(parameters, "id")),
  "DELETE /v0/oauth/kiro/:id": ({ parameters }, verbs) => done(verbs.cancelLogin(named(parameters, "id"))),
  "GET /api/rate-limits": async (_, verbs) => ({ rateLimits: await verbs.rateLimits() }),
  "GET /api/sessions": async (_, verbs) => ({ sessions: await verbs.sessions() }),
  "GET /api/combos": async (_, verbs) => ({ combos: await verbs.combos(), ...(await verbs.aliases()) }),
  "GET /api/usage": ({ url }, verbs) => verbs.usage(usageQuestion(url)),
  "GET /api/models/catalog": async ({ url }, verbs) => {
    const models = await verbs.models({ provider: null, refresh: isWish(url.searchParams.get("refresh")) });
    const byProvider = new Map<string, ModelJson[]>();
    for (const model of models) byProvider.set(model.provider, [...(byProvider.get(model.provider) ?? []), model]);
    return { models, byProvider: Object.fromEntries(byProvider) };
  },
  "GET /api/provider-models": async ({ url }, verbs) => ({
    models: await verbs.customModels(url.searchParams.get("provider")),
  }),
  "POST /api/provider-models": ({ body }, verbs) =>
    done(
      verbs.addCustomModel(text(body, "provider"), {
        name: text(body, "model"),
        ...optionalNumber(body, "max_tokens"),
        ...optionalField(body, "alias"),
      }),
    ),
  "DELETE /api/provider-models": ({ url, body }, verbs) =>
    done(
      verbs.removeCustomModel(
        url.searchParams.get("provider") ?? text(body, "provider"),
        url.searchParams.get("model") ?? text(body, "model"),
      ),
    ),
  "POST /api/settings/proxy/test": ({ body }, verbs) => verbs.testProxy(optionalText(body, "proxy")),
  "GET /api/settings/:name": ({ parameters }, verbs) => verbs.setting(settingOf(parameters)),
  "PUT /api/settings/:name": ({ parameters, body }, verbs) => {
    if (!isRecord(body)) throw new ControlRefusal(400, "setting", "the body is the section as a JSON object");
    return verbs.changeSetting(settingOf(parameters), body);
  },
  "DELETE /api/settings/:name": ({ parameters }, verbs) => verbs.changeSetting(settingOf(parameters), undefined),
} as const satisfies Readonly<Record<string, RegistryRoute>>;

/** Paths are written with dashes, and the proxy goes by its short name. */
function settingOf(parameters: Readonly<Record<string, string>>): SettingName {
  const path = named(parameters, "name");
  const wanted = path === "proxy" ? "network_proxy" : path.replaceAll("-", "_");
  const name = settingNames.find((each) => each === wanted);
  if (name === undefined) throw new ControlRefusal(404, "not-found", `there is no setting "${path}" here`);
  return name;
}

function idOf(parameters: Readonly<Record<string, string>>): string {
  return `${named(parameters, "provider")}/${named(parameters, "name")}`;
}

async function done(work: Promise<void>): Promise<{ readonly ok: true }> {
  await work;
  return { ok: true };
}

function newAccount(body: unknown): NewAccountJson {
  return {
    provider: text(body, "provider"),
    name: text(body, "name"),
    apiKey: text(body, "apiKey"),
    ...optionalNumber(body, "priority"),
    ...optionalNumber(body, "weight"),
  };
}

function newLogin(body: unknown): NewLoginJson {
  return {
    provider: text(body, "provider"),
    name: text(body, "name"),
    acceptTerms: own(body, "acceptTerms") === true,
    ...optionalField(body, "method"),
    ...optionalField(body, "startUrl"),
    ...optionalField(body, "region"),
  };
}

export function newKiroLogin(body: unknown): NewLoginJson {
  return newLogin({ name: "kiro", ...(isRecord(body) ? body : {}), provider: "kiro" });
}

function newImport(body: unknown): NewImportJson {
  return {
    provider: text(body, "provider"),
    name: text(body, "name"),
    client: text(body, "client"),
    acceptTerms: own(body, "acceptTerms") === true,
    ...optionalField(body, "path"),
  };
}

const groups = ["day", "model", "account", "session", "client", "provider"] as const;

function usageQuestion(url: URL): UsageQuestionJson {
  const wanted = url.searchParams.get("group") ?? "day";
  const group = groups.find((each) => each === wanted);
  if (group === undefined) throw new ControlRefusal(400, "group", `group is one of ${groups.join(", ")}`);
  return { group, since: url.searchParams.get("since"), until: url.searchParams.get("until") };
}

function text(body: unknown, name: string): string {
  const value = own(body, name);
  if (typeof value === "string" && value !== "") return value;
  throw new ControlRefusal(400, name, `"${name}" is missing or not a text`);
}

function optionalText(body: unknown, name: string): string | null {
  return own(body, name) === undefined || own(body, name) === null ? null : text(body, name);
}

function optionalField<Name extends string>(body: unknown, name: Name): { readonly [Key in Name]?: string } {
  const value = optionalText(body, name);
  // A computed key of one literal type is seen as a string index.
  return (value === null ? {} : { [name]: value }) as { readonly [Key in Name]?: string };
}

function optionalNumber<Name extends string>(body: unknown, name: Name): { readonly [Key in Name]?: number } {
  const value = own(body, name);
  if (value === undefined || value === null) return {};
  if (typeof value !== "number") throw new ControlRefusal(400, name, `"${name}" is not a number`);
  return { [name]: value } as { readonly [Key in Name]?: number };
}
