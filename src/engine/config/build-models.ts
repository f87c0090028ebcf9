/** The `models` list of a provider: those it serves, and those its owner switched off. */
import type { ProviderBlock } from "./file-schema.ts";
import type { ModelConfig } from "./schema.ts";

export interface BuiltModels {
  readonly enabled: readonly ModelConfig[];
  /** Names that are never served, however they are asked for. */
  readonly disabled: readonly string[];
}

export function buildModels(block: ProviderBlock["models"], base: readonly ModelConfig[]): BuiltModels {
  if (block === undefined) return { enabled: base, disabled: [] };
  return {
    enabled: block
      .filter((model) => model.enabled !== false)
      .map((model) => ({
        name: model.name,
        ...(model.max_tokens === undefined ? {} : { maxTokens: model.max_tokens }),
        ...(model.supports_functions === undefined ? {} : { supportsFunctions: model.supports_functions }),
        ...(model.supports_streaming === undefined ? {} : { supportsStreaming: model.supports_streaming }),
        ...(model.alias === undefined ? {} : { alias: model.alias }),
      })),
    disabled: block.filter((model) => model.enabled === false).map(({ name }) => name),
  };
}
