/**
 * What each command prints with `--json`. Nothing of it is loaded by the commands: `npm run openapi` writes docs/json.md
 * from it, and tests hold every command's real output to it. A command with `--json` that is not here fails them.
 * `printJson` puts `schemaVersion` before the fields of every object; that is said once, by `printedSchema`.
 */
import * as v from "valibot";
import { account, quota } from "../control/schemas/accounts.ts";
import { components } from "../control/schemas/components.ts";
import { caFields, coreStatusWithSecrets } from "../control/schemas/core.ts";
import { attempt, flow, flowDetail, flowModel, flowStages, usageCounts, whyStep } from "../control/schemas/flows.ts";
import { combo, combosAndAliases, model } from "../control/schemas/models.ts";
import { provider, providerCheck, providerStatus } from "../control/schemas/providers.ts";
import { newRoute, routeAnswer, routeRow } from "../control/schemas/rules.ts";
import { shapeOf } from "../control/schemas/shape.ts";
import { usage } from "../control/schemas/usage.ts";
import { schemaVersion } from "../control/schemas/version.ts";
import {
  count,
  dollars,
  exactly,
  flag,
  instant,
  listOf,
  mapOf,
  ms,
  oneOf,
  text,
  wholeNumber,
} from "../control/schemas/words.ts";
import type { ClientLogin } from "../engine/config/schema.ts";
import type { LeftOut } from "../intercept/ca/scope.ts";
import type { StoreReport } from "../intercept/trust/stores/index.ts";
import type { FoundLogin } from "./accounts-import.ts";
import type { Leftover } from "./ca-stores.ts";
import type { Recipe } from "./doctor/recipes.ts";
import type { Repaired } from "./doctor/repairs.ts";
import type { Result } from "./doctor/run-checks.ts";
import type { BodyPlace } from "./flow-bodies.ts";
import type { StoreJson } from "./trust-stores.ts";

export interface JsonDocument {
  /** One line. */
  readonly about: string;
  readonly schema: v.GenericSchema;
  /** Its fields are somebody else's, or it is a line of many: no `schemaVersion` is among them. */
  readonly plain?: true;
}

const versionField = exactly(schemaVersion, "Of all `--json` output.");

/** The document as it is printed. */
export function printedSchema({ schema, plain }: JsonDocument): v.GenericSchema {
  return plain === true ? schema : versioned(schema);
}

function versioned(schema: v.GenericSchema): v.GenericSchema {
  if ("options" in schema && schema.type === "union") {
    return v.union((schema.options as readonly v.GenericSchema[]).map(versioned)); // what a union consists of
  }
  if (!("entries" in schema)) return schema;
  return v.strictObject({ schemaVersion: versionField, ...(schema.entries as v.ObjectEntries) }); // an object's fields
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

const storeFields = {
  id: text("The store's id."),
  label: text("Its name for people."),
  scope: oneOf(["user", "system"], "Whose it is."),
};
const storeWords = { detail: text("What is there, for people."), fix: v.nullable(text("What its user can do.")) };
const commandLines = listOf(v.string(), "The exact commands, in order.");

const storeReport = shapeOf<StoreReport>()(
  "A store of certificates, and whether it trusts this installation's root.",
  v.strictObject({
    ...storeFields,
    state: oneOf(["trusted", "absent", "stale", "unavailable"], "By content; `stale`: it trusts a former root only."),
    ...storeWords,
  }),
);

const storeChange = shapeOf<StoreJson>()(
  "A store of certificates, and what was done to it.",
  v.strictObject({
    ...storeFields,
    state: text("`planned`, `trusted`, `already-trusted`, `removed`, `failed` or `unavailable`."),
    commands: commandLines,
    ...storeWords,
  }),
);

const leftover = shapeOf<Leftover>()(
  "A root of Switchyard's in a store that is not the current one.",
  v.strictObject({
    store: text("The store's id."),
    label: text("Its name for people."),
    fingerprint: text("The root's SHA-256."),
    ours: flag("False: this home never made it."),
    fix: text("What its user can do."),
  }),
);

const checkResult = shapeOf<Omit<Result, "repair">>()(
  "What a check found.",
  v.strictObject({
    id: text("`group.check`, and of which thing, where there are several."),
    group: text("Its group."),
    title: text("What was looked at."),
    state: oneOf(["ok", "warn", "fail", "skip"], "How it is; `skip`: it could not be looked at."),
    text: text("What was found."),
    why: v.nullable(text("What that means.")),
    fix: v.nullable(text("What its user can do.")),
  }),
);

const repaired = shapeOf<Repaired>()(
  "A repair.",
  v.strictObject({
    id: text("Of the check that called for it."),
    what: text("What it does."),
    done: flag("It was done."),
    why: v.nullable(text("Why not.")),
  }),
);

const recipe = shapeOf<Recipe>()(
  "A command to try a connection with.",
  v.strictObject({ title: text("What it shows."), command: text("What to type.") }),
);

const doctorFields = {
  ok: flag("No check failed."),
  checks: listOf(checkResult, "In the order in which they are told."),
};

const doctorReport = v.pipe(
  v.strictObject({ ...doctorFields, repairs: v.exactOptional(listOf(repaired, "With `--fix`: each of them.")) }),
  v.description("What was looked at."),
);

const recipes = v.pipe(
  v.strictObject({ gateway: text("Where a core listens, or would."), recipes: listOf(recipe, "Ready to type.") }),
  v.description("Commands to try connections with."),
);

const bodyPlace = shapeOf<BodyPlace>()(
  "Where a text stands in a body.",
  v.strictObject({
    id: text("The flow's id."),
    side: oneOf(["client-request", "upstream-request", "upstream-reply", "client-reply"], "Whose body."),
    line: count("From 1."),
    column: count("From 1, in UTF-16 units."),
    text: text("The match with a little of what stands around it, in one line."),
  }),
);

const testAnswer = v.pipe(
  v.strictObject({
    ok: flag("Somebody answered."),
    model: text("What was asked for."),
    provider: v.nullable(text("Who served it.")),
    served: v.nullable(text("Which model, in the provider's words.")),
    account: v.nullable(text("With which account.")),
    status: count("The HTTP status."),
    text: v.nullable(text("What was answered.")),
    usage: v.nullable(usageCounts),
    costUsd: v.nullable(dollars("At the provider's list price.")),
    totalMs: v.nullable(ms("From beginning to end.")),
    attempts: listOf(attempt, "Every try, in order."),
    flow: v.nullable(text("The flow's id.")),
    error: v.nullable(text("Why nobody answered.")),
  }),
  v.description("A call that was made to see who answers."),
);

const flowAnswer = v.pipe(
  v.strictObject({
    flow: text("The flow's id."),
    action: text("What was done with it."),
    provider: v.nullable(text("Who served it.")),
    account: v.nullable(text("With which account.")),
    model: flowModel,
    why: listOf(whyStep, "How it came to go there."),
    losses: listOf(v.string(), "What the translation could not carry."),
    now: v.nullable(routeAnswer),
  }),
  v.description("Why a call went where it went, and where it would go now."),
);

const value = v.pipe(v.unknown(), v.description("As the file has it; secrets are masked."));
const key = text("Its path in the file, as `listen.port`.");
const removed = text("What is gone.");
const named = { provider: text("The provider's id.") };

/** The shapes that have a name in docs/json.md; the API's, and the commands' own. */
export const documentShapes = {
  ...components,
  BodyPlace: bodyPlace,
  CheckResult: checkResult,
  DoctorReport: doctorReport,
  FlowAnswer: flowAnswer,
  FoundLogin: foundLogin,
  LeftOut: leftOut,
  Leftover: leftover,
  NoCore: noCore,
  Recipe: recipe,
  Recipes: recipes,
  Repaired: repaired,
  StoreChange: storeChange,
  StoreReport: storeReport,
  TestAnswer: testAnswer,
} as const;

const switchedRule = v.strictObject({
  number: count("The rule's place."),
  enabled: v.pipe(v.boolean(), v.description("Whether it may match.")),
});

const started = v.strictObject({
  url: text("Where it listens."),
  port: wholeNumber(1, 65_535, "Its port."),
  pid: count("Its process."),
  started: flag("False: it ran already."),
});

const installed = {
  about: "What was done to which stores",
  schema: v.strictObject({
    dryRun: flag("Nothing was done."),
    fingerprint: text("The root's SHA-256."),
    stores: listOf(storeChange, "Each one that was meant."),
  }),
} as const;

const uninstalled = {
  about: "What was done to which stores",
  schema: v.strictObject({
    dryRun: flag("Nothing was done."),
    stores: listOf(storeChange, "Each one that was meant."),
  }),
} as const;

export const documents = {
  start: { about: "The core that listens now", schema: started },
  stop: {
    about: "Whether a core was stopped",
    schema: v.strictObject({ stopped: flag("False: none ran."), pid: v.nullable(count("Its process.")) }),
  },
  version: {
    about: "What this is, and what it runs on",
    schema: v.strictObject({
      version: text("Switchyard's version."),
      node: text("Node's version."),
      platform: text("As Node calls it."),
      arch: text("As Node calls it."),
    }),
  },
  doctor: {
    about: "What was looked at and found; with `--fix` what was repaired, with `--recipes` commands to try",
    schema: v.union([doctorReport, recipes]),
  },
  uninstall: {
    about: "What was taken away, and what is left",
    schema: v.strictObject({
      dryRun: flag("Nothing was done."),
      purge: flag("The folders, too."),
      actions: listOf(
        v.strictObject({
          kind: oneOf(["core", "hook", "store", "file", "folder"], "What it is."),
          target: text("Which one."),
          state: oneOf(["planned", "done", "failed", "kept"], "What became of it."),
          commands: commandLines,
          ...storeWords,
        }),
        "In order.",
      ),
      left: listOf(v.string(), "What is still there, for people."),
    }),
  },
  status: { about: "Whether a core runs, where, and with what", schema: v.union([coreStatusWithSecrets, noCore]) },
  "env --shell json": {
    about: "The environment of a program that goes through the running core",
    schema: mapOf(v.string(), "By the variable's name."),
    plain: true,
  },
  "env --shell json --unset": {
    about: "The environment as it was before",
    schema: mapOf(v.nullable(v.string()), "By the variable's name; null: it was not set."),
    plain: true,
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
      stores: listOf(storeReport, "The stores of this machine."),
      leftovers: listOf(leftover, "Other roots that they hold."),
    }),
  },
  "ca rotate": {
    about: "The new certificate authority, and the stores that still trust the former one",
    schema: v.strictObject({ ...caFields, stale: listOf(storeReport, "Stores to be renewed.") }),
  },
  "ca install": installed,
  trust: installed,
  "ca uninstall": uninstalled,
  untrust: uninstalled,
  "flows list": { about: "The calls in the log, oldest first", schema: v.array(flow) },
  "flows show": {
    about: "One call with its heads and bodies; with `--stages` what became of its request",
    schema: v.union([flowDetail, flowStages]),
  },
  "flows tail": { about: "A call that ended; one document a line", schema: flow, plain: true },
  "flows grep": { about: "Where the text stands", schema: v.array(bodyPlace) },
  "flows delete": {
    about: "How many calls were deleted",
    schema: v.strictObject({ deleted: count("How many."), live: count("How many have not ended, and stay.") }),
  },
  replay: {
    about: "The call that was made; of several calls a list",
    schema: v.union([flowDetail, v.array(flowDetail)]),
  },
  "routes list": { about: "The rules, in order", schema: v.array(routeRow) },
  "routes explain": {
    about: "Where a call would go, and why; with a flow's id: why it went where it went",
    schema: v.union([routeAnswer, flowAnswer]),
  },
  "routes test": { about: "Who answered", schema: testAnswer },
  "routes add": {
    about: "The rule that was added",
    schema: v.strictObject({
      number: count("Its place."),
      match: newRoute.entries.match.wrapped,
      to: text("Where it sends calls."),
      fallback: oneOf(["error", "passthrough"], "When every target has failed before the first byte."),
    }),
  },
  "routes remove": {
    about: "What was removed",
    schema: v.strictObject({ removed: count("The place of the rule that is gone.") }),
  },
  "routes enable": { about: "What was switched on", schema: switchedRule },
  "routes disable": { about: "What was switched off", schema: switchedRule },
  "routes move": {
    about: "What was moved",
    schema: v.strictObject({ from: count("Where it was."), to: count("Where it is.") }),
  },
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
  "models test": { about: "Who answered", schema: testAnswer },
  "combos list": { about: "The combos of config.yaml, with what each member means now", schema: v.array(combo) },
  "combos add": {
    about: "The combo that was written",
    schema: v.strictObject({
      name: text("`combo/NAME` asks for it."),
      members: listOf(v.string(), "In the order in which they are tried."),
    }),
  },
  "combos remove": { about: "What was removed", schema: v.strictObject({ removed }) },
  "aliases list": {
    about: "The aliases of config.yaml, and names that could mean two things",
    schema: v.omit(v.strictObject(combosAndAliases.entries), ["combos"]),
  },
  "aliases add": {
    about: "The alias that was written",
    schema: v.strictObject({ name: text("The alias."), target: text("What it stands for.") }),
  },
  "aliases remove": { about: "What was removed", schema: v.strictObject({ removed }) },
  usage: { about: "What calls used and cost", schema: usage },
  "config path": {
    about: "Where the configuration file is",
    schema: v.strictObject({ path: text("Where it is, or would be."), exists: flag("It is there.") }),
  },
  "config init": {
    about: "The configuration file to begin with",
    schema: v.strictObject({ path: text("Where it is."), created: flag("False: it was there, and is left as it is.") }),
  },
  "config get": {
    about: "A value of the configuration file",
    schema: v.strictObject({
      key: v.nullable(key),
      set: flag("False: it is not in the file, and this is what holds without it."),
      value,
    }),
  },
  "config set": {
    about: "The value that was written",
    schema: v.strictObject({ key, set: exactly(true, "It is in the file."), value }),
  },
  "config unset": {
    about: "What was taken out of the configuration file",
    schema: v.strictObject({ key, set: exactly(false, "It is not in the file."), was: flag("It was.") }),
  },
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
