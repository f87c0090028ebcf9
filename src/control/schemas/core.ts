/** The core itself: its state, its certificate authority, and what it says when nobody asked. */
import * as v from "valibot";
import type { CaStatus, ConfigStatus, CoreNotice, CoreStatus } from "../../base/controls.ts";
import type { StampedEvent } from "../../base/events.ts";
import { flowCounts } from "./flow-counts.ts";
import { shapeOf } from "./shape.ts";
import { count, exactly, flag, instant, listOf, oneOf, text, wholeNumber } from "./words.ts";

export const coreNotice = shapeOf<CoreNotice>()(
  "A warning or an error that is not about one flow.",
  v.strictObject({
    at: instant("When it was said."),
    level: oneOf(["warn", "error"], "How bad it is."),
    area: text("Which part of the core speaks: `state`, `oauth`, `trust` …"),
    text: text("For people; secrets are masked."),
  }),
);

/** Laid open for the commands' documents, which have more beside it. */
export const caFields = {
  fingerprint: text("SHA-256 of the root certificate, upper-case hex pairs with colons."),
  expiresAt: instant("When the root stops being valid."),
  scope: listOf(v.string(), "The DNS names the root may speak for; no other host can be impersonated with it."),
  path: text("The root certificate's file (PEM)."),
};

export const caStatus = shapeOf<CaStatus>()(
  "The certificate authority of this installation.",
  v.strictObject(caFields),
);

export const configStatus = shapeOf<ConfigStatus>()(
  "The configuration file and what is in force of it.",
  v.strictObject({
    path: text("Where it is, or would be."),
    exists: flag("False: the defaults hold."),
    error: v.nullable(text("Why the file on disk is not in force; the one before it is. Null: it is.")),
    warnings: listOf(v.string(), "What was accepted, and looks like a mistake."),
    routes: count("How many rules are in force."),
  }),
);

const coreFields = {
  running: exactly(true, "A core answers."),
  pid: count("Its process."),
  port: wholeNumber(1, 65_535, "The port it listens on."),
  host: text("The address it listens on."),
  url: text("Both, as a base URL."),
  version: text("Switchyard's version."),
  schemaVersion: count("Of this document and of all `--json` output; grows when a field changes its meaning or goes."),
  startedAt: instant("When it started."),
  ca: caStatus,
  config: configStatus,
  counts: flowCounts,
  proxyAuth: oneOf(["reroute", "always", "off"], "What needs the proxy token."),
  notices: listOf(coreNotice, "Warnings and errors since the start, oldest first; only the newest are kept."),
};

export const coreStatus = shapeOf<CoreStatus>()("A running core.", v.strictObject(coreFields));

export const coreStatusWithSecrets = shapeOf<
  CoreStatus & { readonly proxyToken?: string; readonly clientKey?: string; readonly adminToken?: string }
>()(
  "A running core; with its secrets where they were asked for.",
  v.strictObject({
    ...coreFields,
    proxyToken: v.exactOptional(text("Proves to the proxy that the caller may use stored credentials.")),
    clientKey: v.exactOptional(text("Opens the gateway on the port.")),
    adminToken: v.exactOptional(text("Opens the control API on the port, where `listen.control_api` is on.")),
  }),
);

const at = wholeNumber(0, Number.MAX_SAFE_INTEGER, "When it happened. Milliseconds since the epoch.");
const host = text("The host in question.");
const fix = text("What its user can do.");

export const coreEvent = shapeOf<StampedEvent>()(
  "Something that happened in the core and is not about one flow.",
  v.variant("type", [
    v.strictObject({ type: v.literal("listening"), url: text("Where."), at }),
    v.strictObject({ type: v.literal("config-reloaded"), path: text("The file."), at }),
    v.strictObject({ type: v.literal("config-rejected"), path: text("The file."), message: text("Why."), at }),
    v.strictObject({
      type: v.literal("certificate-refused"),
      host,
      cause: oneOf(["alert", "closed"], "How the client said no."),
      message: text("What it means."),
      fix,
      at,
    }),
    v.strictObject({ type: v.literal("out-of-scope"), host, fix, at }),
    v.strictObject({
      type: v.literal("notice"),
      level: oneOf(["info", "warn", "error"], "How bad it is."),
      area: text("Which part of the core speaks."),
      text: text("For people; secrets are masked."),
      at,
    }),
  ]),
);
