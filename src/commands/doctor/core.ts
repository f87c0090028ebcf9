/** The running core and the port it has, or could have. */
import { createServer } from "node:net";
import { reachableHost } from "../../base/launch-env.ts";
import type { CommandContext } from "../context.ts";
import { shortFingerprint, storedOf } from "./ca.ts";
import { type Check, type CheckGroup, counted, type Finding, ok, reasonText, skip } from "./check.ts";
import { portHolder } from "./port-holder.ts";
import { askOn, openSocket } from "./through.ts";

const restart = "switchyard stop && switchyard start -d";

const running: Check = {
  id: "running",
  title: "core",
  async run({ core, context }) {
    const fact = await core();
    switch (fact.kind) {
      case "trouble":
        return {
          state: "fail",
          text: "what has the control socket does not answer as a core",
          why: fact.why,
          fix: "switchyard status",
        };
      case "none":
        return {
          state: "warn",
          text: "none runs; `switchyard run` starts one by itself",
          fix: "switchyard start -d",
          repair: {
            what: "start a core in the background (switchyard start -d)",
            isLast: true,
            run: () => startCore(context),
          },
        };
      case "running": {
        const { url, pid, startedAt } = fact.status;
        return ok(`${url}, pid ${pid}, since ${startedAt}`);
      }
    }
  },
};

async function startCore(context: CommandContext): Promise<void> {
  const { spawnWith } = await import("../ensure-core.ts");
  await spawnWith(context, []);
}

const version: Check = {
  id: "version",
  title: "version",
  async run({ core, context }) {
    const fact = await core();
    if (fact.kind !== "running") return skip(`${context.version}; no core to compare with`);
    if (fact.status.version === context.version) return ok(context.version);
    const text = `the core is ${fact.status.version}, this program ${context.version}`;
    return { state: "warn", text, why: "it was started before an update", fix: restart };
  },
};

const certificate: Check = {
  id: "certificate",
  title: "its certificate",
  async run(deps) {
    const fact = await deps.core();
    const stored = await storedOf(deps);
    if (fact.kind !== "running") return skip("no core runs");
    if (stored === null) return skip("there is no authority on the disk to compare with");
    const { ca } = fact.status;
    if (ca.fingerprint === stored.fingerprint) return ok("the one on the disk");
    const text = `the core uses ${shortFingerprint(ca.fingerprint)}, the disk has ${shortFingerprint(stored.fingerprint)}`;
    return { state: "fail", text, why: "clients that are started now trust the one on the disk", fix: restart };
  },
};

/** A look; the whole list is in `status`. */
const maxNotices = 5;

const notices: Check = {
  id: "notices",
  title: "notices",
  async run({ core }) {
    const fact = await core();
    if (fact.kind !== "running") return skip("no core runs");
    // What the configuration has to say is said above, as it is now.
    const held = fact.status.notices.filter(({ area }) => area !== "config");
    if (held.length === 0) return ok("none");
    const newest = held.slice(-maxNotices).map(({ area, text, at, level }): Finding => {
      const [line = ""] = text.split("\n");
      return { state: level === "error" ? "fail" : "warn", text: `${area}: ${line}`, why: `said at ${at}` };
    });
    const older = held.length - newest.length;
    if (older === 0) return newest;
    return [{ state: "warn", text: counted(older, "older notice"), fix: "switchyard status --json" }, ...newest];
  },
};

const port: Check = {
  id: "port",
  title: "port",
  async run({ core, config, context }) {
    const fact = await core();
    const { usable } = config();
    if (fact.kind === "running") return ownPort(fact.status, usable?.listen.port ?? null);
    if (usable === null) return skip("the file has to be valid first");
    const { host, port: wanted } = usable.listen;
    if (wanted === 0) return ok("any free one");
    const code = await tryToListen(host, wanted);
    const place = `${host}:${wanted}`;
    if (code === null) return ok(`${place} is free`);
    const fix = "switchyard start --port 0, or another listen.port in the configuration";
    if (code !== "EADDRINUSE") return { state: "fail", text: `${place} cannot be listened on (${code})`, fix };
    const holder = await portHolder(wanted, context);
    return {
      state: "fail",
      text: `${place} is in use by ${holder ?? "another program"}`,
      why: "`start` needs it; `run` takes another one",
      fix,
    };
  },
};

/** Its own answer, asked without a key: that the port is ours is seen, not believed. */
async function ownPort(
  status: { readonly host: string; readonly port: number },
  configured: number | null,
): Promise<Finding> {
  const host = reachableHost(status.host);
  const address = `${host}:${status.port}`;
  const elsewhere = configured !== null && configured !== 0 && configured !== status.port;
  try {
    const socket = await openSocket(host.replace(/^\[(.*)\]$/, "$1"), status.port);
    const reply = await askOn(socket, { method: "GET", path: "/healthz", headers: { host: address } });
    if (reply.status !== 200) throw new Error(`it answered ${reply.status} where a core answers 200`);
    return ok(`${address} is ours and answers${elsewhere ? ` (the configuration says ${configured})` : ""}`);
  } catch (error) {
    return { state: "fail", text: `${address} does not answer as ours`, why: reasonText(error), fix: restart };
  }
}

/** Null when it could be had; it is given back at once. */
function tryToListen(host: string, wanted: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: wanted, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

export const coreChecks: CheckGroup = { id: "core", checks: [running, version, certificate, port, notices] };
