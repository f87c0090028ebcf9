/** Accounts, their logins, limits and sessions, and what they used. */
import * as v from "valibot";
import { type ControlRoutes, socketRoute } from "../route.ts";
import { account, login, newAccount, newImport, newKiroLogin, newLogin, quota } from "../schemas/accounts.ts";
import { combosAndAliases } from "../schemas/models.ts";
import { rateLimit, session, usage, usageGroups } from "../schemas/usage.ts";
import { count, exactly, filledText, listOf, oneOf, text } from "../schemas/words.ts";
import { enabledBody } from "./registry.ts";

export const okReply = v.pipe(v.strictObject({ ok: exactly(true, "It is done.") }), v.description("Nothing to tell."));

const cleared = v.pipe(
  v.strictObject({ cleared: count("How many were ended.") }),
  v.description("Cooldowns that were ended."),
);
const quotas = v.pipe(
  v.strictObject({ quota: listOf(quota, "Those whose provider tells.") }),
  v.description("What providers say is left."),
);
const ofAccount = { provider: "The provider's id.", name: "The account's name there." } as const;
const ofLogin = { id: "The attempt's id, as its beginning told it." } as const;
const pasted = v.pipe(
  v.strictObject({ pasted: filledText("The address the browser ended at, or the code it shows.") }),
  v.description("The answer of a login that cannot come back by itself."),
);

export const accountRoutes = {
  "GET /api/accounts": socketRoute({
    tag: "accounts",
    summary: "All accounts, and how they are",
    reply: v.pipe(v.strictObject({ accounts: listOf(account, "All of them.") }), v.description("Accounts.")),
    changes: false,
  }).handle(async (_question, { verbs }) => ({ accounts: await verbs.accounts() })),
  "POST /api/accounts": socketRoute({
    tag: "accounts",
    summary: "Keep an API key in the private store; config.yaml is not touched",
    body: newAccount,
    reply: account,
    refusals: ["not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.addAccount(body)),
  "POST /api/accounts/reload": socketRoute({
    tag: "accounts",
    summary: "Read the private store again: another process changed it",
    reply: okReply,
    changes: true,
  }).handle((_question, { verbs }) => done(verbs.reloadAccounts())),
  "POST /api/accounts/import": socketRoute({
    tag: "accounts",
    summary: "Use another program's login where that program keeps and renews it",
    body: newImport,
    reply: account,
    refusals: ["not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.importLogin(body)),
  "DELETE /api/accounts/:provider/:name": socketRoute({
    tag: "accounts",
    summary: "Remove an account of the private store with its credential; one of config.yaml is refused",
    parameters: ofAccount,
    reply: okReply,
    refusals: ["invalid", "not-found", "unavailable"],
    changes: true,
  }).handle(({ parameters }, { verbs }) => done(verbs.removeAccount(idOf(parameters)))),
  "PUT /api/accounts/:provider/:name/enabled": socketRoute({
    tag: "accounts",
    summary: "Switch an account on or off",
    parameters: ofAccount,
    body: enabledBody,
    reply: account,
    refusals: ["not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => verbs.setAccountEnabled(idOf(parameters), body.enabled)),
  "POST /api/accounts/:provider/:name/refresh": socketRoute({
    tag: "accounts",
    summary: "Renew a login now",
    parameters: ofAccount,
    reply: account,
    refusals: ["invalid", "not-found", "unavailable", "upstream"],
    changes: true,
  }).handle(({ parameters }, { verbs }) => verbs.refreshAccount(idOf(parameters))),
  "POST /api/accounts/:provider/:name/clear-cooldown": socketRoute({
    tag: "accounts",
    summary: "End an account's cooldowns by hand",
    parameters: ofAccount,
    body: v.optional(
      v.strictObject({ model: v.exactOptional(filledText("Only that of this model; default: all of the account.")) }),
      {},
    ),
    reply: cleared,
    refusals: ["not-found"],
    changes: true,
  }).handle(async ({ parameters, body }, { verbs }) => ({
    cleared: await verbs.clearCooldown(idOf(parameters), body.model ?? null),
  })),
  "POST /api/accounts/clear-cooldowns": socketRoute({
    tag: "accounts",
    summary: "End all cooldowns by hand",
    reply: cleared,
    changes: true,
  }).handle(async (_question, { verbs }) => ({ cleared: await verbs.clearCooldown(null, null) })),
  "GET /api/accounts/quota": socketRoute({
    tag: "accounts",
    summary: "Ask the providers what is left for all accounts, no faster than they allow",
    reply: quotas,
    changes: false,
  }).handle(async (_question, { verbs }) => ({ quota: await verbs.quota(null) })),
  "GET /api/accounts/:provider/:name/quota": socketRoute({
    tag: "accounts",
    summary: "Ask the provider what is left for one account",
    parameters: ofAccount,
    reply: quotas,
    refusals: ["not-found"],
    changes: false,
  }).handle(async ({ parameters }, { verbs }) => ({ quota: await verbs.quota(idOf(parameters)) })),
  "POST /api/logins": socketRoute({
    tag: "logins",
    summary: "Begin a login; the reply says where its user has to go",
    body: newLogin,
    reply: login,
    refusals: ["not-found", "conflict", "unavailable", "upstream"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.startLogin(body)),
  "GET /api/logins/:id": socketRoute({
    tag: "logins",
    summary: "How far a login is",
    parameters: ofLogin,
    reply: login,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { verbs }) => verbs.login(parameters.id)),
  "POST /api/logins/:id": socketRoute({
    tag: "logins",
    summary: "Hand in a pasted answer",
    parameters: ofLogin,
    body: pasted,
    reply: login,
    refusals: ["not-found", "conflict", "unavailable", "upstream"],
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => verbs.finishLogin(parameters.id, body.pasted)),
  "DELETE /api/logins/:id": socketRoute({
    tag: "logins",
    summary: "Call a login off",
    parameters: ofLogin,
    reply: okReply,
    refusals: ["not-found"],
    changes: true,
  }).handle(({ parameters }, { verbs }) => done(verbs.cancelLogin(parameters.id))),
  // The address under which the seed's tools log in to Kiro: the same logins.
  "POST /v0/oauth/kiro": socketRoute({
    tag: "logins",
    summary: "Begin a login at Kiro",
    body: v.optional(newKiroLogin, {}),
    reply: login,
    refusals: ["invalid", "conflict", "unavailable", "upstream"],
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.startLogin({ ...body, provider: "kiro" })),
  "GET /v0/oauth/kiro/:id": socketRoute({
    tag: "logins",
    summary: "How far a login at Kiro is",
    parameters: ofLogin,
    reply: login,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { verbs }) => verbs.login(parameters.id)),
  "DELETE /v0/oauth/kiro/:id": socketRoute({
    tag: "logins",
    summary: "Call a login at Kiro off",
    parameters: ofLogin,
    reply: okReply,
    refusals: ["not-found"],
    changes: true,
  }).handle(({ parameters }, { verbs }) => done(verbs.cancelLogin(parameters.id))),
  "GET /api/rate-limits": socketRoute({
    tag: "accounts",
    summary: "Every account's limits and how near it is to them",
    reply: v.pipe(
      v.strictObject({ rateLimits: listOf(rateLimit, "One for each account.") }),
      v.description("Limits of accounts."),
    ),
    changes: false,
  }).handle(async (_question, { verbs }) => ({ rateLimits: await verbs.rateLimits() })),
  "GET /api/sessions": socketRoute({
    tag: "accounts",
    summary: "The conversations that went by, and what they used",
    reply: v.pipe(
      v.strictObject({ sessions: listOf(session, "One for each conversation.") }),
      v.description("Conversations."),
    ),
    changes: false,
  }).handle(async (_question, { verbs }) => ({ sessions: await verbs.sessions() })),
  "GET /api/combos": socketRoute({
    tag: "models",
    summary: "Combos and aliases of config.yaml, with what they mean now",
    reply: combosAndAliases,
    changes: false,
  }).handle(async (_question, { verbs }) => ({ combos: await verbs.combos(), ...(await verbs.aliases()) })),
  "GET /api/usage": socketRoute({
    tag: "accounts",
    summary: "What calls used and cost, from the ledger",
    query: {
      group: v.optional(oneOf(usageGroups, "By what the rows are grouped."), "day"),
      since: v.exactOptional(text("From this day or instant on, as `2026-11-01`.")),
      until: v.exactOptional(text("Up to this day or instant, included.")),
    },
    reply: usage,
    refusals: ["invalid"],
    changes: false,
  }).handle(({ query }, { verbs }) =>
    verbs.usage({ group: query.group, since: query.since ?? null, until: query.until ?? null }),
  ),
} as const satisfies ControlRoutes;

function idOf({ provider, name }: { readonly provider: string; readonly name: string }): string {
  return `${provider}/${name}`;
}

export async function done(work: Promise<void>): Promise<{ readonly ok: true }> {
  await work;
  return { ok: true };
}
