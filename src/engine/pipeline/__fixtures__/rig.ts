/** The whole engine without sockets: a fake `send` plays a provider's bytes, a tap remembers what the flow was told. */
import type { Exchange } from "../../../base/exchange.ts";
import { passThrough } from "../../../base/exchange.ts";
import type { CapturedHead, ClientId, FlowFact, FlowSide, FlowTap } from "../../../base/flow.ts";
import { headerValue } from "../../../base/headers.ts";
import { bodyOf, type HeaderPairs, type HttpReply, type HttpRequest } from "../../../base/http.ts";
import { isRecord, parseJson } from "../../../base/json.ts";
import { loadConfigText } from "./config.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Config } from "../../config/schema.ts";
import { createEngine, type Engine, type EngineDeps } from "../../index.ts";

interface Sent {
  readonly request: HttpRequest;
  readonly url: string;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export type Play = (sent: Sent, turn: number) => HttpReply | Promise<HttpReply>;

export interface Answer {
  readonly passed: boolean;
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly text: string;
  /** What the body threw after its last byte, if it did. */
  readonly broken: unknown;
}

export interface Asked {
  readonly method?: string;
  readonly host?: string;
  readonly target?: string;
  readonly client?: ClientId;
  readonly headers?: HeaderPairs;
  readonly body?: unknown;
  readonly raw?: AsyncIterable<Uint8Array> | Uint8Array;
  readonly authorized?: boolean;
  readonly protocol?: Exchange["protocol"];
  readonly signal?: AbortSignal;
  /** A call to the port itself. */
  readonly gateway?: Exchange["gateway"];
}

export interface Rig {
  readonly engine: Engine;
  readonly sent: Sent[];
  readonly facts: FlowFact[];
  readonly heads: [FlowSide, CapturedHead][];
  readonly chunks: [FlowSide, Uint8Array][];
  /** What one exchange's flow was told: heads and facts, then bodies, as one text. The first exchange is `flow-1`. */
  toldTo(flow: string): string;
  /** Timers that have neither fired nor been called off. */
  timers(): number;
  /** Fires the timers that are due after this many more ms. */
  pass(ms: number): void;
  open(asked: Asked): Promise<HttpReply | typeof passThrough>;
  ask(asked: Asked): Promise<Answer>;
  /** Texts of the why steps of one stage. */
  why(stage?: string): readonly string[];
  fact<T extends FlowFact["type"]>(type: T): Extract<FlowFact, { readonly type: T }>[];
}

/** @param more what a core gives an engine besides, made with the rig's own clock */
export function createRig(
  yaml: string,
  play: Play,
  more: (given: { readonly config: Config; readonly clock: Clock }) => Partial<EngineDeps> = () => ({}),
): Rig {
  const config = loadConfigText(yaml);
  const sent: Sent[] = [];
  const facts: FlowFact[] = [];
  const heads: [FlowSide, CapturedHead][] = [];
  const chunks: [FlowSide, Uint8Array][] = [];
  const told = new Map<string, { readonly said: unknown[]; readonly bodies: Uint8Array[] }>();
  let exchanges = 0;
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let drawn = 0;
  const clock: Clock = { now: () => 1_700_000_000_000 + now, monotonic: () => now };
  const engine = createEngine({
    ...more({ config, clock }),
    config: () => config,
    // No chance in tests: the same calls get the same ids.
    random: { bytes: (count) => Buffer.alloc(count, (drawn += 1)) },
    clock,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async send(request) {
      const text = Buffer.concat(await gather(request.body)).toString();
      const parsed = parseJson(text);
      const one: Sent = {
        request,
        url: `${request.scheme}://${headerValue(request.headers, "host") ?? ""}${request.target}`,
        text,
        // What goes to a provider of a binary dialect is none.
        json: parsed.ok && isRecord(parsed.value) ? parsed.value : {},
      };
      sent.push(one);
      return play(one, sent.length);
    },
  });
  const open = (asked: Asked): Promise<HttpReply | typeof passThrough> =>
    asked.gateway === undefined ? engine.handle(exchangeFor(asked)) : engine.gateway(exchangeFor(asked));
  const tapFor = (id: string): FlowTap => {
    const said: unknown[] = [];
    const bodies: Uint8Array[] = [];
    told.set(id, { said, bodies });
    return {
      id,
      head(side, head) {
        heads.push([side, head]);
        said.push(head);
      },
      chunk(side, bytes) {
        chunks.push([side, bytes]);
        bodies.push(bytes);
      },
      tell(fact) {
        facts.push(fact);
        said.push(fact);
      },
    };
  };
  const exchangeFor = (asked: Asked): Exchange => ({
    method: asked.method ?? "POST",
    scheme: "https",
    host: asked.host ?? "api.anthropic.com",
    port: 443,
    target: asked.target ?? "/v1/messages",
    headers: asked.headers ?? [
      ["content-type", "application/json"],
      ["x-api-key", "sk-client-own-key"],
      ["anthropic-version", "2023-06-01"],
    ],
    client: asked.client ?? "claude-code",
    protocol: asked.protocol ?? "http/1.1",
    authorized: asked.authorized ?? true,
    body: bodyFor(asked),
    signal: asked.signal ?? new AbortController().signal,
    ...(asked.gateway === undefined ? {} : { gateway: asked.gateway }),
    tap: tapFor(`flow-${(exchanges += 1)}`),
  });
  return {
    engine,
    sent,
    facts,
    heads,
    chunks,
    toldTo(flow) {
      const { said, bodies } = told.get(flow) ?? { said: [], bodies: [] };
      return [...said.map((one) => JSON.stringify(one)), Buffer.concat(bodies).toString()].join("\n");
    },
    timers: () => timers.size,
    open,
    async ask(asked) {
      const reply = await open(asked);
      if (reply === passThrough) return { passed: true, status: 0, headers: [], text: "", broken: null };
      const got: Uint8Array[] = [];
      let broken: unknown = null;
      try {
        for await (const chunk of reply.body) got.push(chunk);
      } catch (error) {
        broken = error;
      }
      return {
        passed: false,
        status: reply.status,
        headers: reply.headers,
        text: Buffer.concat(got).toString(),
        broken,
      };
    },
    pass(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.at <= now) {
          timers.delete(timer);
          timer.run();
        }
      }
    },
    why: (stage) =>
      facts.flatMap((fact) =>
        fact.type === "why" && (stage === undefined || fact.step.stage === stage) ? [fact.step.text] : [],
      ),
    fact: <T extends FlowFact["type"]>(type: T) =>
      facts.filter((fact): fact is Extract<FlowFact, { readonly type: T }> => fact.type === type),
  };
}

function bodyFor(asked: Asked): AsyncIterable<Uint8Array> {
  if (asked.raw instanceof Uint8Array) return bodyOf(asked.raw);
  return asked.raw ?? bodyOf(JSON.stringify(asked.body ?? {}));
}

export async function gather(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

/** A stream that comes in pieces of `size` bytes; `cut` is thrown instead of its end. */
export function streamed(text: string, options: { size?: number; cut?: Error; headers?: HeaderPairs } = {}): HttpReply {
  const bytes = Buffer.from(text);
  return {
    status: 200,
    headers: options.headers ?? [["content-type", "text/event-stream"]],
    body: (async function* () {
      const size = options.size ?? bytes.length;
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      if (options.cut !== undefined) throw options.cut;
    })(),
  };
}

export function json(status: number, value: unknown, headers: HeaderPairs = []): HttpReply {
  return {
    status,
    headers: [["content-type", "application/json"], ...headers],
    body: bodyOf(typeof value === "string" ? value : JSON.stringify(value)),
  };
}
