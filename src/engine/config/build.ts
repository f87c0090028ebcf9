/** A valid file as a `Config`: defaults filled in, secrets read, names checked. Reports everything it finds, not the first. */
import { makeLimits } from "../../base/limits.ts";
import { providerId } from "../providers/registry.ts";
import { secondNames } from "../providers/table.ts";
import { buildAccounts } from "./build-accounts.ts";
import { buildIpFilter, buildNetworkProxy } from "./build-network.ts";
import { buildOAuth } from "./build-oauth.ts";
import { buildPrices } from "./build-prices.ts";
import { buildProviders } from "./build-providers.ts";
import { buildSettings } from "./build-settings.ts";
import { warnAboutCollisions } from "./collisions.ts";
import { defaultConfig } from "./defaults.ts";
import { dormantParts, dormantWarning } from "./dormant.ts";
import { isLoopback } from "./endpoint.ts";
import type { ConfigFile } from "./file-schema.ts";
import { importCliproxy } from "./import-cliproxy.ts";
import { pathText, type Path } from "./problem.ts";
import { modelTest, targetProblem, type Names } from "./references.ts";
import { accountId, type Config, type RouteConfig } from "./schema.ts";
import { filePath, type SecretSources } from "./secrets.ts";

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
  const built = buildProviders(file, findings);
  const second = Object.keys(secondNames).filter((name) => providerId(built.providers, name) !== null);
  const known = new Set([...Object.keys(built.providers), ...Object.keys(file.providers ?? {}), ...second]);
  const context = { ...built, known, sources, findings };
  const own = buildAccounts(file, context);
  const imported = importCliproxy(file, new Set(own.map(({ account }) => accountId(account))), context);
  const { providers } = imported;
  const placed = [...own, ...imported.accounts];
  const accounts = placed.map(({ account }) => account);
  const dormant = [...built.dormant, ...imported.dormant, ...dormantParts(file)];
  for (const { path } of dormant) findings.warn(path, dormantWarning(path));
  const aliases = file.aliases ?? {};
  const names: Names = {
    providers: new Set([...known, ...Object.keys(providers)]),
    prefixes: new Set(accounts.flatMap(({ prefix }) => (prefix === null ? [] : [prefix]))),
    combos: new Set(Object.keys(file.combos ?? {})),
    aliases,
    isModel: modelTest({ providers, accounts }),
  };
  checkNames(file, names, findings);
  const combos = file.combos ?? {};
  warnAboutCollisions(file, { aliases, combos, providers }, placed, findings);
  const listen = buildListen(file, overrides, findings);
  const timeouts = file.upstream?.timeouts;
  return {
    listen,
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
    limits: makeLimits(file.limits),
    providers,
    accounts,
    combos,
    aliases,
    routes: (file.routes ?? []).map(buildRoute),
    oauth: buildOAuth(file, providers, names.providers, sources, findings),
    prices: buildPrices(file, findings),
    settings: {
      ...buildSettings(file, overrides, names, findings),
      networkProxy: buildNetworkProxy(file, { names, accounts: placed, env: sources.env, own: listen, findings }),
      ipFilter: buildIpFilter(file, listen.host, findings),
    },
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
  const controlApi = (file.listen?.control_api ?? "off") === "on";
  if (controlApi && !isLoopback(host)) {
    findings.wrong(
      ["listen", "control_api"],
      `${host} can be reached from other machines, and the control API is for this one only: leave it off, or listen on 127.0.0.1`,
    );
  }
  const port = overrides.port ?? file.listen?.port ?? defaultConfig.listen.port;
  return { host, port, proxyAuth, controlApi };
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
    enabled: route.enabled ?? true,
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
}
