/**
 * What each command prints with `--json`. Nothing of it is loaded by the commands: `npm run openapi` writes docs/json.md
 * from it, and tests hold every command's real output to it. A command with `--json` that is not here fails them.
 */
import * as v from "valibot";
import { account, quota } from "../control/schemas/accounts.ts";
import { components } from "../control/schemas/components.ts";
import { caFields, caStatus, coreStatusWithSecrets } from "../control/schemas/core.ts";
import { flow, flowDetail } from "../control/schemas/flows.ts";
import { combo, model } from "../control/schemas/models.ts";
import { provider, providerCheck, providerStatus } from "../control/schemas/providers.ts";
import { routeAnswer, routeRow } from "../control/schemas/rules.ts";
import { shapeOf } from "../control/schemas/shape.ts";
import { usage } from "../control/schemas/usage.ts";
import { count, exactly, flag, instant, listOf, mapOf, oneOf, text, wholeNumber } from "../control/schemas/words.ts";
import type { ClientLogin } from "../engine/config/schema.ts";
import type { LeftOut } from "../intercept/ca/scope.ts";
import type { FoundLogin } from "./accounts-import.ts";

export interface JsonDocument {
  /** One line. */
  readonly about: string;
  readonly schema: v.GenericSchema;
}

const noCore = v.pipe(
  v.strictObject({
    running: exactly(false, "No core answers; the exit code is 3."),
    pid: v.null(),
    port: v.null(),
    url: v.null(),
    ca: v.null(),
    version: text("Switchyard's version."),
    schemaVersion: count("Of all `--json` output."),
  }),
  v.description("No core runs."),
);

const leftOut = shapeOf<LeftOut>()(
  "A pattern of the configuration that the certificates do not cover.",
  v.strictObject({
    pattern: text("As it is written."),
    reason: oneOf(
      ["no-constraint", "too-broad", "address", "invalid", "not-in-certificate"],
      "Why; `not-in-certificate`: `switchyard ca rotate` takes it in.",
    ),
  }),
);

const clients = [
  "claude-code",
  "codex",
  "gemini-cli",
  "qwen-code",
  "copilot",
  "kiro",
  "cursor",
  "iflow",
] as const satisfies readonly ClientLogin[];

const foundLogin = shapeOf<FoundLogin>()(
  "Another program's login on this machine.",
  v.strictObject({
    client: oneOf(clients, "The program."),
    title: text("Its name for people."),
    provider: text("The provider it is for."),
    state: oneOf(["found", "over", "missing", "needs-login", "unreadable"], "How the login is."),
    who: v.nullable(text("Whose it is.")),
    plan: v.nullable(text("What its user pays for.")),
    expiresAt: v.nullable(instant("When it ends.")),
    reason: v.nullable(text("What is wrong with it.")),
    fix: v.nullable(text("What its user can do.")),
  }),
);

const removed = text("What is gone.");
const named = { provider: text("The provider's id.") };

/** The shapes that have a name in docs/json.md; the API's, and the commands' own. */
export const documentShapes = { ...components, FoundLogin: foundLogin, LeftOut: leftOut, NoCore: noCore } as const;

export const documents = {
  status: { about: "Whether a core runs, where, and with what", schema: v.union([coreStatusWithSecrets, noCore]) },
  "env --shell json": {
    about: "The environment of a program that goes through the running core",
    schema: mapOf(v.string(), "By the variable's name."),
  },
  "env --shell json --unset": {
    about: "The environment as it was before",
    schema: mapOf(v.nullable(v.string()), "By the variable's name; null: it was not set."),
  },
  "ca show": {
    about: "The certificate authority, with its certificate",
    schema: v.strictObject({ ...caFields, pem: text("The root certificate.") }),
  },
  "ca status": {
    about: "The certificate authority, and what it does not cover",
    schema: v.strictObject({
      ...caFields,
      leftOut: listOf(leftOut, "Hosts that are tunnelled and not decrypted."),
      expiresSoon: flag("It is time for `switchyard ca rotate`."),
    }),
  },
  "ca rotate": { about: "The new certificate authority", schema: caStatus },
  "flows list": { about: "The calls in the log, oldest first", schema: v.array(flow) },
  "flows show": { about: "One call with its heads and bodies", schema: flowDetail },
  "routes list": { about: "The rules, in order", schema: v.array(routeRow) },
  "routes explain": { about: "Where a call would go, and why", schema: routeAnswer },
  "accounts list": { about: "The accounts, and how they are", schema: v.array(account) },
  "accounts quota": { about: "What the providers say is left", schema: v.array(quota) },
  "accounts add": { about: "The account that was added", schema: account },
  "accounts login": { about: "The account that is logged in", schema: account },
  "accounts import": {
    about: "The account that uses the login; without a program's name: which logins there are",
    schema: v.union([account, v.array(foundLogin)]),
  },
  "accounts enable": { about: "The account", schema: account },
  "accounts disable": { about: "The account", schema: account },
  "accounts remove": { about: "What was removed", schema: v.strictObject({ removed }) },
  "accounts refresh": { about: "The account whose login was renewed", schema: account },
  "accounts cooldown clear": {
    about: "How many cooldowns were ended",
    schema: v.strictObject({ cleared: count("How many.") }),
  },
  "providers list": { about: "The providers that are known", schema: v.array(provider) },
  "providers show": { about: "One provider", schema: provider },
  "providers enable": { about: "The provider", schema: provider },
  "providers disable": { about: "The provider", schema: provider },
  "providers status": {
    about: "How the named provider is; without a name: all that have an account",
    schema: v.union([providerStatus, v.array(providerStatus)]),
  },
  "providers check": { about: "What the provider said just now", schema: providerCheck },
  "models list": { about: "The names that clients may ask for", schema: v.array(model) },
  "models add": {
    about: "What was added to config.yaml",
    schema: v.strictObject({
      ...named,
      name: text("The provider's own name for the model."),
      max_tokens: v.exactOptional(wholeNumber(1, 100_000_000, "How many tokens it takes.")),
      alias: v.exactOptional(text("What clients call it.")),
    }),
  },
  "models remove": { about: "What was removed from config.yaml", schema: v.strictObject({ ...named, removed }) },
  "combos list": { about: "The combos of config.yaml, with what each member means now", schema: v.array(combo) },
  usage: { about: "What calls used and cost", schema: usage },
  "config validate": {
    about: "Whether the configuration file is valid",
    schema: v.strictObject({
      ok: flag("A core would take it."),
      path: text("Where it is, or would be."),
      exists: flag("False: the defaults hold."),
      problems: listOf(v.string(), "What is wrong, with line and column."),
      warnings: listOf(v.string(), "What is accepted, and looks like a mistake."),
      routes: v.nullable(count("How many rules it has; null where it is not valid.")),
    }),
  },
} as const satisfies Readonly<Record<string, JsonDocument>>;
