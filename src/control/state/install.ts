/** The secrets of this installation, made at the first start: what opens the proxy to rerouting, and the gateway. */
import { Low } from "lowdb";
import type { CoreSecrets } from "../../base/controls.ts";
import { isRecord } from "../../base/json.ts";
import type { Paths } from "../../base/paths.ts";
import { type Random, token } from "../../base/random.ts";
import { Secret } from "../../base/secret.ts";
import { createStateAdapter } from "./adapter.ts";

export interface InstallState extends CoreSecrets {
  /** For the user, when the old state had to be given up. */
  readonly notice: string | null;
}

interface StateFile {
  readonly version: 1;
  readonly proxyToken: string;
  readonly clientKey: string;
}

/** 192 bits: not to be guessed, and 32 characters without padding in base64url. */
const tokenBytes = 24;

/** Reads the state, or makes it. Only the process that holds the instance lock calls this, so nobody writes beside us. */
export async function openInstallState(paths: Pick<Paths, "stateFile">, random: Random): Promise<InstallState> {
  const adapter = createStateAdapter(paths.stateFile, isStateFile, random);
  const fresh: StateFile = { version: 1, proxyToken: token(random, tokenBytes), clientKey: token(random, tokenBytes) };
  const store = new Low<StateFile>(adapter, fresh);
  await store.read();
  if (store.data === fresh) await store.write();
  const setAside = adapter.quarantined();
  return {
    proxyToken: new Secret(store.data.proxyToken),
    clientKey: new Secret(store.data.clientKey),
    notice:
      setAside === null
        ? null
        : `the state file was damaged and is kept as ${setAside}; new tokens were made, so shells set up with \`switchyard env\` need it again`,
  };
}

/** Extra fields are a later version's and stay. */
function isStateFile(value: unknown): value is StateFile {
  return isRecord(value) && value["version"] === 1 && isToken(value["proxyToken"]) && isToken(value["clientKey"]);
}

function isToken(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{16,}$/.test(value);
}
