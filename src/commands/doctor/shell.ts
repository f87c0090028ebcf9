/** The environment of this shell: where programs started from it go, whom they trust, and what leads them past us. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { baseUrlVariables } from "../../base/client-hints.ts";
import { launchEnv, reachableHost } from "../../base/launch-env.ts";
import type { Config } from "../../engine/config/schema.ts";
import { isExcluded, parseProxy, type ProxyAddress } from "../../intercept/upstream/outbound.ts";
import { type Check, type CheckGroup, counted, type Finding, listText, ok, skip } from "./check.ts";
import type { CoreFact, DoctorDeps } from "./facts.ts";
import { isListening } from "./through.ts";
import { watchedHosts, watches } from "./watched.ts";

const again = 'eval "$(switchyard env)"';
const back = 'eval "$(switchyard env --unset)"';

type Env = NodeJS.ProcessEnv;

/** What the proxy variables of this shell come to. */
type Way =
  | { readonly kind: "none" }
  | { readonly kind: "ours"; readonly name: string; readonly proxy: ProxyAddress; readonly token: string | null }
  /** It was ours: our user name is in it, or our mark is set. */
  | { readonly kind: "old"; readonly name: string; readonly proxy: ProxyAddress }
  | { readonly kind: "other"; readonly name: string; readonly proxy: ProxyAddress }
  | { readonly kind: "unreadable"; readonly name: string };

function wayOf(env: Env, core: CoreFact): Way {
  const name = ["HTTPS_PROXY", "https_proxy"].find((each) => isSet(env[each]));
  if (name === undefined) return { kind: "none" };
  const proxy = readProxy(env[name] ?? "");
  if (proxy === null) return { kind: "unreadable", name };
  const isLocal = isLoopback(proxy.host);
  if (core.kind === "running" && isLocal && proxy.port === core.status.port) {
    return { kind: "ours", name, proxy, token: proxy.password?.reveal() ?? null };
  }
  const wasOurs = isLocal && (proxy.user === "switchyard" || isSet(env["SWITCHYARD_ACTIVE"]));
  return { kind: wasOurs ? "old" : "other", name, proxy };
}

const proxies: Check = {
  id: "proxy",
  title: "proxy",
  async run({ context: { env }, core, redactor }) {
    const fact = await core();
    const way = wayOf(env, fact);
    switch (way.kind) {
      case "none":
        return ok("none is set: `switchyard run -- COMMAND` needs none");
      case "unreadable":
        return { state: "fail", text: `${way.name} is no address of a proxy`, fix: `unset ${way.name}, or: ${again}` };
      case "ours": {
        const secrets = fact.kind === "running" ? await fact.client.secrets() : null;
        if (secrets !== null) redactor.register(secrets.proxyToken);
        if (secrets === null || secrets.proxyAuth === "off" || way.token === secrets.proxyToken) {
          return ok(`${way.name} leads to the running core (${way.proxy.label})`);
        }
        const text = `${way.name} leads to the running core, ${way.token === null ? "without its token" : "with a token of an earlier one"}`;
        const why = "calls from here pass through, but rules that use stored credentials refuse them";
        return { state: "warn", text, why, fix: again };
      }
      case "old": {
        const where = fact.kind === "running" ? `the core is at ${fact.status.url} now` : "no core is running";
        const why = `${where}; programs started here cannot connect`;
        const fix = fact.kind === "running" ? again : `switchyard start -d, then: ${again}   (or back: ${back})`;
        return { state: "fail", text: `${way.name} leads to ${way.proxy.label}, where a core was once`, why, fix };
      }
      case "other":
        return otherProxy(way);
    }
  },
};

async function otherProxy({ name, proxy }: { readonly name: string; readonly proxy: ProxyAddress }): Promise<Finding> {
  if (isLoopback(proxy.host) && !(await isListening(reachableHost(proxy.host), proxy.port))) {
    const why = "programs started here cannot connect";
    return { state: "fail", text: `${name} leads to ${proxy.label}, where nothing listens`, why, fix: `unset ${name}` };
  }
  const then = "`switchyard run` stands before it for its command, and sends on through it";
  return ok(`${name} leads to another proxy (${proxy.label}); ${then}`);
}

const trust: Check = {
  id: "trust",
  title: "trust",
  async run(deps) {
    const { context, core } = deps;
    const { env, paths } = context;
    const expected = expectedOf(deps);
    const isThrough = wayOf(env, await core()).kind === "ours";
    const lost = Object.keys(expected).filter((name) => {
      const value = env[name];
      return isSet(value) && value.startsWith("/") && !existsSync(value);
    });
    if (lost.length > 0) {
      const text = `${listText(lost)}: the file is not there`;
      return {
        state: isThrough ? "fail" : "warn",
        text,
        why: "programs trust less than they should, or end",
        fix: again,
      };
    }
    if (!isThrough) {
      const ours = Object.keys(expected).filter((name) => isIn(env[name], paths.certsDir));
      if (ours.length === 0) return ok("nothing of ours is set");
      return {
        state: "warn",
        text: `${listText(ours)} still ${ours.length === 1 ? "names" : "name"} our files`,
        fix: back,
      };
    }
    const wrong = Object.entries(expected).filter(([name, value]) => env[name] !== value);
    if (wrong.length === 0) return ok(`${counted(Object.keys(expected).length, "variable")}, all as \`env\` sets them`);
    const names = wrong.map(([name]) => name);
    const why = "clients that read them do not trust our certificate, or go past the proxy";
    return { state: "warn", text: `${listText(names)}: not as \`env\` sets them`, why, fix: again };
  },
};

/** What `env` would set, without what leads somewhere: these must be there word for word. */
function expectedOf({ context: { paths } }: DoctorDeps): Readonly<Record<string, string>> {
  const all = launchEnv({ certsDir: paths.certsDir, host: "127.0.0.1", port: 0, proxyToken: "" }, {});
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !/proxy$|^SWITCHYARD_/i.test(name) || name === "NODE_USE_ENV_PROXY"),
  );
}

const bypass: Check = {
  id: "no-proxy",
  title: "NO_PROXY",
  run({ context: { env }, config }) {
    const lists = ["NO_PROXY", "no_proxy"].filter((name) => isSet(env[name]));
    const { usable } = config();
    if (lists.length === 0 || usable === null) return Promise.resolve(ok("hides no provider"));
    const text = lists.map((name) => env[name]).join(",");
    const hidden = watchedHosts(usable).filter((host) => isExcluded({ host, port: 443 }, text));
    if (hidden.length === 0) return Promise.resolve(ok("hides no provider"));
    return Promise.resolve({
      state: "warn",
      text: `hides ${listText(hidden)}`,
      why: "clients go there past the proxy, also under `switchyard run`",
      fix: `take ${hidden.length === 1 ? "it" : "them"} out of ${lists.join(" and ")}`,
    });
  },
};

const allProxy: Check = {
  id: "all-proxy",
  title: "ALL_PROXY",
  run({ context: { env } }) {
    const name = ["ALL_PROXY", "all_proxy"].find((each) => isSet(env[each]));
    const hasExact = ["HTTPS_PROXY", "https_proxy"].some((each) => isSet(env[each]));
    if (name === undefined) return Promise.resolve(ok("not set"));
    if (hasExact) return Promise.resolve(ok("set beside HTTPS_PROXY, which counts for https"));
    return Promise.resolve({
      state: "warn",
      text: `${name} is set and HTTPS_PROXY is not`,
      why: "of the clients only Codex follows it wholly; Claude Code does in part, Copilot CLI and opencode do not",
      fix: again,
    });
  },
};

/** Programs read one spelling or the other. */
const pairs = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] as const;

const spelling: Check = {
  id: "spelling",
  title: "spellings",
  run({ context: { env, platform } }) {
    if (platform === "win32") return Promise.resolve(skip("one and the same on Windows"));
    const two = pairs.filter((name) => {
      const [upper, lower] = [env[name], env[name.toLowerCase()]];
      return isSet(upper) && isSet(lower) && upper !== lower;
    });
    if (two.length === 0) return Promise.resolve(ok("upper and lower case agree"));
    return Promise.resolve({
      state: "warn",
      text: `${listText(two.map((name) => `${name} and ${name.toLowerCase()}`))} say different things`,
      why: "some programs read one, some the other",
      fix: `set both alike, or: ${again}`,
    });
  },
};

const baseUrls: Check = {
  id: "base-urls",
  title: "base addresses",
  async run({ context: { env }, config, core }) {
    const set = baseUrlVariables.filter((name) => isSet(env[name]));
    if (set.length === 0) return ok("none is set: clients call their own providers");
    const fact = await core();
    const { usable } = config();
    return set.map((name) => baseUrlFinding(name, env[name] ?? "", fact, usable));
  },
};

function baseUrlFinding(name: string, value: string, core: CoreFact, config: Config | null): Finding {
  const fix = `unset ${name}`;
  if (!URL.canParse(value)) return { state: "warn", text: `${name} is no address`, fix };
  const { hostname, port, protocol, host } = new URL(value);
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  const isCore = core.kind === "running" && isLoopback(bare) && Number(port) === core.status.port;
  if (isCore) return ok(`${name} leads to our gateway (${host})`);
  const place = `${protocol}//${host}`;
  if (isLoopback(bare)) {
    const why = "nothing on this machine is asked for through a proxy";
    return { state: "warn", text: `${name} leads to ${place}, past us`, why, fix };
  }
  if (config !== null && watches(config, bare)) return ok(`${name} leads to ${place}, which is watched`);
  const why = "only hosts under intercept.hosts are decrypted; calls there are tunnelled";
  return {
    state: "warn",
    text: `${name} leads to ${place}`,
    why,
    fix: `${fix}, or add ${bare} to intercept.hosts, then: switchyard ca rotate`,
  };
}

/** Node's switch that turns the verification of every certificate off. We only ever look whether it is set. */
export const verificationSwitch = "NODE_TLS_REJECT_UNAUTHORIZED";

const verification: Check = {
  id: "verification",
  title: "verification",
  run({ context: { env } }) {
    if (env[verificationSwitch] !== "0") return Promise.resolve(ok("certificates are verified"));
    return Promise.resolve({
      state: "fail",
      text: `${verificationSwitch}=0 is set`,
      why: "Node programs started here believe any certificate, a core started here included: whoever sits on the way to a provider can read the calls and the keys",
      fix: `unset ${verificationSwitch}`,
    });
  },
};

const unattended: Check = {
  id: "ci",
  title: "CI",
  run({ context: { env } }) {
    if (!isSet(env["CI"])) return Promise.resolve(ok("not set"));
    return Promise.resolve(ok("set: clients may ask nothing and draw nothing; Switchyard goes by the terminal alone"));
  },
};

export const shellChecks: CheckGroup = {
  id: "shell",
  checks: [proxies, trust, bypass, allProxy, spelling, baseUrls, verification, unattended],
};

function readProxy(text: string): ProxyAddress | null {
  try {
    return parseProxy(text.trim());
  } catch {
    // A stray percent sign in a user name or a password.
    return null;
  }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== "";
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || host.startsWith("127.");
}

function isIn(path: string | undefined, folder: string): boolean {
  return isSet(path) && dirname(resolve(path)) === folder;
}
