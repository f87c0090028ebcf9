/**
 * A client of Kiro's service as the AWS SDK v3 makes one: Smithy's HTTP handler and event stream marshaller, and an
 * accumulator that believes no more than Kiro's own clients do: what would confuse them is an error here.
 */
import { Agent } from "node:https";
import type { Readable } from "node:stream";
import { EventStreamMarshaller } from "@smithy/eventstream-serde-node";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpRequest } from "@smithy/protocol-http";
import { field } from "./provider-turn.ts";
import { tlsThrough, type Through } from "./proxy-clients.ts";

/** `path`: `/generateAssistantResponse`. `target`: `POST /`, named by `x-amz-target`, as clients do since 2026. */
export type KiroForm = "path" | "target";

export interface KiroCall {
  /** `https://q.us-east-1.amazonaws.com`, or a loopback address. */
  readonly origin: string;
  readonly form: KiroForm;
  readonly body: unknown;
  /** Sent as they are instead of the body's JSON. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Through this proxy, with CONNECT and TLS. */
  readonly through?: Through;
}

export interface KiroEvent {
  readonly type: string;
  readonly value: unknown;
}

export interface KiroAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** @throws the exception of an exception frame, by its name; an error where a frame is none. */
  events(): AsyncIterable<KiroEvent>;
  /** The body as text, for answers that are no stream. */
  text(): Promise<string>;
  /** Hangs up. */
  abandon(): void;
}

const encode = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("utf8");
const decode = (text: string): Uint8Array => Buffer.from(text, "utf8");
const marshaller = new EventStreamMarshaller({ utf8Encoder: encode, utf8Decoder: decode });

/** As it stands at the end of their names: the machine, hashed. */
export const kiroMachine = "0123456789abcdef".repeat(4);

/** Headers as Kiro's clients send them, with a token that is nobody's. */
const usual = {
  authorization: "Bearer aoaAAAAA-the-clients-own-kiro-token",
  "x-amzn-kiro-agent-mode": "vibe",
  "x-amzn-codewhisperer-optout": "true",
  "amz-sdk-invocation-id": "00000000-0000-4000-8000-000000000009",
  "amz-sdk-request": "attempt=1; max=3",
};
const forms = {
  path: {
    path: "/generateAssistantResponse",
    headers: {
      "content-type": "application/json",
      "user-agent": `aws-sdk-js/1.0.27 ua/2.1 os/linux lang/js api/codewhispererstreaming#1.0.27 m/E KiroIDE-0.2.13-${kiroMachine}`,
    },
  },
  target: {
    path: "/",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "KiroRuntimeService.GenerateAssistantResponse",
      "user-agent": `aws-sdk-js/1.0.0 ua/2.1 os/linux lang/js api/kiroruntime#1.0.0 m/E KiroIDE-1.0.228-${kiroMachine}`,
    },
  },
} as const satisfies Record<KiroForm, object>;

export async function askKiro(call: KiroCall): Promise<KiroAnswer> {
  const { protocol, hostname, host, port } = new URL(call.origin);
  const { through } = call;
  const handler = new NodeHttpHandler(through === undefined ? {} : { httpsAgent: agentThrough(through) });
  const body = Buffer.from(call.bytes ?? JSON.stringify(call.body));
  const { path, headers } = forms[call.form];
  const request = new HttpRequest({
    protocol,
    hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    method: "POST",
    path,
    headers: { host, "content-length": String(body.length), ...headers, ...usual, ...call.headers },
    body,
  });
  const { response } = await handler.handle(request);
  // NodeHttpHandler hands out the IncomingMessage.
  const stream = response.body as Readable;
  return {
    status: response.statusCode,
    headers: response.headers,
    events: () => kiroEvents(stream),
    async text() {
      const chunks: Uint8Array[] = [];
      // A stream without encoding yields Buffers.
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString("utf8");
    },
    abandon: () => void stream.destroy(),
  };
}

/** The events of a body, as the SDK reads them. */
export function kiroEvents(body: Readable): AsyncIterable<KiroEvent> {
  return marshaller.deserialize(body, async (event) => ({ ...eventOf(event) }));
}

type Message = Parameters<Parameters<EventStreamMarshaller["deserialize"]>[1]>[0][string];

function eventOf(event: Readonly<Record<string, Message>>): KiroEvent & { readonly $unknown?: Message } {
  const [[type, message] = []] = Object.entries(event);
  if (type === undefined || message === undefined) throw new Error("an event without a name");
  // No exception is modeled for this stream: the SDK makes an error of it, named as the frame names it.
  if (message.headers[":message-type"]?.value === "exception") return { type, value: null, $unknown: message };
  const wanted = type === "initial-response" ? "application/x-amz-json-1.0" : "application/json";
  const said = message.headers[":content-type"]?.value;
  if (said !== wanted) throw new Error(`${type} is ${String(said)}`);
  return { type, value: JSON.parse(encode(message.body)) as unknown };
}

type Done = (error: Error | null, socket?: unknown) => void;

function agentThrough(through: Through): Agent {
  const agent = new Agent({ keepAlive: false });
  // Node's own agents call back when a connection takes its time; their type knows only the other way.
  const createConnection = ({ host = "" }: { host?: string }, done: Done): void => void tunnel(through, host, done);
  return Object.assign(agent, { createConnection });
}

async function tunnel(through: Through, host: string, done: Done): Promise<void> {
  try {
    done(null, await tlsThrough(through, host, { alpn: ["http/1.1"] }));
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

export interface KiroTurn {
  readonly types: readonly string[];
  readonly conversationId: string | null;
  readonly text: string;
  readonly modelId: string | null;
  readonly reasoning: string;
  readonly signature: string | null;
  readonly redacted: readonly string[];
  readonly calls: readonly { readonly toolUseId: string; readonly name: string; readonly input: unknown }[];
  readonly stopReason: string;
  readonly tokenUsage: unknown;
  readonly contextUsagePercentage: number;
  readonly credits: number;
}

/** @throws what an event says that a client of Kiro's cannot make sense of. */
export async function collectTurn(events: AsyncIterable<KiroEvent>): Promise<KiroTurn> {
  const types: string[] = [];
  const calls = new Map<string, { name: string; input: string; isOver: boolean }>();
  const redacted: string[] = [];
  let [text, reasoning] = ["", ""];
  let signature: string | null = null;
  let modelId: string | null = null;
  let conversationId: string | null = null;
  const ends: { stopReason?: string; tokenUsage?: unknown; percentage?: number; credits?: number } = {};
  for await (const { type, value } of events) {
    types.push(type);
    switch (type) {
      case "initial-response":
        if (types.length > 1) throw new Error("initial-response is not the first event");
        break;
      case "messageMetadataEvent":
        conversationId = textOr(field(value, "conversationId"), conversationId);
        break;
      case "assistantResponseEvent":
        text += filled(type, field(value, "content"));
        modelId = textOr(field(value, "modelId"), modelId);
        break;
      case "reasoningContentEvent":
        if (field(value, "text") !== undefined) reasoning += filled(type, field(value, "text"));
        if (field(value, "signature") !== undefined) signature = filled(type, field(value, "signature"));
        if (field(value, "redactedContent") !== undefined) redacted.push(base64(field(value, "redactedContent")));
        break;
      case "toolUseEvent": {
        const id = filled(type, field(value, "toolUseId"));
        const name = filled(type, field(value, "name"));
        const call = calls.get(id) ?? { name, input: "", isOver: false };
        if (call.isOver) throw new Error(`call ${id} goes on after its end`);
        if (field(value, "input") !== undefined) call.input += filled(type, field(value, "input"));
        call.isOver = field(value, "stop") === true;
        calls.set(id, call);
        break;
      }
      case "metadataEvent":
        ends.stopReason = filled(type, field(value, "stopReason"));
        ends.tokenUsage = field(value, "tokenUsage");
        break;
      case "contextUsageEvent":
        ends.percentage = Number(field(value, "contextUsagePercentage"));
        break;
      case "meteringEvent":
        if (field(value, "unit") !== "credit") throw new Error("metered in no credits");
        ends.credits = Number(field(value, "usage"));
        break;
      case "supplementaryWebLinksEvent":
        break;
      default:
        throw new Error(`an event nobody knows: ${type}`);
    }
  }
  const { stopReason, percentage, credits } = ends;
  if (stopReason === undefined) throw new Error("no stop reason: the IDE sends such a call again");
  for (const [id, { isOver }] of calls) if (!isOver) throw new Error(`call ${id} has no end`);
  return {
    types,
    conversationId,
    text,
    modelId,
    reasoning,
    signature,
    redacted,
    calls: [...calls].map(([toolUseId, { name, input }]) => ({ toolUseId, name, input: JSON.parse(input) as unknown })),
    stopReason,
    tokenUsage: ends.tokenUsage,
    contextUsagePercentage: percentage ?? Number.NaN,
    credits: credits ?? Number.NaN,
  };
}

function textOr<Other>(value: unknown, otherwise: Other): string | Other {
  return typeof value === "string" ? value : otherwise;
}

function filled(type: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Error(`${type} has ${JSON.stringify(value)} for a text`);
  if (/\p{Surrogate}/u.test(value)) throw new Error(`${type} has half a character`);
  return value;
}

function base64(value: unknown): string {
  if (typeof value !== "string" || Buffer.from(value, "base64").toString("base64") !== value) {
    throw new Error("redactedContent is no base64");
  }
  return value;
}

/** A request of the IDE's shape. `asked` are members of the current message, `context` of what goes with it. */
export function kiroRequest(
  asked: Readonly<Record<string, unknown>>,
  context: Readonly<Record<string, unknown>> = {},
  history: readonly unknown[] = [],
): Readonly<Record<string, unknown>> {
  return {
    conversationState: {
      agentTaskType: "vibe",
      chatTriggerType: "MANUAL",
      conversationId: "00000000-0000-4000-8000-000000000001",
      currentMessage: {
        userInputMessage: {
          content: "",
          modelId: "claude-sonnet-4.5",
          origin: "AI_EDITOR",
          ...asked,
          userInputMessageContext: {
            envState: { operatingSystem: "linux", currentWorkingDirectory: "/home/someone/project" },
            ...context,
          },
        },
      },
      history,
    },
    profileArn: "arn:aws:codewhisperer:us-east-1:000000000000:profile/AAAAAAAAAAAA",
  };
}

export function kiroTool(name: string, properties: object): object {
  return {
    toolSpecification: {
      name,
      description: `The tool ${name}`,
      inputSchema: { json: { type: "object", properties, required: Object.keys(properties) } },
    },
  };
}
