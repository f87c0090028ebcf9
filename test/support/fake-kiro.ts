/**
 * Kiro's service on loopback: asks at each of its addresses to be asked as the real one there does, refuses what that
 * refuses, and streams frames of its own making (not our codec's), cut where no frame ends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import { isRecord } from "../../src/base/json.ts";
import { kiroRefusal } from "./fake-kiro-rules.ts";
import { parsedOr } from "./provider-turn.ts";

/** A frame, a silence, or something that is waited for. */
export type KiroStep = Uint8Array | { readonly silentMs: number } | Promise<void>;

export type KiroTurn =
  | { readonly type: "stream"; readonly steps: readonly KiroStep[]; readonly ending?: "cut" }
  | {
      readonly type: "error";
      readonly status: number;
      readonly body: object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A load balancer's page, with this status. */
  | { readonly type: "page"; readonly status: number };

export interface KiroAsked {
  readonly host: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: number;
  /** Which rule was broken; null: none. */
  readonly rule: string | null;
}

export interface FakeKiro {
  readonly url: string;
  readonly port: number;
  /** Calls of a model, oldest first. */
  readonly asked: readonly KiroAsked[];
  answerWith(turn: KiroTurn | ((asked: KiroAsked, nth: number) => KiroTurn)): void;
  close(): Promise<void>;
}

export interface FakeKiroOptions {
  /** Default: everybody. */
  readonly isGood?: (token: string) => boolean;
}

/** A frame as the service writes it: three texts of headers, then JSON. */
export function kiroEvent(name: string, payload: unknown, contentType = "application/json"): Buffer {
  const headers = { ":event-type": name, ":content-type": contentType, ":message-type": "event" };
  return frame(headers, Buffer.from(JSON.stringify(payload)));
}

export function kiroException(name: string, payload: unknown): Buffer {
  const headers = { ":exception-type": name, ":content-type": "application/json", ":message-type": "exception" };
  return frame(headers, Buffer.from(JSON.stringify(payload)));
}

export const kiroText = (content: string, modelId = "claude-sonnet-4.6"): Buffer =>
  kiroEvent("assistantResponseEvent", { content, modelId });

/** A call as the service streams it, in pieces of a few characters. */
export function kiroCall(toolUseId: string, name: string, input: unknown): readonly Buffer[] {
  const pieces = JSON.stringify(input).match(/[\s\S]{1,7}/g) ?? [];
  return [
    kiroEvent("toolUseEvent", { name, toolUseId }),
    ...pieces.map((piece) => kiroEvent("toolUseEvent", { input: piece, name, toolUseId })),
    kiroEvent("toolUseEvent", { name, toolUseId, stop: true }),
  ];
}

/** Everything that follows an answer. */
export const kiroEnd = (stopReason = "END_TURN"): readonly Buffer[] => [
  kiroEvent("metadataEvent", {
    stopReason,
    tokenUsage: { uncachedInputTokens: 40, cacheReadInputTokens: 2, outputTokens: 7, totalTokens: 49 },
  }),
  kiroEvent("contextUsageEvent", { contextUsagePercentage: 2.5 }),
  kiroEvent("meteringEvent", { unit: "credit", unitPlural: "credits", usage: 0.0123 }),
];

export const kiroHello: KiroTurn = {
  type: "stream",
  steps: [kiroText("Hello from "), kiroText("the fake provider."), ...kiroEnd()],
};

function frame(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const block = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const text = Buffer.from(value);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(text.length);
      return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, text]);
    }),
  );
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(block.length + payload.length + 16, 0);
  prelude.writeUInt32BE(block.length, 4);
  const body = Buffer.concat([prelude, checksum(prelude), block, payload]);
  return Buffer.concat([body, checksum(body)]);
}

function checksum(bytes: Buffer): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32(bytes));
  return out;
}

export async function startFakeKiro({ isGood = () => true }: FakeKiroOptions = {}): Promise<FakeKiro> {
  const asked: KiroAsked[] = [];
  let next: (asked: KiroAsked, nth: number) => KiroTurn = () => kiroHello;

  async function serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage without encoding yields Buffers
    const body = parsedOr(Buffer.concat(chunks).toString("utf8"), null);
    const { headers } = request;
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (request.method === "GET") {
      if (!isGood(token)) return refuse(reply, 403, invalidToken);
      return path === "/listAvailableModels"
        ? answer(reply, { models: [{ modelId: "claude-sonnet-4.6", tokenLimits: { maxInputTokens: 1_000_000 } }] })
        : refuse(reply, 404, { message: "no such path" });
    }
    const host = headers.host ?? "";
    const refusal: Refusal | null = isGood(token)
      ? (misplaced(host, path, headers, token) ?? improper(body))
      : [403, invalidToken];
    const nth = asked.filter(({ status }) => status < 400).length;
    const call: KiroAsked = {
      host,
      path,
      headers,
      body: isRecord(body) ? body : {},
      rule: kiroRefusal(body)?.rule ?? null,
      get status() {
        return reply.headersSent ? reply.statusCode : 0;
      },
    };
    asked.push(call);
    if (refusal !== null) return refuse(reply, ...refusal);
    const turn = next(call, nth);
    if (turn.type === "error") return refuse(reply, turn.status, turn.body, turn.headers);
    if (turn.type === "page") {
      reply.writeHead(turn.status, { "content-type": "text/html" }).end("<html><body>502 Bad Gateway</body></html>");
      return;
    }
    reply.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "fake" });
    const opening =
      path === "/" ? [kiroEvent("initial-response", { conversationId: "c" }, "application/x-amz-json-1.0")] : [];
    await stream(reply, [...opening, ...turn.steps]);
    if (turn.ending === "cut") reply.destroy();
    else if (!reply.destroyed) reply.end();
  }

  const server = createServer((request, reply) => {
    serve(request, reply).catch(() => reply.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    answerWith(turn) {
      next = typeof turn === "function" ? turn : () => turn;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Refusal = readonly [status: number, body: object];

const invalidToken = { message: "The bearer token included in the request is invalid.", reason: null };

/** Each address wants to be asked in its own way; another way is answered as the real one does. */
function misplaced(host: string, path: string, headers: IncomingMessage["headers"], token: string): Refusal | null {
  const target = headers["x-amz-target"];
  const type = headers["content-type"];
  const isKey = token.startsWith("ksk_");
  if ((headers["tokentype"] === "API_KEY") !== isKey) return [403, invalidToken];
  const unknown: Refusal = [404, { __type: "com.amazon.coral.service#UnknownOperationException" }];
  const awsJson = path === "/" && type === "application/x-amz-json-1.0";
  const rest = path === "/generateAssistantResponse" && type === "application/json";
  if (host.startsWith("runtime.")) {
    if (isKey) return [403, { message: "not here" }];
    if (rest) return [400, { message: "Improperly formed request.", reason: "REQUEST_BODY_INVALID" }];
    return awsJson && target === "KiroRuntimeService.GenerateAssistantResponse" ? null : unknown;
  }
  const streaming = "AmazonCodeWhispererStreamingService.GenerateAssistantResponse";
  if (host.startsWith("codewhisperer.")) return rest && target === streaming ? null : unknown;
  if (host.startsWith("q."))
    return (rest && target === undefined) || (awsJson && target === streaming) ? null : unknown;
  return rest || awsJson ? null : unknown;
}

function improper(body: unknown): Refusal | null {
  const refusal = kiroRefusal(body);
  if (refusal === null) return null;
  const { message, reason } = refusal;
  return [400, { __type: "com.amazon.aws.codewhisperer#ValidationException", message, reason }];
}

function refuse(
  reply: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  reply.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function answer(reply: ServerResponse, body: object): void {
  reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function stream(reply: ServerResponse, steps: readonly KiroStep[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (reply.destroyed) return;
    if (!(step instanceof Uint8Array)) {
      await (step instanceof Promise ? step : pause(step.silentMs));
      continue;
    }
    // Inside the prelude, the headers or the payload.
    const cut = [step.length, 6, 40, step.length - 3][index % 4] ?? step.length;
    await written(reply, step.subarray(0, cut));
    await pause(1);
    if (cut < step.length) await written(reply, step.subarray(cut));
  }
}

function written(reply: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    reply.write(bytes, () => resolve());
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
