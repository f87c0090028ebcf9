/** A provider that says exactly what a test wrote down, byte for byte: for everything no well-behaved fake would say. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Scripted =
  | {
      readonly type: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Pieces, each flushed, then an end that is no end: the connection dies. */
  | { readonly type: "cut"; readonly headers?: Readonly<Record<string, string>>; readonly pieces: readonly string[] }
  /** Not a byte until the asker goes away. */
  | { readonly type: "silence" }
  /** The connection dies before an answer. */
  | { readonly type: "reset" };

export interface ScriptedProvider {
  readonly url: string;
  readonly port: number;
  /** Bodies of what was asked, oldest first. */
  readonly asked: readonly string[];
  /** From now on. */
  say(scripted: Scripted): void;
  close(): Promise<void>;
}

const hello = {
  id: "chatcmpl-script",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "scripted",
  choices: [{ index: 0, message: { role: "assistant", content: "As written." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

/** Chat's shortest whole answer. */
export const asWritten: Scripted = { type: "answer", status: 200, body: JSON.stringify(hello) };

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const asked: string[] = [];
  let scripted = asWritten;
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push(Buffer.concat(chunks).toString("utf8"));
      tell(scripted, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    say(next) {
      scripted = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tell(scripted: Scripted, reply: ServerResponse): void {
  if (scripted.type === "silence") return;
  if (scripted.type === "reset") {
    reply.destroy();
    return;
  }
  if (scripted.type === "answer") {
    reply.writeHead(scripted.status, { "content-type": "application/json", ...scripted.headers });
    reply.end(scripted.body ?? "");
    return;
  }
  reply.writeHead(200, { "content-type": "text/event-stream", ...scripted.headers });
  reply.write(scripted.pieces.join(""), () => setTimeout(() => reply.destroy(), cutDelayMs));
}

/** What was written has left the machine's buffers before the connection dies with it. */
const cutDelayMs = 50;
