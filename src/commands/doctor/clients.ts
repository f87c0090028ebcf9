/**
 * Each client: is it there, will it trust us, what trips people up with it, and did its calls arrive. Without a name only
 * those on PATH are looked at, one line each, and none is run; a client that is named is asked for its version.
 */
import { type ClientHint, clientHints, type ClientTrap } from "../../base/client-hints.ts";
import type { FlowJson } from "../../base/controls.ts";
import { launchVariables } from "../../base/launch-env.ts";
import { spanText } from "../columns.ts";
import { type Check, type CheckGroup, type Finding, listText, ok, skip } from "./check.ts";
import type { DoctorDeps } from "./facts.ts";
import { findOnPath, versionOf } from "./on-path.ts";
import { hasSince } from "./system.ts";

/** Shells and scripts have these in any case: worth a line only when they are asked for. */
const everywhere: ReadonlySet<string> = new Set(["curl", "python", "node"]);

const clients: Check = {
  id: "client",
  title: "client",
  async run(deps) {
    if (deps.client !== null) return namedClient(deps.client, deps);
    const found = await Promise.all(
      clientHints.map(async (hint) => ({ hint, path: await findOnPath(hint.programs, deps.context) })),
    );
    const flows = await deps.flows();
    const there = found.flatMap(({ hint, path }) => (path === null ? [] : [{ hint, path }]));
    const lines = there.filter(({ hint }) => !everywhere.has(hint.id));
    const others = there.filter(({ hint }) => everywhere.has(hint.id)).map(({ hint }) => hint.id);
    const rest = others.length === 0 ? "" : `also ${listText(others)}: see one with \`switchyard doctor ${others[0]}\``;
    if (lines.length === 0) return skip(`no coding client is on PATH${rest === "" ? "" : `; ${rest}`}`);
    return [
      ...lines.map(({ hint, path }) => shortFinding(hint, path, flows, deps)),
      ...(rest === "" ? [] : [ok(rest)]),
    ];
  },
};

function shortFinding(hint: ClientHint, path: string, flows: readonly FlowJson[], deps: DoctorDeps): Finding {
  const last = lastCall(hint, flows, deps);
  const text = `${path}; ${trustText(hint)}${last === null ? "" : `; ${last}`}`;
  return { ...ok(text), about: hint.id, title: hint.title };
}

async function namedClient(hint: ClientHint, deps: DoctorDeps): Promise<readonly Finding[]> {
  const { context } = deps;
  const path = await findOnPath(hint.programs, context);
  const version = path === null ? null : await versionOf(path, context);
  const last = lastCall(hint, await deps.flows(), deps);
  const node = hint.id === "node" && version !== null ? fetchFinding(version) : null;
  const parts: readonly (readonly [part: string, title: string, finding: Finding])[] = [
    ["program", hint.title, programFinding(hint, path, version)],
    ...(node === null ? [] : [["fetch", "fetch", node] as const]),
    ["trust", "trust", ok(trustText(hint))],
    ...hint.traps.map((trap) => [trap.id, trap.id.replaceAll("-", " "), trapFinding(trap, last !== null)] as const),
    ["traffic", "traffic", await trafficFinding(hint, last, deps)],
  ];
  return parts.map(([part, title, finding]) => ({ ...finding, about: `${hint.id}.${part}`, title }));
}

function programFinding(hint: ClientHint, path: string | null, version: string | null): Finding {
  const { programs, tried, kind } = hint;
  if (path !== null) {
    const versions = `${version ?? "its version is not told"}; ${tried === null ? "not tried by us" : `tried: ${tried}`}`;
    return ok(`${path} (${versions})`);
  }
  const inside = kind === "desktop";
  return {
    state: "warn",
    text: `not on PATH (${listText(programs)})`,
    why: inside ? "its command may have to be installed from inside it" : "`switchyard run` starts what PATH finds",
    fix: `install it, or name its file: switchyard run -- /path/to/${programs[0]}`,
  };
}

/** The switch that lets Node's fetch see a proxy came with these. */
const envProxySince = ["22.21.0", "24.0.0"];

function fetchFinding(version: string): Finding | null {
  if (hasSince(version, envProxySince)) return null;
  const why = "NODE_USE_ENV_PROXY came with 22.21 and 24; before them fetch, and the SDKs on it, go past every proxy";
  const fix = "use a newer Node for scripts, or give them a proxy agent (undici's EnvHttpProxyAgent)";
  return { state: "warn", text: `${version} knows no proxy for fetch`, why, fix };
}

/** What it reads, and that `run` says it. */
function trustText({ trust, systemStore, engine }: ClientHint): string {
  const set = trust.filter((name) => launchVariables.includes(name));
  const stores = {
    yes: "trusts the system's store, too",
    "with-switch": "trusts the system's store with NODE_USE_SYSTEM_CA=1, which `run` sets",
    unknown: "whether it trusts the system's store was not tried",
  } as const;
  return `${engine}; reads ${set.join(", ")}, which \`run\` and \`env\` set; ${stores[systemStore]}`;
}

function trapFinding({ text, handled, fix }: ClientTrap, isSeen: boolean): Finding {
  switch (handled) {
    case "here":
      return ok(`${text} Switchyard deals with it.`);
    case "run":
      return ok(`${text} \`run\` and \`env\` deal with it.`);
    case "you":
      // Calls that arrive show that it is not in the way; it is still good to know.
      return { state: isSeen ? "ok" : "warn", text, ...(fix === undefined ? {} : { fix }) };
  }
}

async function trafficFinding(
  { programs }: ClientHint,
  last: string | null,
  { core }: Pick<DoctorDeps, "core">,
): Promise<Finding> {
  if ((await core()).kind !== "running") return skip("no core runs, so none of its calls was seen");
  if (last !== null) return ok(last);
  return { state: "skip", text: "the running core has seen no call of it", fix: `switchyard run -- ${programs[0]}` };
}

function lastCall({ id }: ClientHint, flows: readonly FlowJson[], { context }: DoctorDeps): string | null {
  const flow = flows.find(({ client }) => client === id);
  if (flow === undefined) return null;
  const agoMs = Math.max(1_000, context.clock.now() - Date.parse(flow.startedAt));
  const status = flow.status === null ? flow.state : String(flow.status);
  return `last call ${spanText(agoMs)} ago: ${flow.method} ${flow.host} ${flow.action} ${status}`;
}

export const clientChecks: CheckGroup = { id: "clients", checks: [clients] };
