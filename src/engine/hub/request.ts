/** A request in the hub. Built by a client side's `readRequest`, written by a provider side's `writeRequest`. */
import type { FormatId } from "./format-id.ts";
import type { HubMessage } from "./message.ts";
import type { HubTool, ToolChoice } from "./tools.ts";

export type ThinkingLevel = "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** How much thinking the client asked for. `level` and `budget` are the client's own words; mapping is the writer's job. */
export type Thinking =
  | { readonly mode: "off" }
  | {
      readonly mode: "level";
      readonly level: ThinkingLevel;
      readonly show?: boolean;
      /** The client set an effort without asking for thinking (Claude's `output_config.effort` alone). */
      readonly effortOnly?: true;
    }
  | { readonly mode: "budget"; readonly tokens: number; readonly show?: boolean }
  | { readonly mode: "dynamic"; readonly level?: ThinkingLevel; readonly show?: boolean };

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json-object" }
  | {
      readonly type: "json-schema";
      readonly name?: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };

export interface HubRequest {
  /** The model as the client named it; a writer is told the upstream's name separately. */
  readonly model: string;
  readonly messages: readonly HubMessage[];
  readonly tools: readonly HubTool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly stream: boolean;
  /** The client asked for a usage frame in its stream (Chat's `stream_options.include_usage`); other formats: true. */
  readonly wantsStreamUsage: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly thinking?: Thinking;
  readonly responseFormat?: ResponseFormat;
  /** A stable, opaque name of the end user, if the client gave one. */
  readonly userId?: string;
  readonly verbosity?: "low" | "medium" | "high";
  /** OpenAI's name for calls that share a prompt prefix. */
  readonly promptCacheKey?: string;
  /** Log probabilities wished for; `top` alternatives per token. */
  readonly logprobs?: { readonly top?: number };
  /** In OpenAI's words: `auto`, `default`, `flex`, `scale`, `priority`. */
  readonly serviceTier?: string;
  /** What only one format understands, keyed by that format, opaque to the others. */
  readonly extras: Readonly<Partial<Record<FormatId, Readonly<Record<string, unknown>>>>>;
}
