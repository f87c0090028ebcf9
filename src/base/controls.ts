/**
 * What a person or a script may see of a running core and ask of it: the verbs (`Controls`, implemented by the core's
 * composition root) and the JSON they travel as over the control socket. Names here are public; instants are ISO 8601.
 */
import type { Attempt, FlowRecord, FlowSide, WhyStep } from "./flow.ts";
import type { HeaderPairs } from "./http.ts";
import type { Secret } from "./secret.ts";

/** Implemented by `src/core.ts`, called by the control server. Synchronous verbs are cheap and never throw. */
export interface Controls {
  /** Everything about the core but what the control server adds: the flow log's counts and its own schema's version. */
  status(): OwnStatus;
  secrets(): CoreSecrets;
  /** The rules in force, in order; the control server adds how often each one matched. */
  routes(): readonly RouteRule[];
  /** Dry run of the rules: sends nothing. */
  explain(question: RouteQuestion): RouteAnswer;
  /** Reads the configuration file again now. An invalid file keeps the old configuration in force. */
  reload(): Promise<ReloadResult>;
  /** New root, intermediate and trust files; the running core uses them at once. Rejects when it cannot be done. */
  rotateCa(): Promise<CaStatus>;
  /** Begins a graceful stop and returns; the control server answers its caller first. */
  stop(): void;
  metrics(): Promise<MetricsJson>;
  /** The same and the process's own, as Prometheus reads them. */
  metricsText(): Promise<string>;
}

/** What the core did since it started, and how it is now. Counts only grow; accounts are not named. */
export interface MetricsJson {
  readonly since: string;
  readonly requests: readonly {
    readonly action: string;
    readonly provider: string;
    /** `error`: answered with one; `failed`, `truncated`: not answered, or not to the end. */
    readonly outcome: "ok" | "error" | "failed" | "truncated";
    readonly count: number;
  }[];
  readonly attempts: readonly {
    readonly provider: string;
    readonly outcome: "ok" | "failed";
    readonly count: number;
  }[];
  readonly failures: readonly { readonly provider: string; readonly kind: string; readonly count: number }[];
  /** By model; those that came after very many are `other`. */
  readonly usage: readonly {
    readonly provider: string;
    readonly model: string;
    readonly calls: number;
    /** Includes what was read from a cache or written to one. */
    readonly input: number;
    /** Includes reasoning. */
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly reasoning: number;
    readonly costUsd: number;
  }[];
  /** Of calls that succeeded. */
  readonly durations: readonly LatencyJson[];
  readonly firstTokens: readonly LatencyJson[];
  readonly accounts: readonly { readonly provider: string; readonly state: string; readonly count: number }[];
  readonly cooldowns: readonly {
    readonly provider: string;
    readonly scope: "account" | "model";
    readonly count: number;
  }[];
  readonly flows: FlowCounts;
  readonly usageLinesDropped: number;
  readonly process: {
    readonly residentBytes: number;
    readonly heapUsedBytes: number;
    readonly cpuSeconds: number;
    readonly uptimeSeconds: number;
    readonly eventLoopLagSeconds: number;
  };
}

export interface LatencyJson {
  readonly action: string;
  readonly provider: string;
  readonly count: number;
  readonly sumSeconds: number;
  /** How many took at most `le` seconds; `count` is all of them. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

/** What the core knows of itself. */
export type OwnStatus = Omit<CoreStatus, "counts" | "schemaVersion">;

export interface CoreStatus {
  readonly running: true;
  readonly pid: number;
  readonly port: number;
  readonly host: string;
  readonly url: string;
  readonly version: string;
  /** Of the published JSON: of this API and of the commands' `--json`. */
  readonly schemaVersion: number;
  readonly startedAt: string;
  readonly ca: CaStatus;
  readonly config: ConfigStatus;
  readonly counts: FlowCounts;
  readonly proxyAuth: "reroute" | "always" | "off";
  /** Warnings and errors since the start that are not about one flow, oldest first; only the newest are kept. */
  readonly notices: readonly CoreNotice[];
}

export interface CoreNotice {
  readonly at: string;
  readonly level: "warn" | "error";
  /** Which part of the core speaks: `state`, `oauth`, `trust` … */
  readonly area: string;
  /** Secrets are masked. */
  readonly text: string;
}

export interface CaStatus {
  /** SHA-256 of the root, upper-case hex pairs with colons. */
  readonly fingerprint: string;
  readonly expiresAt: string;
  /** The DNS names the root may speak for. */
  readonly scope: readonly string[];
  /** The root certificate's file. */
  readonly path: string;
}

export interface ConfigStatus {
  readonly path: string;
  readonly exists: boolean;
  /** Why the file on disk is not in force; null when it is (or there is none). */
  readonly error: string | null;
  readonly warnings: readonly string[];
  readonly routes: number;
}

export interface FlowCounts {
  /** Flows in the log now. */
  readonly flows: number;
  /** Of these, not ended yet. */
  readonly live: number;
  /** Of these, tunnels that were never decrypted. */
  readonly tunnels: number;
  /** Flows that had to leave the log since the start, because it is bounded. */
  readonly dropped: number;
}

export interface CoreSecrets {
  /** Proves to the proxy that the caller may use stored credentials. */
  readonly proxyToken: Secret;
  /** Opens the gateway endpoints. */
  readonly clientKey: Secret;
  /** Opens the control API on the port, where `listen.control_api` is on. */
  readonly adminToken: Secret;
}

interface RouteRule {
  /** 1-based, in file order. */
  readonly number: number;
  readonly match: { readonly client?: string; readonly host?: string; readonly path?: string; readonly model?: string };
  readonly to: string;
  readonly fallback: "error" | "passthrough";
  /** Switched off it keeps its place, and matches nothing. */
  readonly enabled: boolean;
}

export interface RouteRow extends RouteRule {
  /** How many flows this rule decided since it was loaded. */
  readonly hits: number;
}

export interface RouteQuestion {
  readonly client: string;
  /** Null: a call to Switchyard's own port. */
  readonly host: string | null;
  readonly model: string;
  /** Default: the path that the host's own dialect uses. */
  readonly path?: string;
}

export interface RouteAnswer {
  /** `refuse`: of a call to Switchyard's own port, when nobody serves what it asks for. */
  readonly action: "passthrough" | "reroute" | "block" | "refuse";
  /** 1-based number of the rule, null when none matched. */
  readonly rule: number | null;
  readonly to: string | null;
  readonly targets: readonly {
    readonly provider: string;
    readonly model: string;
    readonly account: string | null;
    readonly format: string;
  }[];
  readonly why: readonly WhyStep[];
}

export type ReloadResult = ConfigStatus;

/** A flow as published: `FlowRecord` with instants in ISO 8601. */
export interface FlowJson extends Omit<FlowRecord, "startedAt" | "endedAt" | "attempts"> {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly attempts: readonly AttemptJson[];
}

export interface AttemptJson extends Omit<Attempt, "startedAt" | "endedAt"> {
  readonly startedAt: string;
  readonly endedAt: string | null;
}

export interface FlowDetailJson extends FlowJson {
  /** Only the sides that were seen. */
  readonly sides: { readonly [Side in FlowSide]?: SideJson };
}

export interface SideJson {
  readonly line: string;
  /** Sensitive values are masked. */
  readonly headers: HeaderPairs;
  readonly body: BodyJson;
  /** When the body's pieces passed: ms since the flow began, and their bytes (as `captured` counts them). */
  readonly timeline: readonly (readonly [atMs: number, bytes: number])[];
}

export interface DecodedBodyJson {
  /** `events`: server-sent events, one for each frame; `json`: one document. */
  readonly as: "events" | "json";
  readonly text: string;
  /** Of events: where each of them ended in the bytes. */
  readonly ends: readonly number[];
}

export interface BodyJson {
  /** Bytes that passed, content-encoding included. */
  readonly bytes: number;
  /** Of these, bytes that the log kept. */
  readonly captured: number;
  /** True when `text` or `base64` is not the whole body, for whatever reason. */
  readonly truncated: boolean;
  readonly contentType: string | null;
  /** The content-encoding that was undone for this view. */
  readonly encoding: string | null;
  /** Decoded text with secrets masked; absent for binary bodies. It came off the wire: `safeText` before a terminal. */
  readonly text?: string;
  /** Decoded binary body. */
  readonly base64?: string;
  /** A binary body whose framing is known, as text: what is in it, secrets masked. It came off the wire as `text` does. */
  readonly decoded?: DecodedBodyJson;
  readonly decodeError?: string;
}
