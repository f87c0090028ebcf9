/** A valid file as a `Config`: defaults filled in, secrets read, names checked. Reports everything it finds, not the first. */
import type { Secret } from "../../base/secret.ts";
import { builtInProviders, defaultPriority, laterProviders } from "../providers/table.ts";
import { buildProviders } from "./build-providers.ts";
import { defaultConfig } from "./defaults.ts";
import { dormantParts, dormantWarning } from "./dormant.ts";
import { isLoopback } from "./endpoint.ts";
import type { ConfigFile } from "./file-schema.ts";
import { suggestion } from "./nearest.ts";
import { pathText, type Path } from "./problem.ts";
import { targetProblem, type Names } from "./references.ts";
import type { AccountConfig, Config, RouteConfig } from "./schema.ts";
import { filePath, readSecret, type SecretSources } from "./secrets.ts";
import { buildSettings } from "./build-settings.ts";

/** Where findings go while the file is read. */
export interface Findings {
  wrong(path: Path, message: string, at?: "key" | "value"): void;
  warn(path: Path, message: string): void;
}

/** Flags and environment, which win over the file. */
export interface Overrides {
  readonly host?: string;
  readonly port?: number;
  readonly requestLogs?: boolean;
}

export function buildConfig(
  file: ConfigFile,
  sources: SecretSources,
  overrides: Overrides,
  findings: Findings,
): Config {
  const { providers, dormant: dormantProviders } = buildProviders(file, findings);
  const dormant = [...dormantProviders, ...dormantParts(file)];
  for (const { path } of dormant) findings.warn(path, dormantWarning(path));
  const aliases = file.aliases ?? {};
  const names: Names = {
    providers: new Set([...Object.keys(providers), ...Object.keys(file.providers ?? {}), ...laterProviders]),
    combos: new Set(Object.keys(file.combos ?? {})),
    aliases,
  };
  checkNames(file, names, findings);
  const timeouts = file.upstream?.timeouts;
  return {
    listen: buildListen(file, overrides, findings),
    intercept: {
      hosts: (file.intercept?.hosts ?? defaultConfig.intercept.hosts).map((host) => host.toLowerCase()),
      tunnel: (file.intercept?.tunnel ?? []).map((host) => host.toLowerCase()),
    },
    upstream: {
      ca: buildRoots(file, sources, findings),
      connectTo: buildConnectTo(file, findings),
      privateDestinations: file.upstream?.private_destinations ?? defaultConfig.upstream.privateDestinations,
      timeouts: {
        connectMs: timeouts?.connect_ms ?? defaultConfig.upstream.timeouts.connectMs,
        firstByteMs: timeouts?.first_byte_ms ?? defaultConfig.upstream.timeouts.firstByteMs,
        idleMs: timeouts?.idle_ms ?? defaultConfig.upstream.timeouts.idleMs,
      },
    },
    providers,
    accounts: buildAccounts(file, providers, names, sources, findings),
    combos: file.combos ?? {},
    aliases,
    routes: (file.routes ?? []).map(buildRoute),
    oauth: {},
    prices: {},
    settings: buildSettings(file, overrides, names, findings),
    dormant: Object.fromEntries(dormant.map(({ path, value }) => [pathText(path), value])),
  };
}

function buildListen(file: ConfigFile, overrides: Overrides, findings: Findings): Config["listen"] {
  const host = overrides.host ?? file.listen?.host ?? defaultConfig.listen.host;
  const proxyAuth = file.listen?.proxy_auth ?? defaultConfig.listen.proxyAuth;
  if (!isLoopback(host) && proxyAuth !== "always") {
    findings.wrong(
      ["listen", "host"],
      `${host} can be reached from other machines: set listen.proxy_auth to always, or listen on 127.0.0.1`,
    );
  }
  return { host, port: overrides.port ?? file.listen?.port ?? defaultConfig.listen.port, proxyAuth };
}

function buildRoots(file: ConfigFile, sources: SecretSources, findings: Findings): readonly string[] {
  return (file.upstream?.ca ?? []).map((name, index) => {
    const path = filePath(name, sources);
    try {
      sources.readFile(path);
    } catch {
      findings.wrong(["upstream", "ca", index], `cannot read ${path}; name a PEM file with root certificates`);
    }
    return path;
  });
}

/** `host:port`, an IPv6 host in brackets. */
const authority = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/;

function buildConnectTo(file: ConfigFile, findings: Findings): Readonly<Record<string, string>> {
  const entries = Object.entries(file.upstream?.connect_to ?? {});
  for (const [from, to] of entries) {
    for (const [text, at] of [[from, "key"] as const, [to, "value"] as const]) {
      const port = Number(authority.exec(text)?.[1] ?? 0);
      if (port < 1 || port > 65_535) {
        findings.wrong(["upstream", "connect_to", from], `"${text}" is not host:port`, at);
      }
    }
  }
  return Object.fromEntries(entries.map(([from, to]) => [from.toLowerCase(), to.toLowerCase()]));
}

function buildAccounts(
  file: ConfigFile,
  providers: Config["providers"],
  names: Names,
  sources: SecretSources,
  findings: Findings,
): readonly AccountConfig[] {
  const taken = new Set<string>();
  return (file.accounts ?? []).map((account, index) => {
    const path = ["accounts", index] as const;
    const provider = Object.hasOwn(providers, account.provider) ? providers[account.provider] : undefined;
    const name = account.name ?? `${account.provider}-${index + 1}`;
    const enabled = account.enabled ?? true;
    if (provider === undefined && !names.providers.has(account.provider)) {
      findings.wrong(
        [...path, "provider"],
        `there is no provider "${account.provider}"${suggestion(account.provider, names.providers)}`,
      );
    } else if (provider === undefined && laterProviders.has(account.provider)) {
      findings.warn(path, `accepted, not active in this version: provider ${account.provider}`);
    }
    if (taken.has(`${account.provider}/${name}`)) {
      findings.wrong([...path, "name"], `provider ${account.provider} has another account named "${name}"`);
    }
    taken.add(`${account.provider}/${name}`);
    let apiKey: Secret | null = null;
    // A disabled account needs no variable set: that is what switching it off is for.
    if (account.api_key !== undefined && enabled) {
      const read = readSecret(account.api_key, sources);
      if (read.ok) apiKey = read.secret;
      else findings.wrong([...path, "api_key"], read.message);
    } else if (enabled && provider?.authType === "api_key") {
      findings.wrong(path, `account "${name}" has no api_key: add "\${NAME_OF_A_VARIABLE}" or {file: path}`);
    }
    return {
      provider: account.provider,
      name,
      source: apiKey === null ? { kind: "none" } : { kind: "key", key: apiKey },
      priority: account.priority ?? defaultPriority,
      weight: 1,
      enabled,
      limits: null,
      prefix: null,
      models: [],
      excludedModels: [],
      from: "config",
    };
  });
}

function buildRoute(route: NonNullable<ConfigFile["routes"]>[number]): RouteConfig {
  const match = route.match ?? {};
  return {
    match: {
      ...(match.client === undefined ? {} : { client: match.client }),
      ...(match.host === undefined ? {} : { host: match.host }),
      ...(match.path === undefined ? {} : { path: match.path }),
      ...(match.model === undefined ? {} : { model: match.model }),
    },
    to: route.to,
    fallback: route.fallback ?? "error",
  };
}

function checkNames(file: ConfigFile, names: Names, findings: Findings): void {
  const check = (path: Path, to: string, place: "route" | "combo" | "alias"): void => {
    const problem = targetProblem(names, to, place);
    if (problem !== null) findings.wrong(path, problem);
  };
  for (const [alias, to] of Object.entries(names.aliases)) {
    const path = ["aliases", alias];
    if (alias === "passthrough" || alias === "block") findings.wrong(path, `"${alias}" is a keyword`, "key");
    check(path, to, "alias");
  }
  for (const [combo, members] of Object.entries(file.combos ?? {})) {
    members.forEach((member, index) => check(["combos", combo, index], member, "combo"));
  }
  (file.routes ?? []).forEach((route, index) => check(["routes", index, "to"], route.to, "route"));
  for (const id of Object.keys(builtInProviders)) {
    if (Object.hasOwn(names.aliases, id)) findings.warn(["aliases", id], `"${id}" is also the name of a provider`);
  }
}
