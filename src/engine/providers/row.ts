/** What the registry says of a provider before anybody configured it. Data and its shape only. */
import type { AuthType, Features, ModelConfig, ProviderKind, ProviderType } from "../config/schema.ts";

export interface Row {
  readonly type: ProviderType;
  readonly kind: ProviderKind;
  readonly description: string;
  readonly tags: readonly string[];
  readonly endpoint: string;
  readonly moreEndpoints?: readonly string[];
  readonly authType: AuthType;
  readonly features: Features;
  /** Models it is known for; an aggregator serves anything under its own names, so it has none. */
  readonly serves?: readonly string[];
  /** Named by the registry, not by its user: for lists and figures. `serves` says what may be asked for. */
  readonly models?: readonly ModelConfig[];
}

export type Rows = Readonly<Record<string, Row>>;

/** What nearly every Chat server of today does. */
export const chatFeatures = { streaming: true, functions: true } as const satisfies Features;

/** A model of the seed: streams and calls functions, as its provider's row says there. */
export function seedModel(name: string, maxTokens: number): ModelConfig {
  return { name, maxTokens, supportsFunctions: true, supportsStreaming: true };
}
