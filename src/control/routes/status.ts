/** The core itself: how it is, its verbs. */
import * as v from "valibot";
import { type ControlRoutes, socketRoute } from "../route.ts";
import { caStatus, configStatus, coreStatusWithSecrets } from "../schemas/core.ts";
import { exactly, flag } from "../schemas/words.ts";

export const statusRoutes = {
  "GET /api/status": socketRoute({
    tag: "core",
    summary: "How the core is",
    query: { secrets: v.exactOptional(flag("Show the proxy token, the client key and the admin token, too.")) },
    reply: coreStatusWithSecrets,
    changes: false,
  }).handle(({ query }, { controls, status }) => {
    if (query.secrets !== true) return status();
    const { proxyToken, clientKey, adminToken } = controls.secrets();
    // The one place where the control API reveals them: the socket's owner asked by name.
    return {
      ...status(),
      proxyToken: proxyToken.reveal(),
      clientKey: clientKey.reveal(),
      adminToken: adminToken.reveal(),
    };
  }),
  "POST /api/reload": socketRoute({
    tag: "core",
    summary: "Read the configuration file again now",
    description: "An invalid file keeps the old configuration in force; the reply's `error` says why.",
    reply: configStatus,
    changes: true,
  }).handle((_question, { controls }) => controls.reload()),
  "POST /api/ca/rotate": socketRoute({
    tag: "core",
    summary: "Make a new certificate authority for the hosts in the configuration now",
    reply: caStatus,
    changes: true,
  }).handle((_question, { controls }) => controls.rotateCa()),
  "POST /api/stop": socketRoute({
    tag: "core",
    summary: "Stop the core; calls in flight may finish",
    reply: v.strictObject({ stopping: exactly(true, "It has begun.") }),
    changes: true,
  }).handle(({ outgoing }, { controls }) => {
    // The answer leaves before the core takes its sockets down.
    outgoing.once("finish", () => controls.stop());
    return { stopping: true };
  }),
  "GET /api/openapi.json": socketRoute({
    tag: "core",
    summary: "This document",
    reply: v.looseObject({ openapi: v.string() }),
    changes: false,
  }).handle(async (_question, { document }) => document()),
} satisfies ControlRoutes;
