/** What one attempt tells those who keep figures and the account it was made with: begun, answered, over. */
import type { Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import type { Lease } from "../accounts/pool.ts";
import type { AccountConfig } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { Provider } from "../providers/provider.ts";
import type { Meter } from "./meter.ts";
import type { Tools } from "./tools.ts";

export interface ReportInput {
  readonly tools: Tools;
  readonly exchange: Exchange;
  readonly provider: Provider;
  readonly account: AccountConfig | null;
  readonly lease: Lease;
  readonly session: string | null;
  readonly model: string;
}

export interface AttemptReport {
  replied(reply: HttpReply): void;
  /** The first useful bytes are there: from now on a failure is reported to the account from here. */
  committed(): void;
  /** Once; null: as it should be, or the client has gone. */
  over(error: EngineError | null): void;
}

export function reportOn(input: ReportInput, meter: Meter): AttemptReport {
  const { tools, exchange, provider, account, lease, session, model } = input;
  const { clock, observer } = tools;
  const startedAt = clock.monotonic();
  let ttfbMs: number | null = null;
  let isCommitted = false;
  return {
    replied: ({ headers }) => observer.replied({ provider: provider.id, account, model, headers }),
    committed() {
      isCommitted = true;
      ttfbMs ??= clock.monotonic() - startedAt;
    },
    over(error) {
      const durationMs = clock.monotonic() - startedAt;
      const usage = meter.used();
      observer.attempted({
        provider: provider.id,
        account,
        model,
        error: error?.kind ?? null,
        ttfbMs: ttfbMs ?? (error === null ? durationMs : null),
        durationMs,
        usage,
      });
      if (usage !== null) {
        lease.used(usage);
        const who = { provider: provider.id, account, model: meter.servedModel() ?? model };
        const price = observer.used({
          flow: exchange.tap.id,
          client: exchange.client,
          session,
          ...who,
          usage,
          ok: error === null,
          durationMs,
        });
        if (price !== null) exchange.tap.tell({ type: "cost", usd: price.costUsd });
      }
      if (!isCommitted || error === null) return;
      if (error.kind === "client-gone") lease.released();
      else lease.failed(error);
    },
  };
}
