/** The factories that providers are made with: a dialect, a way to show a key, an address. */
import type { HeaderPairs } from "../../base/http.ts";
import type { Credential } from "../accounts/credential.ts";
import type { ProviderConfig, ProviderType } from "../config/schema.ts";
import type { FormatId, WriteOptions } from "../formats/format.ts";
import { nameRules } from "../hub/tool-ids.ts";
import { codexParts } from "./codex.ts";
import { copilotParts } from "./copilot.ts";
import { joinPaths } from "./join-paths.ts";
import type { Origin, Provider } from "./provider.ts";

/** What a client gets that named no limit, where the provider's models say nothing: enough for a long file, under every model's own. */
const maxTokensFallback = 8_192;

const bearer = ({ secret }: Credential): HeaderPairs => [["authorization", `Bearer ${secret.reveal()}`]];

/** What makes a type: everything the factories below do not share. */
interface Parts extends Omit<Provider, "id" | "origin" | "writeOptions" | "target"> {
  readonly format: FormatId;
  /** The version segment of its paths where the base URL has none; `null`: the call's path is kept whole. */
  readonly version: "v1" | "v1beta" | "" | null;
}

const makers = {
  "openai-compatible": () => ({ format: "openai-chat", version: "v1", authorize: bearer }),
  "openai-responses-compatible": () => ({ format: "openai-responses", version: "v1", authorize: bearer }),
  "anthropic-compatible": () => ({
    format: "claude",
    version: "v1",
    authorize: ({ secret }) => [["x-api-key", secret.reveal()]],
  }),
  "gemini-compatible": (_, host) =>
    isVertex(host)
      ? { format: "gemini", variant: "vertex", version: "v1", authorize: bearer }
      : { format: "gemini", version: "v1beta", authorize: ({ secret }) => [["x-goog-api-key", secret.reveal()]] },
  codex: () => ({ ...codexParts, version: "", authorize: bearer }),
  copilot: () => ({ ...copilotParts, version: "", authorize: bearer }),
  "gemini-cli": (config) => ({ format: "gemini-cli", version: null, authorize: bearer, ...projectOf(config) }),
  qwen: () => ({ format: "openai-chat", version: "v1", authorize: bearer }),
  iflow: () => ({ format: "openai-chat", version: "v1", authorize: bearer }),
  antigravity: (config) => ({ format: "antigravity", version: null, authorize: bearer, ...projectOf(config) }),
} as const satisfies Record<SpokenType, (config: ProviderConfig, host: string) => Parts>;

/** Types whose dialect this build can write. */
export type SpokenType = Exclude<ProviderType, "kiro" | "cursor">;

export function isSpoken(type: ProviderType): type is SpokenType {
  return Object.hasOwn(makers, type);
}

/** Null: registered, but its dialect is not spoken yet. */
export function providerFrom(id: string, config: ProviderConfig & { readonly type: SpokenType }): Provider;
export function providerFrom(id: string, config: ProviderConfig): Provider | null;
export function providerFrom(id: string, config: ProviderConfig): Provider | null {
  if (!isSpoken(config.type)) return null;
  const url = new URL(config.endpoint);
  // The union of the makers' results is narrower than what they promise.
  const { version, ...parts }: Parts = makers[config.type](config, url.hostname);
  return {
    ...parts,
    id,
    origin: originOf(url),
    target: (callPath) =>
      version === null ? `${codeAssistRoot(url.pathname)}${callPath}` : joinPaths(url.pathname, callPath, version),
    writeOptions: (model) => ({
      model,
      maxTokensDefault: config.models.find(({ name }) => name === model)?.maxTokens ?? maxTokensFallback,
      origin: id,
      ...(parts.variant === undefined ? {} : { variant: parts.variant }),
      ...projectOption(config),
      ...(Object.hasOwn(quirks, url.hostname) ? quirks[url.hostname] : {}),
    }),
  };
}

function originOf(url: URL): Origin {
  const scheme = url.protocol === "http:" ? "http" : "https";
  return {
    scheme,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (scheme === "http" ? 80 : 443) : Number(url.port),
    authority: url.host,
  };
}

function isVertex(host: string): boolean {
  return /(^|-)aiplatform\.googleapis\.com$/.test(host);
}

/** Code Assist's paths are `/v1internal:method`; people may write the base with that word or without. */
function codeAssistRoot(path: string): string {
  return path.replace(/\/+$/, "").replace(/\/v1internal$/, "");
}

/** A client's own project belongs to its own login; with another login's token it would be refused. */
function projectOf({ project }: ProviderConfig): Pick<Provider, "ownFields"> {
  return project === undefined ? {} : { ownFields: { project } };
}

function projectOption({ project }: ProviderConfig): Pick<WriteOptions, "project"> {
  return project === undefined ? {} : { project };
}

/** Servers that speak a dialect with an accent, by host, so that a second entry for the same server has it too. */
const quirks: Readonly<Record<string, Partial<WriteOptions>>> = {
  // Error 3280 for ids of another shape, on replay too (client facts of late 2026).
  "api.mistral.ai": { toolIds: nameRules.id9 },
  // Thinking models of both refuse a tool turn without its reasoning (many reports, late 2026).
  "api.deepseek.com": { replayReasoning: "always" },
  "api.moonshot.ai": { replayReasoning: "always" },
  "api.moonshot.cn": { replayReasoning: "always" },
};
