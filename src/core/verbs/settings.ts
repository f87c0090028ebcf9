/** Sections of `settings` that scripts may read and change; the file stays the one place where they stand. */
import {
  type EngineVerbs,
  type ProxyPlaceJson,
  type SettingName,
  type SettingsJson,
  VerbRefusal,
} from "../../base/controls-engine.ts";
import { emptyBody } from "../../base/http.ts";
import { isRecord, own } from "../../base/json.ts";
import { readProxy } from "../../engine/config/network-proxy.ts";
import type { Path } from "../../engine/config/problem.ts";
import type { Config, SystemPrompt } from "../../engine/config/schema.ts";
import { fromUnknown } from "../../engine/errors/from-unknown.ts";
import type { VerbDeps } from "./deps.ts";

type SettingVerbs = Pick<EngineVerbs, "setting" | "changeSetting" | "changeProxy" | "testProxy">;

/** Answers with the caller's address in plain text, to anybody; asked only when somebody tests a proxy. */
const mirror = { host: "api.ipify.org", target: "/" } as const;
const testTimeoutMs = 10_000;
const maxAddressBytes = 64;

type SettingDeps = Pick<VerbDeps, "config" | "written" | "editConfig" | "send" | "clock">;

export function settingVerbs(deps: SettingDeps): SettingVerbs {
  const shown = <Name extends SettingName>(name: Name): SettingsJson[Name] => {
    const written = own(own(deps.written(), "settings"), name);
    const inForce = defaults(deps.config())[name];
    // A section that says only some of its parts leaves the others as they are.
    const whole = isRecord(written) && parted.has(name) ? { ...inForce, ...written } : (written ?? inForce);
    // As it is written, and the file was checked when it was loaded.
    return (name === "network_proxy" ? withoutPasswords(whole) : whole) as SettingsJson[Name];
  };
  return {
    setting: (name) => Promise.resolve(shown(name)),
    async changeSetting(name, value) {
      if (value !== undefined && !isRecord(value)) throw new VerbRefusal("invalid", `settings.${name} is a map`);
      if (name === "network_proxy") refuseHidden(value);
      await deps.editConfig(["settings", name], value);
      return shown(name);
    },
    async changeProxy(place, proxy) {
      refuseHidden(proxy);
      const path = ["settings", "network_proxy", place.level, ...(place.level === "global" ? [] : [place.id])];
      if (proxy === null) await deps.editConfig(withoutEmpty(deps.written(), path, place), undefined);
      else await deps.editConfig(path, proxy);
      return shown("network_proxy");
    },
    async testProxy(proxy) {
      const via = proxy === null ? null : checked(proxy);
      const label = labelOf(via ?? deps.config().settings.networkProxy.global);
      const startedAt = deps.clock.monotonic();
      const took = (): number => Math.round(deps.clock.monotonic() - startedAt);
      try {
        const reply = await deps.send({
          method: "GET",
          scheme: "https",
          host: mirror.host,
          port: 443,
          target: mirror.target,
          headers: [
            ["host", mirror.host],
            ["accept", "text/plain"],
          ],
          body: emptyBody,
          signal: AbortSignal.timeout(testTimeoutMs),
          ...(via === null ? {} : { via }),
        });
        const text = await beginning(reply.body);
        const publicIp = /^[0-9a-f.:]{3,45}$/i.test(text) ? text : null;
        return { ok: true, proxy: label, latencyMs: took(), publicIp, error: null };
      } catch (error) {
        return { ok: false, proxy: label, latencyMs: took(), publicIp: null, error: fromUnknown(error).message };
      }
    },
  };
}

function refuseHidden(value: unknown): void {
  if (!JSON.stringify(value ?? null).includes(hidden)) return;
  throw new VerbRefusal(
    "invalid",
    `${hidden} stands for a user and a password that are not shown; write them out, or as "\${NAME}"`,
  );
}

/** The path of what has to go so that no empty map stays behind. */
function withoutEmpty(file: unknown, path: readonly string[], place: ProxyPlaceJson): Path {
  const at = (length: number): unknown =>
    path.slice(0, length).reduce<unknown>((value, step) => own(value, step), file);
  const value = at(path.length);
  if (value === undefined || value === null) {
    const what = place.level === "global" ? "for everything" : `for ${place.id} under ${place.level}`;
    throw new VerbRefusal("not-found", `config.yaml has no proxy ${what}`);
  }
  const isAlone = (length: number): boolean => Object.keys(at(length) ?? {}).length === 1;
  let { length } = path;
  // The section itself is the last that goes: what else `settings` holds is none of its business.
  while (length > 2 && isAlone(length - 1)) length -= 1;
  return path.slice(0, length);
}

/** Variables are for the file: here somebody else may have written the text. */
function checked(proxy: string): string {
  const read = readProxy(proxy, {}, { host: "127.0.0.1", port: 0 });
  if (!read.ok) throw new VerbRefusal("invalid", `the proxy ${read.message}`);
  return read.proxy;
}

const hidden = "•••";

/** Whom a proxy's URL names is nobody else's business; what stands in a variable is only named there. */
function withoutPasswords(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replace(/(:\/\/)(.*)@/s, (whole: string, start: string, owner: string) =>
      /^(?:\$\{\w+\}:?)+$/.test(owner) ? whole : `${start}${hidden}@`,
    );
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutPasswords(inner)]));
}

/** Without its user and password. */
function labelOf(via: string | null): string | null {
  return via === null ? null : via.replace(/\/\/.*@/s, "//");
}

async function beginning(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxAddressBytes) break;
  }
  return Buffer.concat(chunks).toString("latin1").trim();
}

/** Sections whose parts are said one by one. */
const parted: ReadonlySet<SettingName> = new Set(["network_proxy", "ip_filter"]);

/** What is in force where the file says nothing, in the file's own words. */
function defaults({ settings }: Config): Readonly<Record<SettingName, Readonly<Record<string, unknown>>>> {
  const { thinkingBudget, systemPrompt, networkProxy, ipFilter } = settings;
  return {
    network_proxy: { ...networkProxy },
    ip_filter: { ...ipFilter },
    thinking_budget: { ...thinkingBudget },
    system_prompt: promptWords(systemPrompt.all),
  };
}

function promptWords(prompt: SystemPrompt | null): Readonly<Record<string, string>> {
  if (prompt?.prepend !== undefined) return { mode: "prepend", text: prompt.prepend };
  if (prompt?.append !== undefined) return { mode: "append", text: prompt.append };
  return { mode: "none" };
}
