/** The factories that providers are made with: a dialect, a way to show a key, an address. */
import type { LoginFacts } from "../accounts/credential.ts";
import type { ProviderConfig, ProviderType } from "../config/schema.ts";
import type { FormatId, WriteOptions } from "../formats/format.ts";
import { nameRules } from "../hub/tool-ids.ts";
import { bearer } from "./bearer.ts";
import { authorizeClaude } from "./claude.ts";
import { codexParts } from "./codex.ts";
import { copilotOrigin, copilotParts } from "./copilot.ts";
import { agentUrl, cursorParts } from "./cursor.ts";
import { iflowParts } from "./iflow.ts";
import { joinPaths } from "./join-paths.ts";
import { kiroForLogin, kiroOrigins, kiroParts } from "./kiro.ts";
import { minimaxSpeaksChat } from "./minimax.ts";
import { originOf } from "./origin.ts";
import type { Origin, Provider } from "./provider.ts";
import { qwenOrigin, qwenParts } from "./qwen.ts";

/** What a client gets that named no limit, where the provider's models say nothing: enough for a long file, under every model's own. */
const maxTokensFallback = 8_192;

type Shared =
  | "id"
  | "origin"
  | "origins"
  | "originFor"
  | "forLogin"
  | "forModel"
  | "writeOptions"
  | "target"
  | "ownFields";

/** What makes a type: everything the factories below do not share. */
interface Parts extends Omit<Provider, Shared> {
  readonly format: FormatId;
  /** The version segment of its paths where the base URL has none; `null`: the call's path is kept whole. */
  readonly version: "v1" | "v1beta" | "" | null;
  /** Where a token belongs, by what its login says. */
  readonly bound?: (configured: URL, endpoint: string | undefined) => Origin | null;
  /** Where the owner of a login is served, in the order in which it is tried; null: at the configured addresses. */
  readonly originsFor?: (configured: URL, facts: LoginFacts) => OriginList | null;
  /** What is different for the owner of a login. */
  readonly byLogin?: (facts: LoginFacts) => Partial<Provider>;
  /** The path of a call at one of the addresses, where they differ. */
  readonly pathAt?: (callPath: string, origin: Origin) => string;
  /** The backend charges by Google Cloud project: the entry's, else the login's own. */
  readonly wantsProject?: true;
  /** What is different for a model. */
  readonly byModel?: (model: string) => Partial<Provider>;
}

const makers = {
  "openai-compatible": ({ hostname }) => ({
    format: "openai-chat",
    version: Object.hasOwn(versionless, hostname) ? "" : "v1",
    authorize: bearer,
  }),
  "openai-responses-compatible": () => ({ format: "openai-responses", version: "v1", authorize: bearer }),
  "anthropic-compatible": ({ hostname }) => ({
    format: "claude",
    version: "v1",
    authorize: authorizeClaude(hostname),
    // Demanded with every call (docs.anthropic.com, "Versioning"); a client's own word wins.
    usualHeaders: [["anthropic-version", "2023-06-01"]],
  }),
  "gemini-compatible": ({ hostname }) =>
    isVertex(hostname)
      ? { format: "gemini", variant: "vertex", version: "v1", authorize: bearer }
      : {
          format: "gemini",
          version: "v1beta",
          authorize: (credential) =>
            credential.kind === "token" ? bearer(credential) : [["x-goog-api-key", credential.secret.reveal()]],
        },
  codex: () => ({ ...codexParts, version: "" }),
  copilot: () => ({ ...copilotParts, version: "", bound: copilotOrigin }),
  "gemini-cli": () => ({ format: "gemini-cli", version: null, authorize: bearer, wantsProject: true }),
  antigravity: () => ({ format: "antigravity", version: null, authorize: bearer, wantsProject: true }),
  qwen: () => ({ ...qwenParts, version: "v1", bound: qwenOrigin }),
  iflow: () => ({ ...iflowParts, version: "v1" }),
  kiro: () => ({ ...kiroParts, version: null, originsFor: kiroOrigins, byLogin: kiroForLogin }),
  cursor: cursorParts,
} as const satisfies Record<ProviderType, (url: URL, config: ProviderConfig) => Parts>;

export function providerFrom(id: string, config: ProviderConfig): Provider {
  const url = config.type === "cursor" ? agentUrl(new URL(config.endpoint)) : new URL(config.endpoint);
  const type = minimaxSpeaksChat(config.type, url) ? "openai-compatible" : config.type;
  return made(id, config, url, makers[type](url, config), {});
}

function made(id: string, config: ProviderConfig, url: URL, parts: Parts, login: LoginFacts): Provider {
  const { version, bound, wantsProject, byModel, originsFor, byLogin, pathAt, ...shared } = parts;
  const ownOrigins = (facts: LoginFacts): OriginList | null => {
    // A token that is bound to a host is good at no other.
    const one = bound?.(url, facts.endpoint) ?? null;
    if (one !== null) return [one];
    return config.moreEndpoints.length > 0 ? null : (originsFor?.(url, facts) ?? null);
  };
  const isOwners = bound !== undefined || originsFor !== undefined;
  const originFor = (facts: LoginFacts): Origin | null => ownOrigins(facts)?.[0] ?? null;
  const origins: OriginList = ownOrigins(login) ?? [originOf(url), ...config.moreEndpoints.map(further)];
  const [origin] = origins;
  const projectFor = (facts: LoginFacts): string | undefined => config.project ?? facts.project ?? login.project;
  const project = projectFor(login);
  return {
    ...shared,
    ...byLogin?.(login),
    id,
    origin,
    origins,
    target: (asked, at = origin) => {
      const callPath = pathAt?.(asked, at) ?? asked;
      // Some logins name a bare host: the path of the base URL holds there too.
      const base = at.basePath === undefined || at.basePath === "/" ? url.pathname : at.basePath;
      return version === null ? `${codeAssistRoot(base)}${callPath}` : joinPaths(base, callPath, version);
    },
    writeOptions: (model, facts = {}) => ({
      model,
      maxTokensDefault: config.models.find(({ name }) => name === model)?.maxTokens ?? maxTokensFallback,
      origin: id,
      ...(parts.variant === undefined ? {} : { variant: parts.variant }),
      ...projectOption(projectFor(facts)),
      ...profileOption(facts.profileArn ?? login.profileArn),
      ...(Object.hasOwn(quirks, url.hostname) ? quirks[url.hostname] : {}),
    }),
    ...(byModel === undefined
      ? {}
      : { forModel: (model: string) => made(id, config, url, { ...parts, ...byModel(model) }, login) }),
    ...(isOwners ? { originFor } : {}),
    ...(!isOwners && wantsProject === undefined
      ? {}
      : { forLogin: (facts: LoginFacts) => made(id, config, url, parts, facts) }),
    // A client's own project belongs to its own login; with another login's token it would be refused.
    ...(wantsProject === undefined || project === undefined ? {} : { ownFields: { project } }),
  };
}

type OriginList = readonly [Origin, ...Origin[]];

function further(endpoint: string): Origin {
  const url = new URL(endpoint);
  return { ...originOf(url), basePath: url.pathname };
}

function isVertex(host: string): boolean {
  return /(^|-)aiplatform\.googleapis\.com$/.test(host);
}

/** Code Assist's paths are `/v1internal:method`; people may write the base with that word or without. */
function codeAssistRoot(path: string): string {
  return path.replace(/\/+$/, "").replace(/\/v1internal$/, "");
}

function projectOption(project: string | undefined): Pick<WriteOptions, "project"> {
  return project === undefined ? {} : { project };
}

function profileOption(profileArn: string | undefined): Pick<WriteOptions, "profileArn"> {
  return profileArn === undefined ? {} : { profileArn };
}

/** Hosts whose paths have no version segment. */
const versionless: Readonly<Record<string, true>> = { "api.kilo.ai": true };

/** Servers that speak a dialect with an accent, by host, so that a second entry for the same server has it too. */
const quirks: Readonly<Record<string, Partial<WriteOptions>>> = {
  // Error 3280 for ids of another shape, on replay too (client facts of late 2026).
  "api.mistral.ai": { toolIds: nameRules.id9 },
  // Thinking models of both refuse a tool turn without its reasoning (many reports, late 2026).
  "api.deepseek.com": { replayReasoning: "always" },
  "api.moonshot.ai": { replayReasoning: "always" },
  "api.moonshot.cn": { replayReasoning: "always" },
};
