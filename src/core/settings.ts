/**
 * The configuration in force and what the wings need of it, made once per load: globs expanded, roots read, secrets
 * registered for redaction. A file that turns invalid keeps the old settings and says so.
 */
import type { Bus } from "../base/bus.ts";
import type { ConfigStatus } from "../base/controls.ts";
import type { CoreEvent } from "../base/events.ts";
import type { Paths } from "../base/paths.ts";
import type { Redactor } from "../base/redact.ts";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { sweepTemporaries } from "../base/replace-file.ts";
import { loadConfig, type LoadResult } from "../engine/config/load.ts";
import { problemText, type ConfigProblem } from "../engine/config/problem.ts";
import type { Config } from "../engine/config/schema.ts";
import { watchConfig } from "../engine/config/watch.ts";
import { defaultHosts } from "../engine/providers/hosts.ts";
import type { FlowLogLimits } from "../control/flow-log.ts";
import type { InterceptSettings } from "../intercept/index.ts";
import { readTrust } from "../intercept/upstream/trust.ts";
import { CoreError, exitCodes } from "./core-error.ts";

export interface Settings {
  readonly config: Config;
  readonly intercept: InterceptSettings;
  /** What a new certificate authority may speak for: the configured hosts and always the defaults. */
  readonly scope: readonly string[];
  readonly captureLimits: Partial<FlowLogLimits>;
}

export interface OpenSettings {
  readonly current: () => Settings;
  status(): ConfigStatus;
  reload(): Promise<ConfigStatus>;
  close(): void;
}

export interface SettingsOptions {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly overrides: { readonly host?: string; readonly port?: number };
  readonly bus: Bus<CoreEvent>;
  readonly redactor: Redactor;
}

/** An edit takes milliseconds; a half of one this old was left by somebody who was killed. */
const oldEditMs = 60_000;

/** Beside the file itself, where a link leads to it. What cannot be swept does no harm. */
async function sweepEdits(path: string): Promise<void> {
  const file = await realpath(path).catch(() => path);
  await sweepTemporaries(file, Date.now() - oldEditMs).catch(() => undefined);
}

/** @throws CoreError when the file is invalid at the start: there is no older configuration to keep */
export async function openSettings(options: SettingsOptions): Promise<OpenSettings> {
  const { paths, env, bus, redactor } = options;
  const path = paths.configFile;
  await sweepEdits(path);
  const load = (): LoadResult => loadConfig({ path, env, overrides: options.overrides });
  const first = load();
  if (!first.ok) {
    throw new CoreError(exitCodes.config, textOf(first.problems), { fix: "switchyard config validate" });
  }
  let warnings = first.warnings.map((problem) => problemText(path, problem));
  let error: string | null = null;
  let current = await prepare(first.config);
  /** Loads are applied one after the other, the newest last. */
  let applying: Promise<void> = Promise.resolve();

  const watch = watchConfig({
    path,
    config: first.config,
    load,
    onEvent: (event) => {
      if (event.type === "rejected") {
        const message = textOf(event.problems);
        // In its turn: a load before it that is still being prepared would take the word back.
        applying = applying.then(() => {
          error = message;
          bus.publish({ type: "config-rejected", path, message });
        });
        return;
      }
      applying = applying.then(async () => {
        current = await prepare(event.config);
        error = null;
        warnings = event.warnings.map((problem) => problemText(path, problem));
        bus.publish({ type: "config-reloaded", path });
      });
    },
  });

  async function prepare(config: Config): Promise<Settings> {
    const trust = await readTrust(env, config.upstream.ca);
    for (const text of trust.warnings) bus.publish({ type: "notice", level: "warn", area: "trust", text });
    for (const secret of secretsOf(config)) redactor.register(secret);
    const hosts = expandHosts(config.intercept.hosts);
    return {
      config,
      intercept: {
        hosts,
        tunnel: config.intercept.tunnel,
        proxyAuth: config.listen.proxyAuth,
        connectTo: config.upstream.connectTo,
        privateDestinations: config.upstream.privateDestinations,
        timeouts: config.upstream.timeouts,
        limits: config.limits,
        upstreamTrust: trust.context,
        ipFilter: config.settings.ipFilter,
        outboundProxy: config.settings.networkProxy.global,
      },
      scope: [...new Set([...hosts, ...defaultHosts])],
      captureLimits: { flows: config.settings.captureFlows, bytes: config.settings.captureBytes },
    };
  }

  function textOf(problems: readonly ConfigProblem[]): string {
    return problems.map((problem) => problemText(path, problem)).join("\n");
  }

  const status = (): ConfigStatus => ({
    path,
    exists: existsSync(path),
    error,
    warnings,
    routes: current.config.routes.length,
  });
  return {
    current: () => current,
    status,
    async reload() {
      watch.reload();
      await applying;
      return status();
    },
    close: () => watch.close(),
  };
}

function expandHosts(patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => (pattern === "default" ? defaultHosts : [pattern]));
}

/** Whatever the file holds that must not be seen anywhere else. */
function secretsOf({ accounts, oauth, settings }: Config): readonly string[] {
  const { global, providers, combos, keys } = settings.networkProxy;
  const proxies = [global, ...[providers, combos, keys].flatMap((map) => Object.values(map))];
  return [
    ...accounts.flatMap(({ source }) => (source.kind === "key" ? [source.key.reveal()] : [])),
    ...Object.values(oauth).flatMap(({ clientSecret }) => (clientSecret === undefined ? [] : [clientSecret.reveal()])),
    ...proxies.flatMap((proxy) => passwordsOf(proxy)),
  ];
}

/** As it is written and as it is meant: either may stand in a text. */
function passwordsOf(proxy: string | null): readonly string[] {
  if (proxy === null || !URL.canParse(proxy)) return [];
  const { password } = new URL(proxy);
  return password === "" ? [] : [password, decodeURIComponent(password)];
}
