/** An embeddings or images call asked of its targets: the walk of walk.ts, as for model calls, without remedies. */
import type { Exchange } from "../../base/exchange.ts";
import type { Needs } from "../accounts/pool.ts";
import type { MediaKind } from "../media/index.ts";
import type { RouteTarget } from "../routing/targets.ts";
import { attemptMedia } from "./media-attempt.ts";
import { outboundFor } from "./outbound.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";
import { walk, type WalkResult } from "./walk.ts";

export interface MediaInput {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly kind: MediaKind;
  /** The client's body, parsed. */
  readonly body: unknown;
  /** Its size. */
  readonly bytes: number;
  readonly targets: readonly RouteTarget[];
  readonly combo: string | null;
}

export function handleMedia(input: MediaInput): Promise<WalkResult> {
  const { tools, view, exchange, kind, body, targets, combo } = input;
  return walk({
    tools,
    view,
    exchange,
    targets,
    needs: needsOf(kind, input.bytes),
    session: null,
    attempt: ({ provider, account, credential, lease, model }) =>
      attemptMedia({
        tools,
        exchange,
        kind,
        body,
        provider,
        account,
        credential,
        lease,
        session: null,
        limits: view.config.limits,
        via: outboundFor(view.config.settings.networkProxy, provider.id, account, combo),
        model,
      }),
  });
}

/** Features are said of conversations; only the input counts here, and of images not even that. */
function needsOf(kind: MediaKind, bytes: number): Needs {
  const inputTokens = kind === "embeddings" ? Math.ceil(bytes / 4) : 0;
  return { streaming: false, functions: false, vision: false, inputTokens, outputTokens: 0 };
}
