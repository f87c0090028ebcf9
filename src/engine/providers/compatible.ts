/** The two factories that most providers are made with: same dialect, same kind of key, another address. */
import type { ProviderConfig } from "../config/schema.ts";
import type { WriteOptions } from "../formats/format.ts";
import { nameRules } from "../hub/tool-ids.ts";
import type { Provider } from "./provider.ts";

/** What a client gets that named no limit, where the provider's models say nothing: enough for a long file, under every model's own. */
const maxTokensFallback = 8_192;

export function openaiCompatible(id: string, config: ProviderConfig): Provider {
  return {
    ...shared(id, config),
    format: "openai-chat",
    credential: (key) => [["authorization", `Bearer ${key.reveal()}`]],
  };
}

export function anthropicCompatible(id: string, config: ProviderConfig): Provider {
  return {
    ...shared(id, config),
    format: "claude",
    credential: (key) => [["x-api-key", key.reveal()]],
  };
}

const makers = {
  "openai-compatible": openaiCompatible,
  "anthropic-compatible": anthropicCompatible,
} as const satisfies Record<ProviderConfig["type"], (id: string, config: ProviderConfig) => Provider>;

export function providerFrom(id: string, config: ProviderConfig): Provider {
  return makers[config.type](id, config);
}

function shared(id: string, config: ProviderConfig): Omit<Provider, "format" | "credential"> {
  const url = new URL(config.endpoint);
  const scheme = url.protocol === "http:" ? "http" : "https";
  return {
    id,
    origin: {
      scheme,
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? (scheme === "http" ? 80 : 443) : Number(url.port),
      authority: url.host,
    },
    target: (callPath) => joinPaths(url.pathname, callPath),
    writeOptions: (model) => ({
      model,
      maxTokensDefault: config.models.find(({ name }) => name === model)?.maxTokens ?? maxTokensFallback,
      ...(Object.hasOwn(quirks, url.hostname) ? quirks[url.hostname] : {}),
    }),
  };
}

/** Servers that speak a dialect with an accent, by host, so that a second entry for the same server has it too. */
const quirks: Readonly<Record<string, Partial<WriteOptions>>> = {
  // Error 3280 for ids of another shape, on replay too (client facts of late 2026).
  "api.mistral.ai": { toolIds: nameRules.id9 },
};

const version = /^v\d+[a-z0-9]*$/;

/**
 * A base path and a call's path as one. People write the base with the version (`/v1`), without it, deeper
 * (`/openai/v1`, `/api/paas/v4`, `/v1beta/openai`) or as the whole address of the call; all of them mean the same call.
 */
export function joinPaths(base: string, callPath: string): string {
  const question = callPath.indexOf("?");
  const query = question < 0 ? "" : callPath.slice(question);
  const call = segments(question < 0 ? callPath : callPath.slice(0, question));
  const rest = version.test(call[0] ?? "") ? call.slice(1) : call;
  const root = segments(base);
  const isWhole =
    rest.length > 0 && rest.every((segment, index) => root[root.length - rest.length + index] === segment);
  const middle = isWhole ? [] : root.some((segment) => version.test(segment)) ? rest : ["v1", ...rest];
  return `/${[...root, ...middle].join("/")}${query}`;
}

function segments(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}
