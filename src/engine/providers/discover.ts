/** Lists of models as the providers themselves give them: asked for when somebody wants to see them, kept for ten minutes. */
import type { HeaderPairs } from "../../base/http.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { Credential } from "../accounts/credential.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { ask, type AskDeps } from "./ask.ts";
import { providerFrom } from "./compatible.ts";
import { type FetchedModel, readModelList } from "./model-lists.ts";
import { cursorModelList } from "./cursor.ts";
import type { Origin, Provider } from "./provider.ts";

export type ModelListResult =
  | { readonly ok: true; readonly models: readonly FetchedModel[]; readonly cached: boolean }
  | { readonly ok: false; readonly status: number | null; readonly message: string };

export interface ModelListAsk {
  readonly id: string;
  readonly config: ProviderConfig;
  /** Null where the provider wants none. */
  readonly credential: Credential | null;
  readonly signal: AbortSignal;
  /** Ask again, however fresh the last answer is. */
  readonly refresh?: boolean;
}

export interface Discovery {
  list(question: ModelListAsk): Promise<ModelListResult>;
  /** The last answers, whatever their age, by provider id. */
  known(): ReadonlyMap<string, readonly FetchedModel[]>;
}

/** New models come once in weeks; ten minutes is what a menu may be out of date. */
const freshForMs = 600_000;
/** Anthropic's and Google's pages hold up to a thousand models. */
const maxPages = 5;

interface Kept {
  readonly endpoint: string;
  readonly at: number;
  readonly models: readonly FetchedModel[];
}

export function createDiscovery(deps: AskDeps): Discovery {
  const kept = new Map<string, Kept>();
  return {
    async list({ id, config, credential, signal, refresh = false }) {
      const last = kept.get(id);
      const isFresh = last?.endpoint === config.endpoint && deps.clock.monotonic() - last.at < freshForMs;
      if (last !== undefined && isFresh && !refresh) return { ok: true, models: last.models, cached: true };
      const fetched = await fetchModels(deps, { id, config, credential, signal });
      if (!fetched.ok) return fetched;
      kept.set(id, { endpoint: config.endpoint, at: deps.clock.monotonic(), models: fetched.models });
      return fetched;
    },
    known: () => new Map([...kept].map(([id, { models }]) => [id, models])),
  };
}

/** How a provider is asked for its models. */
export interface ModelListCall {
  readonly target: string;
  readonly headers: HeaderPairs;
  /** JSON: the question is a POST. */
  readonly body?: string;
  /** Absent: where the provider's model calls go. */
  readonly origin?: Origin;
}

/** Empty: it has no such call, or none that a credential of ours opens. Several: the first that is answered counts. */
export function modelListCalls(
  provider: Provider,
  config: ProviderConfig,
  credential: Credential | null,
): readonly ModelListCall[] {
  const at = (credential === null ? null : provider.originFor?.(credential.facts)) ?? provider.origin;
  const call = (path: string, headers: HeaderPairs = []): ModelListCall => ({
    target: provider.target(path, at),
    headers,
  });
  switch (config.type) {
    case "anthropic-compatible":
      return provider.format === "claude"
        ? [call("/v1/models?limit=1000", [["anthropic-version", "2023-06-01"]])]
        : [call("/v1/models")];
    case "gemini-compatible":
      return provider.variant === "vertex" ? [] : [call("/models?pageSize=1000")];
    case "openai-compatible":
    case "openai-responses-compatible": {
      const usual = call("/models");
      // Ollama's own list says what its OpenAI-shaped one does not: size, family, quantization.
      if (config.kind === "local") return [{ target: "/api/tags", headers: [] }, usual];
      // Cohere's second version has calls of models only; the list is in the first.
      return [usual.target === "/v2/models" ? { ...usual, target: "/v1/models" } : usual];
    }
    case "kiro": {
      const profileArn = credential?.facts.profileArn;
      const query = new URLSearchParams({ origin: "AI_EDITOR", ...(profileArn === undefined ? {} : { profileArn }) });
      return [call(`/listAvailableModels?${query.toString()}`)];
    }
    case "copilot":
      return [call("/models", provider.bodyHeaders?.({}) ?? [])];
    case "codex":
    case "gemini-cli":
    case "antigravity":
    case "qwen":
    case "iflow":
      return [];
    case "cursor":
      return [cursorModelList(new URL(config.endpoint))];
    default:
      return unreachable(config.type);
  }
}

async function fetchModels(deps: AskDeps, question: ModelListAsk): Promise<ModelListResult> {
  const { id, config, credential } = question;
  const provider = providerFrom(id, config);
  const calls = modelListCalls(provider, config, credential);
  let result: ModelListResult = { ok: false, status: null, message: `provider ${id} has no list of models to ask for` };
  for (const call of calls) {
    result = await fetchPages(deps, question, provider, call);
    // Who cannot be reached, or does not take the credential, says so to the next question too.
    if (result.ok || result.status === null || result.status === 401) break;
  }
  return result;
}

async function fetchPages(
  deps: AskDeps,
  { id, credential, signal }: ModelListAsk,
  provider: Provider,
  call: ModelListCall,
): Promise<ModelListResult> {
  const found = new Map<string, FetchedModel>();
  let query: string | null = "";
  for (let page = 0; page < maxPages && query !== null; page += 1) {
    const target = query === "" ? call.target : `${call.target}${call.target.includes("?") ? "&" : "?"}${query}`;
    const answer = await ask(deps, {
      ...call,
      provider,
      credential,
      method: call.body === undefined ? "GET" : "POST",
      target,
      signal,
    });
    if (!answer.ok) return answer;
    const read = readModelList(answer.body);
    if (read === null) {
      const message = `provider ${id} answered with something else than a list of models`;
      return { ok: false, status: answer.status, message };
    }
    for (const model of read.models) found.set(model.name, model);
    query = read.next;
  }
  return { ok: true, models: [...found.values()], cached: false };
}
