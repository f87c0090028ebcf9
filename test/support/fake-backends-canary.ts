/**
 * Looks for secrets where none may be: in everything a core wrote, said and showed. Only the private account files, the
 * user's own credential file and the clients' own files may hold them, and those for their owner's eyes alone.
 */
import type { ControlClient } from "../../src/control/client.ts";
import type { CoreProcess } from "./core-process.ts";
import { liveFiles } from "./live-files.ts";

export interface Sweep {
  /** Where each secret was found that must not be there: `place: beginning of the secret`. */
  readonly leaks: readonly string[];
  /** Files that may hold secrets and can be read by others. */
  readonly open: readonly string[];
  /** Where it looked; a sweep of nothing proves nothing. */
  readonly places: readonly string[];
}

export interface SweepOptions {
  readonly core: Pick<CoreProcess, "home" | "stderr">;
  readonly control: ControlClient;
  readonly secrets: readonly string[];
  /** Error replies, events: what else was said, by name. */
  readonly said: Readonly<Record<string, string>>;
  /** Paths below the home that may hold them. */
  readonly allowed?: readonly RegExp[];
}

const ownFiles = /^accounts\/[^/]+\.json$|^provider-credentials\.json$/;

export async function sweep({ core, control, secrets, said, allowed = [] }: SweepOptions): Promise<Sweep> {
  const places = new Map<string, string>([["stderr", core.stderr()], ...Object.entries(said)]);
  const open: string[] = [];
  for (const { name, mode, bytes } of liveFiles(core.home)) {
    if (!ownFiles.test(name) && !allowed.some((pattern) => pattern.test(name)))
      places.set(name, bytes.toString("latin1"));
    else if ((mode & 0o077) !== 0) open.push(name);
  }
  const { flows } = await control.flows(1_000);
  for (const { id } of flows) places.set(`flow ${id}`, JSON.stringify(await control.flow(id)));
  for (const path of ["/api/accounts", "/api/rate-limits", "/api/status", "/api/sessions", "/api/routes"]) {
    places.set(path, JSON.stringify(await control.get(path)));
  }
  const wanted = [...new Set(secrets)].filter((secret) => secret.length >= minLength);
  if (wanted.length === 0) throw new Error("there is no secret to look for");
  const leaks = [...places].flatMap(([place, text]) =>
    wanted.filter((secret) => text.includes(secret)).map((secret) => `${place}: ${secret.slice(0, 16)}…`),
  );
  return { leaks, open, places: [...places.keys()] };
}

/** Shorter ones turn up by chance. */
const minLength = 12;
