/** Who goes through which outbound proxy, and which addresses may come in: the two network sections of `settings`. */
import type { PlacedAccount } from "./build-accounts.ts";
import type { Findings } from "./build.ts";
import { isLoopback } from "./endpoint.ts";
import type { ConfigFile } from "./file-schema.ts";
import { covers, readRange } from "./ip-filter.ts";
import { nearest, suggestion } from "./nearest.ts";
import { readProxy, type OwnAddress } from "./network-proxy.ts";
import type { Path } from "./problem.ts";
import type { Names } from "./references.ts";
import { accountId, type NetworkProxy, type Settings } from "./schema.ts";
import type { SecretSources } from "./secrets.ts";

export interface NetworkContext {
  readonly names: Names;
  readonly accounts: readonly PlacedAccount[];
  readonly env: SecretSources["env"];
  readonly own: OwnAddress;
  readonly findings: Findings;
}

export function buildNetworkProxy(file: ConfigFile, context: NetworkContext): NetworkProxy {
  const { names, accounts, findings } = context;
  const block = file.settings?.network_proxy ?? {};
  const at = ["settings", "network_proxy"];
  const ids = new Set<string>(accounts.map(({ account }) => accountId(account)));
  const read = (text: string, path: Path): string | null => {
    const result = readProxy(text, context.env, context.own);
    if (result.ok) return result.proxy;
    findings.wrong(path, result.message);
    return null;
  };
  const map = (key: "providers" | "combos" | "keys", check: (name: string, path: Path) => void) =>
    Object.entries(block[key] ?? {}).flatMap(([name, text]) => {
      const path = [...at, key, name];
      check(name, path);
      const proxy = read(text, path);
      return proxy === null ? [] : [[name, proxy] as const];
    });
  const known = (what: string, all: ReadonlySet<string>) => (name: string, path: Path) => {
    if (!all.has(name)) findings.wrong(path, `there is no ${what} "${name}"${suggestion(name, all)}`, "key");
  };
  const written = new Map(map("keys", (name, path) => checkKey(name, ids, names, path, findings)));
  const ofAccounts = accounts.flatMap(({ account, path, proxy: text }) => {
    if (text === null) return [];
    const id = accountId(account);
    const proxy = read(text, path);
    if (written.has(id) && written.get(id) !== proxy) {
      findings.wrong(path, `the proxy of account ${id} is said twice: here and in settings.network_proxy.keys`);
    }
    return proxy === null ? [] : [[id, proxy] as const];
  });
  return {
    global: block.global === undefined || block.global === null ? null : read(block.global, [...at, "global"]),
    providers: Object.fromEntries(map("providers", known("provider", names.providers))),
    combos: Object.fromEntries(map("combos", known("combo", names.combos))),
    keys: Object.fromEntries([...written, ...ofAccounts]),
  };
}

/** Accounts that a command added are not in the file: an unknown one is a mistake only when it looks like a slip. */
function checkKey(id: string, ids: ReadonlySet<string>, names: Names, path: Path, findings: Findings): void {
  if (ids.has(id)) return;
  const slash = id.indexOf("/");
  const provider = id.slice(0, Math.max(0, slash));
  if (slash <= 0 || slash === id.length - 1) {
    findings.wrong(path, `"${id}" is no account; accounts are written provider/name${suggestion(id, ids)}`, "key");
  } else if (!names.providers.has(provider)) {
    findings.wrong(path, `there is no provider "${provider}"${suggestion(provider, names.providers)}`, "key");
  } else if (nearest(id, ids) !== null) {
    findings.warn(path, `there is no account ${id} in this file${suggestion(id, ids)}`);
  }
}

const modes = { off: "off", allow: "allow", deny: "deny", whitelist: "allow", blacklist: "deny" } as const;

export function buildIpFilter(file: ConfigFile, listenHost: string, findings: Findings): Settings["ipFilter"] {
  const block = file.settings?.ip_filter ?? {};
  const path = ["settings", "ip_filter"];
  const list = (block.list ?? []).flatMap((text, index) => {
    const read = readRange(text);
    if (read.ok) return [read.range];
    findings.wrong([...path, "list", index], read.message);
    return [];
  });
  if (block.mode === undefined && list.length > 0) findings.wrong(path, "a list needs a mode: allow or deny");
  const mode = modes[block.mode ?? "off"];
  // Rules about others are the point; one that shuts out this very machine is usually a slip.
  const here = isLoopback(listenHost) ? [listenHost === "::1" ? "::1" : "127.0.0.1"] : [];
  const shutOut = here.some((address) =>
    mode === "allow" ? !covers(list, address) : mode === "deny" && covers(list, address),
  );
  if (shutOut)
    findings.warn(
      path,
      `nobody gets in: ${here[0] ?? ""}, where we listen, is ${mode === "allow" ? "not " : ""}in the list`,
    );
  return { mode, list };
}
