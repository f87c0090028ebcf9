/** The two ways in which Cursor's clients talk to their backend, by connect-node, unmodified, through the proxy. */
import { setMaxListeners } from "node:events";
import { Agent } from "node:https";
import {
  fromBinary,
  toBinary,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescMethodBiDiStreaming,
} from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { decodeMessage, encodeMessage, type Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import { cursorMethod } from "./cursor-schema.ts";
import { tlsThrough, type Through } from "./proxy-clients.ts";

/** One conversation's two directions. */
export interface CursorWire {
  /** Resolves when it is on its way (h2) or answered (h1). */
  send(message: Message): Promise<void>;
  /** The backend's messages as they come; throws a ConnectError for an end frame that holds one. */
  readonly incoming: AsyncIterable<Message>;
  /** The client says nothing more. */
  halfClose(): void;
  /** The client goes away. */
  abort(): void;
}

export interface WireKind {
  readonly client: string;
  readonly server: string;
  readonly service: string;
  readonly stream: string;
}

export const agentKind: WireKind = {
  client: "AgentClientMessage",
  server: "AgentServerMessage",
  service: "agent.v1.AgentService",
  stream: "Run",
};
export const chatKind: WireKind = {
  client: "ChatClientMessage",
  server: "ChatServerMessage",
  service: "aiserver.v1.ChatService",
  stream: "StreamUnifiedChatWithTools",
};

const headers = {
  "x-cursor-client-version": "3.16.0",
  "x-cursor-client-type": "ide",
  "user-agent": "connect-es/1.6.1",
};

export async function h2Transport(
  through: Through,
  host: string,
): Promise<{ readonly transport: Transport; readonly close: () => void }> {
  const socket = await tlsThrough(through, host, { alpn: ["h2"] });
  const transport = createConnectTransport({
    httpVersion: "2",
    baseUrl: `https://${host}`,
    nodeOptions: { createConnection: () => socket },
  });
  return { transport, close: () => void socket.destroy() };
}

export function h1Transport(
  through: Through,
  host: string,
): { readonly transport: Transport; readonly close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  // The documented hook for connections that are made later; the types know only its synchronous form.
  Object.assign(agent, {
    createConnection(_: unknown, done: (error: Error | null, socket?: unknown) => void): void {
      void connect(through, host, done);
    },
  });
  const transport = createConnectTransport({ httpVersion: "1.1", baseUrl: `https://${host}`, nodeOptions: { agent } });
  return { transport, close: () => agent.destroy() };
}

async function connect(
  through: Through,
  host: string,
  done: (error: Error | null, socket?: unknown) => void,
): Promise<void> {
  try {
    done(null, await tlsThrough(through, host, { alpn: ["http/1.1"] }));
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

/** `Run`: both directions on one stream. */
export function openBidi(transport: Transport, kind: WireKind = agentKind): CursorWire {
  const method = cursorMethod(kind.service, kind.stream) as DescMethodBiDiStreaming; // as it is declared
  const queue = createQueue<Message>();
  const gone = new AbortController();
  async function* asked(): AsyncGenerator<ReturnType<typeof typed>> {
    for await (const message of queue.items) yield typed(message);
  }
  const typed = (message: Message) => fromBinary(method.input, encodeMessage(kind.client, message));
  const opened = transport.stream(method, gone.signal, undefined, headers, asked());
  opened.catch(() => {});
  return {
    send: (message) => Promise.resolve(queue.push(message)),
    incoming: {
      async *[Symbol.asyncIterator]() {
        const { message: messages } = await opened;
        for await (const message of messages) yield decodeMessage(kind.server, toBinary(method.output, message));
      },
    },
    halfClose: () => queue.end(),
    abort: () => gone.abort(),
  };
}

export interface ShimOptions {
  readonly kind?: WireKind;
  readonly requestId: string;
  /** Raw bytes instead of hex. */
  readonly binary?: boolean;
  /** Further headers of the reply's call. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** `RunSSE` and `BidiAppend`. The reply's call is made when `incoming` is first read, or by `listen`. */
export function openShim(
  transport: Transport,
  options: ShimOptions,
): CursorWire & {
  listen(): void;
  append(seqno: number, message: Message): Promise<void>;
  appendRaw(fields: Message): Promise<void>;
} {
  const { kind = agentKind, requestId, binary = false } = options;
  const listenMethod = cursorMethod(kind.service, `${kind.stream}SSE`) as DescMethodServerStreaming; // as it is declared
  const appendMethod = cursorMethod("aiserver.v1.BidiService", "BidiAppend") as DescMethodUnary; // as it is declared
  const gone = new AbortController();
  // One for each append.
  setMaxListeners(0, gone.signal);
  let next = 0;
  let opened: ReturnType<Transport["stream"]> | null = null;
  const listen = (): NonNullable<typeof opened> => {
    if (opened !== null) return opened;
    const id = fromBinary(listenMethod.input, encodeMessage("BidiRequestId", { requestId }));
    async function* asked(): AsyncGenerator<typeof id> {
      yield id;
    }
    opened = transport.stream(listenMethod, gone.signal, undefined, { ...headers, ...options.headers }, asked());
    opened.catch(() => {});
    return opened;
  };
  const appendRaw = async (fields: Message): Promise<void> => {
    const request = encodeMessage("BidiAppendRequest", { requestId: { requestId }, ...fields });
    await transport.unary(appendMethod, gone.signal, undefined, headers, fromBinary(appendMethod.input, request));
  };
  const append = (seqno: number, message: Message): Promise<void> => {
    const data = Buffer.from(encodeMessage(kind.client, message));
    return appendRaw({ appendSeqno: seqno, ...(binary ? { dataBinary: data } : { data: data.toString("hex") }) });
  };
  return {
    listen: () => void listen(),
    append,
    appendRaw,
    send(message) {
      const seqno = next;
      next += 1;
      return append(seqno, message);
    },
    incoming: {
      async *[Symbol.asyncIterator]() {
        const { message: messages } = await listen();
        for await (const message of messages) yield decodeMessage(kind.server, toBinary(listenMethod.output, message));
      },
    },
    halfClose: () => {},
    abort: () => gone.abort(),
  };
}

function createQueue<Item>(): { push(item: Item): void; end(): void; readonly items: AsyncIterable<Item> } {
  const waiting: Item[] = [];
  let isOver = false;
  let wake = (): void => {};
  return {
    push(item) {
      waiting.push(item);
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
    items: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const item = waiting.shift();
          if (item !== undefined) yield item;
          else if (isOver) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
  };
}
