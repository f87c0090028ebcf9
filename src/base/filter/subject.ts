/** What a filter reads of a flow. The log's records, the published JSON and the screen's views all have this shape. */
import type { FlowAction, FlowState, Usage } from "../flow.ts";
import type { NumberKey, TextKey } from "./keys.ts";

export interface FilterFlow {
  readonly id: string;
  /** Its number on the screen. */
  readonly number?: number;
  /** ms since the epoch, or ISO 8601. */
  readonly startedAt: number | string;
  readonly client: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number | null;
  readonly state: FlowState;
  readonly action: FlowAction;
  readonly formats: { readonly client: string | null; readonly upstream: string | null };
  readonly model: { readonly asked: string | null; readonly served: string | null };
  readonly provider: string | null;
  readonly account: string | null;
  readonly combo?: string | null;
  readonly session?: string | null;
  readonly attempts: readonly FilterAttempt[];
  readonly why: readonly { readonly stage: string; readonly text: string }[];
  readonly usage: Usage | null;
  readonly costUsd?: number | null;
  readonly timings: {
    readonly ttfbMs: number | null;
    readonly firstTokenMs: number | null;
    readonly totalMs: number | null;
  };
  readonly losses: readonly string[];
  readonly error?: string | null;
  /** A row of the screen that is no flow: a client that would not take our certificate. */
  readonly refusal?: { readonly message: string } | null;
}

interface FilterAttempt {
  readonly provider: string;
  readonly account: string | null;
  readonly model: string | null;
  readonly status: number | null;
  readonly error?: string | null;
}

type Texts = readonly (string | null | undefined)[];

/** The texts behind each key; any of them may fit. */
export const textsOf: Readonly<Record<TextKey, (flow: FilterFlow) => Texts>> = {
  client: ({ client }) => [client],
  host: ({ host }) => [host],
  path: ({ path }) => [path],
  url: ({ host, path }) => [host + path],
  method: ({ method }) => [method],
  proto: ({ protocol }) => [protocol],
  model: ({ model }) => [model.asked, model.served],
  up: ({ model, attempts }) => [model.served, ...attempts.map((attempt) => attempt.model)],
  hub: ({ formats }) => [formats.client, formats.upstream],
  acct: (flow) => [accountText(flow), ...flow.attempts.map(accountText)],
  prov: ({ provider, attempts }) => [provider, ...attempts.map((attempt) => attempt.provider)],
  combo: ({ combo }) => [combo],
  session: ({ session }) => [session],
  id: ({ id }) => [id],
  loss: ({ losses }) => losses,
  error: errorTexts,
  why: ({ why }) => why.map(({ stage, text }) => `${stage}: ${text}`),
  text: (flow) => [
    flow.number === undefined ? null : `#${flow.number}`,
    flow.id,
    flow.client,
    flow.method,
    flow.host + flow.path,
    flow.model.asked,
    flow.model.served,
    flow.provider,
    accountText(flow),
    ...flow.attempts.flatMap((attempt) => [accountText(attempt), attempt.model]),
    flow.combo,
    flow.session,
    flow.action,
    flow.state,
    flow.status === null ? null : String(flow.status),
    flow.formats.client,
    flow.formats.upstream,
    ...errorTexts(flow),
    ...flow.losses,
  ],
};

/** As people write it: the provider says whose account it is. */
function accountText({ provider, account }: { provider: string | null; account: string | null }): string | null {
  return account === null ? null : `${provider ?? ""}/${account}`;
}

function errorTexts({ error, attempts, refusal }: FilterFlow): Texts {
  return [
    error,
    ...attempts.map((attempt) => attempt.error),
    refusal === undefined || refusal === null ? null : `tls! ${refusal.message}`,
  ];
}

/** The figure behind each key; null: there is none, and no comparison fits. */
export const figureOf: Readonly<Record<NumberKey, (flow: FilterFlow, now: number) => number | null>> = {
  status: ({ status }) => status,
  tok: ({ usage }) => (usage === null ? null : usage.input + usage.output),
  in: ({ usage }) => usage?.input ?? null,
  out: ({ usage }) => usage?.output ?? null,
  cost: ({ costUsd }) => costUsd ?? null,
  dur: (flow, now) => flow.timings.totalMs ?? (isLive(flow) ? now - startOf(flow) : null),
  ttft: ({ timings }) => timings.firstTokenMs ?? timings.ttfbMs,
  age: (flow, now) => now - startOf(flow),
  try: ({ attempts }) => attempts.length,
};

/** These change while nothing happens to the flow. */
export const clockKeys: ReadonlySet<NumberKey> = new Set(["dur", "age"]);

export function isLive({ state }: FilterFlow): boolean {
  return state === "open" || state === "streaming";
}

function startOf({ startedAt }: FilterFlow): number {
  return typeof startedAt === "number" ? startedAt : Date.parse(startedAt);
}
