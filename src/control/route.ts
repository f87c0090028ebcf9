/** What a control route is: its request, its surroundings, and the two ways it can answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Bus } from "../base/bus.ts";
import type { Controls, CoreStatus } from "../base/controls.ts";
import type { EngineVerbs } from "../base/controls-engine.ts";
import type { StampedEvent } from "../base/events.ts";
import type { Clock } from "../base/clock.ts";
import type { CompiledFilter } from "../base/filter/index.ts";
import type { Redactor } from "../base/redact.ts";
import type { FlowLog } from "./flow-log.ts";

export interface ControlServerDeps {
  /** A unix socket path or the name of a Windows pipe. */
  readonly socketPath: string;
  readonly controls: Controls;
  readonly verbs: EngineVerbs;
  readonly flowLog: FlowLog;
  readonly events: Bus<StampedEvent>;
  readonly redactor: Redactor;
  /** Default: the system's. */
  readonly clock?: Clock;
  /**
   * For a core that was started for its users and not for itself: called when the last of them has let go
   * (`GET /api/lease`), or when none came at all. Absent: the core runs until it is stopped.
   */
  readonly onUnused?: () => void;
}

/** The readers of the live stream. */
export interface EventHub {
  /** With a filter: flows that do not fit are left out, of the hello as well. */
  attach(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    status: CoreStatus,
    filter?: CompiledFilter | null,
  ): typeof answered;
  close(): void;
}

/** The processes that lean on this core. */
export interface Leases {
  grant(outgoing: ServerResponse): void;
  close(): void;
}

/** What a route gets besides its request. */
export interface ControlContext extends ControlServerDeps {
  readonly eventHub: EventHub;
  readonly leases: Leases;
  readonly status: () => CoreStatus;
  readonly clock: Clock;
}

interface ControlRequest {
  readonly url: URL;
  /** Path segments that the route's `:name` parts stood for. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The parsed JSON body; undefined without one. */
  readonly body: unknown;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** Answers with a value (sent as JSON), or writes to `outgoing` itself and returns `answered`. */
export type ControlRoute = (request: ControlRequest, context: ControlContext) => unknown;
export type ControlRoutes = Readonly<Record<string, ControlRoute>>;

export const answered = Symbol("answered");

/** A refusal with its status, told to the caller as `{error: {code, message}}`. */
export class ControlRefusal extends Error {
  readonly status: number;
  readonly code: string;
  /** More than words, for scripts and screens: where in a filter the mistake is. Nothing of what was asked. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(status: number, code: string, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = "ControlRefusal";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
