/**
 * Cursor's agent service on loopback: HTTP/2 only, with TLS or with prior knowledge, and as strict as the real one is
 * reported to be. It asks for the client's context and for every blob and says nothing until it is answered, refuses runs
 * without their placeholders, wrong content types and unknown tokens, and ends a run that is half-closed before its time
 * with `internal: No exec result`. Beside it, over HTTP/1.1, the main API: renewals, the login's poll, the list of models.
 */
import { createHash } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import {
  createSecureServer,
  createServer as createH2cServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { createEnvelopeReader, endEnvelope, envelope } from "../../src/engine/codecs/connect.ts";
import { toJsonValue } from "../../src/engine/formats/cursor/json-value.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import type { Identity } from "./fake-ca.ts";

/** What the backend does in a turn, in order. */
export type CursorStep =
  | { readonly say: string }
  | { readonly think: string }
  | { readonly call: { readonly id: string; readonly name: string; readonly args: object } }
  /** Several calls, then a wait for their results. */
  | { readonly exec: Message }
  | { readonly ask: Message }
  /** Resolves before anything more is said. */
  | { readonly wait: Promise<unknown> }
  | { readonly usage: Message }
  | { readonly error: { readonly code: string; readonly name?: string; readonly message?: string } }
  /** The connection dies without a last envelope. */
  | { readonly cut: true };

export interface CursorTurn {
  readonly headers: IncomingHttpHeaders;
  readonly token: string;
  readonly model: string;
  readonly text: string;
  readonly system: string;
  readonly tools: readonly string[];
  readonly images: number;
  /** Everything else the client said, by the name of its kind. */
  readonly said: readonly string[];
  /** Resolves with the reset code when its stream is over. */
  readonly over: Promise<number>;
}

export interface FakeCursor {
  readonly url: string;
  /** Where `/oauth/token`, `/auth/poll` and the list of models are. */
  readonly apiUrl: string;
  readonly turns: readonly CursorTurn[];
  readonly renewals: readonly string[];
  readonly listed: readonly IncomingHttpHeaders[];
  readonly sessions: () => number;
  /** How often somebody asked whether a login was confirmed. */
  readonly polls: () => number;
  /** What its user does at the login's page. */
  confirm(page: string): void;
  /** The next turns, one each; afterwards `say` "Hello from the fake provider.". */
  play(...turns: readonly (readonly CursorStep[])[]): void;
  accept(token: string): void;
  expire(token: string): void;
  /** Clients older than this, or that say nothing, are refused; null: all may come. */
  wantVersion(version: string | null): void;
  close(): Promise<void>;
}

export interface FakeCursorOptions {
  readonly tokens: readonly string[];
  /** Absent: HTTP/2 with prior knowledge. */
  readonly identity?: Identity;
  /** Bytes per write; default: a frame each. */
  readonly pieceBytes?: number;
  readonly machineIds?: { readonly machine: string; readonly mac: string | null };
}

const usual: readonly CursorStep[] = [
  { think: "hm" },
  { say: "Hello from " },
  { say: "the fake provider." },
  { usage: { inputTokens: 100, outputTokens: 7, cacheReadTokens: 40, cacheWriteTokens: 0, reasoningTokens: 2 } },
];

export async function startFakeCursor(options: FakeCursorOptions): Promise<FakeCursor> {
  const tokens = new Set(options.tokens);
  const expired = new Set<string>();
  const turns: CursorTurn[] = [];
  const renewals: string[] = [];
  const listed: IncomingHttpHeaders[] = [];
  const sessions = new Set<ServerHttp2Session>();
  let script: (readonly CursorStep[])[] = [];
  let opened = 0;
  let version: string | null = null;
  let serial = 0;
  let polls = 0;
  /** Logins that their user has confirmed: uuid → challenge. */
  const confirmed = new Map<string, string>();

  const server = options.identity === undefined ? createH2cServer() : createSecureServer(options.identity);
  server.on("session", (session) => {
    opened += 1;
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    run(stream, headers).catch((error: unknown) => {
      if (!stream.destroyed) stream.end(endEnvelope({ error: { code: "internal", message: String(error) } }));
    });
  });

  async function run(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const over = new Promise<number>((resolve) => stream.on("close", () => resolve(stream.rstCode)));
    const isRun = headers[":path"] === "/agent.v1.AgentService/Run" && headers[":method"] === "POST";
    if (
      !isRun ||
      headers["content-type"] !== "application/connect+proto" ||
      headers["connect-protocol-version"] !== "1"
    ) {
      stream.respond({ ":status": isRun ? 415 : 404 }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200, "content-type": "application/connect+proto" });
    const write = async (bytes: Uint8Array): Promise<void> => {
      const size = options.pieceBytes ?? bytes.byteLength;
      for (let at = 0; at < bytes.byteLength; at += size) {
        stream.write(bytes.subarray(at, at + size));
        if (size < bytes.byteLength) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const send = (message: Message): Promise<void> => write(envelope(encodeMessage("AgentServerMessage", message)));
    const end = (error?: object): void => {
      if (!stream.destroyed) stream.end(endEnvelope(error === undefined ? {} : { error }));
    };

    const refusal = refusalOf(headers);
    if (refusal !== null) return end(refusal);
    const token = String(headers["authorization"]).slice("Bearer ".length);

    const said: string[] = [];
    const inbox = createInbox(stream, said);
    const first = await inbox.next(() => true);
    const request = first?.["runRequest"] as Message | undefined; // null below when it is none
    const fault = request === undefined ? "the first message is no run_request" : faultOf(request);
    if (request === undefined || fault !== null) return end({ code: "invalid_argument", message: fault });

    const at = (value: unknown, ...path: readonly string[]): unknown =>
      path.reduce<unknown>((inner, key) => (inner as Message | undefined)?.[key], value); // fields of messages
    const userMessage = at(request, "action", "userMessageAction", "userMessage");
    const asked = async (id: number, message: Message, kind: string): Promise<Message> => {
      await send(message);
      const answer = await inbox.next((one) => at(one, kind) !== undefined && (at(one, kind, "id") ?? 0) === id);
      if (answer === null) throw new Error("No exec result");
      return answer;
    };

    await send({ interactionUpdate: { heartbeat: {} } });
    const context = await asked(
      1,
      { execServerMessage: { id: 1, execId: "e1", requestContextArgs: {} } },
      "execClientMessage",
    );
    if (at(context, "execClientMessage", "requestContextResult", "success") === undefined) {
      return end({ code: "internal", message: "No exec result" });
    }
    let system = "";
    let kvId = 0;
    for (const blobId of (at(request, "conversationState", "rootPromptMessagesJson") ?? []) as readonly Uint8Array[]) {
      const answer = await asked(kvId, { kvServerMessage: { id: kvId, getBlobArgs: { blobId } } }, "kvClientMessage");
      const data = at(answer, "kvClientMessage", "getBlobResult", "blobData");
      if (!(data instanceof Uint8Array)) return end({ code: "internal", message: "Blob not found" });
      system += String((JSON.parse(Buffer.from(data).toString()) as Message)["content"]); // as the client wrote it
      kvId += 1;
    }
    const definitions = (at(request, "mcpTools", "mcpTools") ?? []) as readonly Message[];
    turns.push({
      headers,
      token,
      model: String(at(request, "requestedModel", "modelId")),
      text: textOf(at(userMessage, "text")),
      system,
      tools: definitions.map((tool) => String(tool["toolName"])),
      images: ((at(userMessage, "selectedContext", "selectedImages") ?? []) as readonly unknown[]).length,
      said,
      over,
    });

    const steps = script.shift() ?? usual;
    let execId = 10;
    let hasCalled = false;
    for (const step of steps) {
      if (stream.destroyed) return;
      if ("say" in step) await send({ interactionUpdate: { textDelta: { text: step.say } } });
      else if ("think" in step) await send({ interactionUpdate: { thinkingDelta: { text: step.think } } });
      else if ("wait" in step) await step.wait;
      else if ("usage" in step) await send({ interactionUpdate: { turnEnded: step.usage } });
      else if ("cut" in step) return cutOff(stream.session);
      else if ("error" in step) return end(errorOf(step.error));
      else if ("exec" in step) {
        execId += 1;
        await asked(execId, { execServerMessage: { id: execId, ...step.exec } }, "execClientMessage");
      } else if ("ask" in step) {
        execId += 1;
        await asked(execId, { interactionQuery: { id: execId, ...step.ask } }, "interactionResponse");
      } else {
        hasCalled = true;
        const { id, name, args } = step.call;
        if (!definitions.some((tool) => tool["toolName"] === name))
          return end({ code: "internal", message: `no tool ${name}` });
        const fields = (toJsonValue(args)["structValue"] as Message)["fields"]; // an object's value
        const mcpArgs = {
          name: `switchyard-${name}`,
          toolName: name,
          providerIdentifier: "switchyard",
          toolCallId: id,
          args: fields,
        };
        await send({ interactionUpdate: { partialToolCall: { callId: id, toolCall: { mcpToolCall: {} } } } });
        await send({
          interactionUpdate: { toolCallStarted: { callId: id, toolCall: { mcpToolCall: { args: mcpArgs } } } },
        });
        execId += 1;
        await send({ execServerMessage: { id: execId, mcpArgs } });
      }
    }
    if (hasCalled) {
      // It waits for results, which come in another run: this one must be ended by its client.
      const answer = await inbox.next((one) => one["conversationAction"] !== undefined);
      if (!stream.destroyed)
        end(answer === null ? { code: "internal", message: "No exec result" } : { code: "canceled" });
      return;
    }
    const blobData = Buffer.from('{"role":"assistant"}');
    await asked(
      99,
      { kvServerMessage: { id: 99, setBlobArgs: { blobId: Buffer.alloc(32, 1), blobData } } },
      "kvClientMessage",
    );
    await send({ conversationCheckpointUpdate: { tokenDetails: { usedTokens: 107, maxTokens: 200_000 } } });
    end();
  }

  function refusalOf(headers: IncomingHttpHeaders): object | null {
    const token = (headers["authorization"] ?? "").replace(/^Bearer /, "");
    if (expired.has(token)) return errorOf({ code: "unauthenticated", name: "ERROR_AUTH_TOKEN_EXPIRED" });
    if (!tokens.has(token)) return errorOf({ code: "unauthenticated", name: "ERROR_NOT_LOGGED_IN" });
    if (headers["x-ghost-mode"] === undefined || headers["x-request-id"] === undefined) {
      return { code: "invalid_argument", message: "a header is missing" };
    }
    const sum = headers["x-cursor-checksum"];
    const ids = options.machineIds;
    const tail = ids === undefined ? "" : `${ids.machine}${ids.mac === null ? "" : `/${ids.mac}`}`;
    const isRight = typeof sum === "string" && /^[\w-]{8}$/.test(sum.slice(0, 8)) && sum.slice(8) === tail;
    if (ids === undefined ? sum !== undefined : !isRight) {
      return errorOf({ code: "permission_denied", name: "ERROR_UNAUTHORIZED", message: "checksum" });
    }
    if (version !== null && headers["x-cursor-client-version"] !== version) {
      return errorOf({ code: "failed_precondition", name: "ERROR_OUTDATED_CLIENT" });
    }
    return null;
  }

  const api = createHttpServer((request, reply) => {
    const json = (status: number, body: object): void => {
      reply.writeHead(status, { "content-type": "application/json" });
      reply.end(JSON.stringify(body));
    };
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? "/", "http://x");
      if (url.pathname === "/oauth/token") {
        const asked = JSON.parse(text) as Readonly<Record<string, unknown>>; // checked field by field
        const isRight =
          asked["grant_type"] === "refresh_token" && asked["client_id"] === "KbZUR41cY7W6zRSdpSUJ7I7mLYBKOCmB";
        if (!isRight) return json(400, { error: "invalid_request" });
        renewals.push(String(asked["refresh_token"]));
        if (asked["refresh_token"] === "over") return json(200, { access_token: "", id_token: "", shouldLogout: true });
        serial += 1;
        const token = `cursor-renewed-${serial}-0123456789`;
        tokens.add(token);
        return json(200, { access_token: token, id_token: token, shouldLogout: false });
      }
      if (url.pathname === "/auth/poll") {
        const verifier = url.searchParams.get("verifier") ?? "";
        const challenge = createHash("sha256").update(verifier).digest("base64url");
        const isConfirmed = confirmed.get(url.searchParams.get("uuid") ?? "") === challenge;
        polls += 1;
        if (!isConfirmed) return json(404, { message: "not yet" });
        return json(200, {
          accessToken: "cursor-login-0123456789",
          refreshToken: "cursor-refresh-0123456789",
          authId: "a",
        });
      }
      if (url.pathname === "/aiserver.v1.AiService/AvailableModels" && request.method === "POST") {
        listed.push(request.headers);
        const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
        if (!tokens.has(token)) return json(401, { code: "unauthenticated", message: "Error" });
        return json(200, {
          modelNames: ["default", "claude-opus-4-8"],
          models: [
            { name: "default", defaultOn: true, supportsAgent: true },
            { name: "claude-opus-4-8", supportsAgent: true, supportsImages: true, contextTokenLimit: 200000 },
          ],
        });
      }
      return json(404, { code: "unimplemented" });
    });
  });

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const portOf = (listener: { address(): AddressInfo | string | null }): number =>
    (listener.address() as AddressInfo).port; // a TCP listener has an AddressInfo
  return {
    url: `${options.identity === undefined ? "http" : "https"}://localhost:${portOf(server)}`,
    apiUrl: `http://127.0.0.1:${portOf(api)}`,
    turns,
    renewals,
    listed,
    sessions: () => opened,
    polls: () => polls,
    confirm(page) {
      const { searchParams } = new URL(page);
      confirmed.set(searchParams.get("uuid") ?? "", searchParams.get("challenge") ?? "");
    },
    play(...next) {
      script = [...next];
    },
    accept: (token) => void tokens.add(token),
    expire: (token) => void expired.add(token),
    wantVersion(wanted) {
      version = wanted;
    },
    async close() {
      for (const session of sessions) session.destroy();
      api.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => server.close(() => resolve())),
        new Promise<void>((resolve) => api.close(() => resolve())),
      ]);
    },
  };
}

function errorOf({ code, name, message = "Error" }: { code: string; name?: string; message?: string }): object {
  if (name === undefined) return { code, message };
  const value = Buffer.from(encodeMessage("ErrorDetails", { error: name }))
    .toString("base64")
    .replace(/=+$/, "");
  return { code, message, details: [{ type: "aiserver.v1.ErrorDetails", value, debug: { error: name } }] };
}

/** What is wrong with a run request; null when nothing is. */
function faultOf(run: Message): string | null {
  const message = (run["action"] as Message | undefined)?.["userMessageAction"] as Message | undefined; // fields of messages
  const user = message?.["userMessage"] as Message | undefined; // the same
  if (user === undefined) return "no user message";
  if (user["selectedContext"] === undefined) return "no selected_context";
  if (run["mcpTools"] === undefined) return "no mcp_tools";
  if (run["modelDetails"] === undefined || run["requestedModel"] === undefined) return "the model is named once only";
  return null;
}

interface Inbox {
  /** The next message of this kind, in whatever order they come; null: the client says nothing more. */
  next(fits: (message: Message) => boolean): Promise<Message | null>;
}

function createInbox(stream: ServerHttp2Stream, said: string[]): Inbox {
  const envelopes = createEnvelopeReader(null);
  const waiting: Message[] = [];
  let isOver = false;
  let wake = (): void => {};
  stream.on("data", (bytes: Buffer) => {
    for (const { payload } of envelopes.push(bytes)) {
      const message = decodeMessage("AgentClientMessage", payload);
      said.push(...Object.keys(message));
      waiting.push(message);
    }
    wake();
  });
  const finish = (): void => {
    isOver = true;
    wake();
  };
  stream.on("end", finish);
  stream.on("close", finish);
  return {
    async next(fits) {
      for (;;) {
        const found = waiting.findIndex(fits);
        if (found >= 0) return waiting.splice(found, 1)[0] ?? null;
        if (isOver) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** What was said before has arrived: an answer to a ping comes after it (newer Node drops what still waits). */
async function cutOff(session: Http2Session | undefined): Promise<void> {
  if (session === undefined || session.destroyed) return;
  await new Promise<void>((resolve) => {
    session.once("close", resolve);
    session.ping(() => resolve());
  });
  session.destroy();
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
