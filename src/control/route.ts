/**
 * What a route is: one value that has its documentation, what it takes, what it answers, and the function that does it.
 * The server checks a request against what the route says it takes before the function sees it; `openapi.ts` makes the
 * published document of the same values.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type * as v from "valibot";
import type { Bus } from "../base/bus.ts";
import type { Controls, CoreStatus } from "../base/controls.ts";
import type { EngineVerbs } from "../base/controls-engine.ts";
import type { StampedEvent } from "../base/events.ts";
import type { Clock } from "../base/clock.ts";
import type { CompiledFilter } from "../base/filter/index.ts";
import type { Redactor } from "../base/redact.ts";
import type { Replays } from "../base/replay.ts";
import type { FlowLog } from "./flow-log.ts";
import type { RefusalArguments, RefusalCode } from "./refusal-codes.ts";
import type { Plain } from "./schemas/shape.ts";
import type { LoginPages } from "./login-page/pages.ts";

export interface ControlServerDeps {
  /** A unix socket path or the name of a Windows pipe. */
  readonly socketPath: string;
  readonly controls: Controls;
  readonly verbs: EngineVerbs;
  readonly flowLog: FlowLog;
  readonly replays: Replays;
  readonly events: Bus<StampedEvent>;
  readonly redactor: Redactor;
  readonly loginPages: LoginPages;
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

/** What routes get besides their request that are served on the port, too. */
export interface SharedContext {
  readonly verbs: EngineVerbs;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly [field: string]: unknown;
}

export interface PortContext extends SharedContext {
  readonly metricsText: Controls["metricsText"];
  readonly document: () => Promise<OpenApiDocument>;
}

/** What a route gets besides its request. */
export interface ControlContext extends ControlServerDeps, PortContext {
  readonly eventHub: EventHub;
  readonly leases: Leases;
  readonly status: () => CoreStatus;
  readonly clock: Clock;
}

/** In the order in which the document has them. */
export const tags = {
  core: "The core itself.",
  flows: "The calls that went by.",
  rules: "The routing rules.",
  accounts: "API keys and logins, their limits and what they used.",
  logins: "Logins under way.",
  providers: "Providers: what they are, what they can do, how they did.",
  models: "Models and the names that stand for them.",
  settings: "Settings that scripts may change.",
  calls: "Model calls, in the dialect of their address.",
} as const;

/** `socket`: the control socket. `port`: the port, with the client key. `port-open`: the port, without a key. */
export type Surface = "socket" | "port" | "port-open";

type Schema = v.GenericSchema;
type Fields = Readonly<Record<string, Schema>>;
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no parameters are an object without fields
type NoFields = Readonly<Record<never, Schema>>;

/** Server-sent events: what each of them holds. */
export interface EventReply {
  readonly kind: "events";
  readonly events: Fields;
}

export interface TextReply {
  readonly kind: "text";
  readonly about: string;
}

/** JSON, or text where the question asks for it. */
export interface EitherReply<Json extends Schema = Schema> {
  readonly kind: "either";
  readonly json: Json;
  readonly text: string;
}

export type Reply = Schema | EventReply | TextReply | EitherReply;

export interface RouteDoc<
  Names extends string = string,
  Query extends Fields = Fields,
  Body extends Schema = Schema,
  Replied extends Reply = Reply,
> {
  readonly tag: keyof typeof tags;
  /** One line. */
  readonly summary: string;
  /** What one has to know besides. */
  readonly description?: string;
  /** What each `:name` or `*name` of its path is. */
  readonly parameters?: Readonly<Record<Names, string>>;
  readonly query?: Query;
  /** An optional schema: the body may be left out. Absent: it takes none. */
  readonly body?: Body;
  readonly reply: Replied;
  /** What it says no with, besides what every request can meet (`commonRefusals` of openapi.ts). */
  readonly refusals?: readonly RefusalCode[];
  /** False: whoever asks twice has changed nothing. */
  readonly changes: boolean;
  /** Other spellings of its path that are served, too. */
  readonly alsoAt?: readonly string[];
}

interface Question<Names extends string, Query extends Fields, Body extends Schema> {
  readonly url: URL;
  /** Path segments that the route's `:name` parts stood for. */
  readonly parameters: Readonly<Record<Names, string>>;
  readonly query: Plain<v.InferOutput<v.StrictObjectSchema<Query, undefined>>>;
  readonly body: Plain<v.InferOutput<Body>>;
}

interface SocketQuestion<Names extends string, Query extends Fields, Body extends Schema>
  extends Question<Names, Query, Body> {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

type Answer<Replied extends Reply> = Replied extends Schema
  ? Plain<v.InferInput<Replied>>
  : Replied extends EitherReply<infer Json>
    ? Plain<v.InferInput<Json>> | typeof answered
    : Replied extends TextReply
      ? string | typeof answered
      : typeof answered;

/** Answers with a value (sent as JSON), or writes to `outgoing` itself and returns `answered`. */
interface Described<Asked, Context, Replied extends Reply, Route> {
  handle(answer: (question: Asked, context: Context) => Answer<Replied> | Promise<Answer<Replied>>): Route;
}

/** A question as the server has checked it; each route knows its own more exactly. */
interface CheckedQuestion {
  readonly url: URL;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
}

interface CheckedSocketQuestion extends CheckedQuestion {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

export interface ControlRoute extends RouteDoc {
  readonly surfaces: readonly Surface[];
  readonly handle: (question: CheckedSocketQuestion, context: ControlContext) => unknown;
}

export interface PortRoute extends RouteDoc {
  readonly surfaces: readonly Surface[];
  readonly handle: (question: CheckedQuestion, context: PortContext) => unknown;
}

export type ControlRoutes = Readonly<Record<string, ControlRoute>>;
export type PortRoutes = Readonly<Record<string, PortRoute>>;

/** Served on the control socket. The documentation comes first: what it takes and answers types the function. */
export function socketRoute<
  const Names extends string = never,
  Query extends Fields = NoFields,
  Body extends Schema = v.UndefinedSchema<undefined>,
  Replied extends Reply = Reply,
>(
  doc: RouteDoc<Names, Query, Body, Replied>,
): Described<SocketQuestion<Names, Query, Body>, ControlContext, Replied, ControlRoute> {
  // The server checks every question against this very value, so the function gets what it was typed for.
  return { handle: (handle) => ({ ...doc, surfaces: ["socket"], handle }) as unknown as ControlRoute };
}

/** Served on the control socket and, with the client key, on the port. */
export function sharedRoute<
  const Names extends string = never,
  Query extends Fields = NoFields,
  Body extends Schema = v.UndefinedSchema<undefined>,
  Replied extends Reply = Reply,
>(
  doc: RouteDoc<Names, Query, Body, Replied>,
): Described<Question<Names, Query, Body>, SharedContext, Replied, ControlRoute & PortRoute> {
  const surfaces: readonly Surface[] = ["socket", "port"];
  return { handle: (handle) => ({ ...doc, surfaces, handle }) as unknown as ControlRoute & PortRoute }; // as above
}

/** Served on the port only, with the client key; `port-open`: to everybody. */
export function portRoute<
  const Names extends string = never,
  Query extends Fields = NoFields,
  Body extends Schema = v.UndefinedSchema<undefined>,
  Replied extends Reply = Reply,
>(
  surface: "port" | "port-open",
  doc: RouteDoc<Names, Query, Body, Replied>,
): Described<Question<Names, Query, Body>, PortContext, Replied, PortRoute> {
  return { handle: (handle) => ({ ...doc, surfaces: [surface], handle }) as unknown as PortRoute }; // as above
}

export const answered = Symbol("answered");

/** A refusal with its status, told to the caller as `{error: {code, message}}`, and `field` and `next` where there are such. */
export class ControlRefusal extends Error {
  readonly status: RefusalArguments[0];
  readonly code: RefusalCode;
  readonly field: string | null;
  /** Where it is the method that is wrong: those that are not. */
  readonly allowed: readonly string[];
  /** A command to type. */
  readonly next: string | null;
  /** More than words, for scripts and screens: where in a filter the mistake is. Nothing of what was asked. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(...[status, code, message, about]: RefusalArguments) {
    super(message);
    this.name = "ControlRefusal";
    this.status = status;
    this.code = code;
    const {
      field = null,
      allowed = [],
      next = null,
      details = {},
    } = typeof about === "string" ? { field: about } : (about ?? {});
    this.field = field;
    this.allowed = allowed;
    this.next = next;
    this.details = details;
  }
}
