/**
 * Understands passed-through model calls after they are over: decodes the captured bodies and lets the engine say
 * which model it was and what it used. One at a time and after the relay's work; when calls end faster than that, the
 * ones waiting longest are left unread.
 */
import type { ClientId, FlowFact, FlowRecord } from "../base/flow.ts";
import { headerValue } from "../base/headers.ts";
import type { RequestHead } from "../base/http.ts";
import { decodeBody } from "./decode-body.ts";
import type { CapturedFlow, CapturedSide, FlowLog } from "./flow-log.ts";

export interface ReadAlongDeps {
  readonly flowLog: FlowLog;
  /** Could this be a model call? Asked before anything is decoded. The head's secrets are masked. */
  readonly wants: (head: ReadHead) => boolean;
  readonly observe: (
    head: ReadHead,
    requestBody: Uint8Array,
    reply: { readonly status: number; readonly contentType: string; readonly body: Uint8Array },
  ) => readonly FlowFact[];
  /** Told what was found of a flow, after the flow was; the facts it returns are told to the flow as well. */
  readonly onRead?: (record: FlowRecord) => readonly FlowFact[];
  readonly onError?: (error: unknown) => void;
}

export interface ReadHead extends RequestHead {
  readonly client: ClientId;
}

export interface ReadAlong {
  /** Resolves when every flow that ended so far has been read. */
  settled(): Promise<void>;
  stop(): void;
}

/** Decoded size of one body; model replies beyond it are not read. */
const maxDecodedBytes = 16 * 1024 * 1024;
/** Ended flows that may wait; each holds its bodies alive. */
const maxWaiting = 32;
/**
 * After each reading we rest this many times as long as it took: relaying a call costs about as much as reading it
 * along, so under load (thousands of calls a second, never what a person does) most are left unread instead.
 */
const restFactor = 49;

export function startReadAlong(deps: ReadAlongDeps): ReadAlong {
  const waiting: CapturedFlow[] = [];
  let working: Promise<void> | null = null;

  async function work(): Promise<void> {
    // The reply's last bytes are on their way to the client right now: they go first.
    await new Promise((resolve) => setImmediate(resolve));
    for (let flow = waiting.shift(); flow !== undefined; flow = waiting.shift()) {
      const begunAt = performance.now();
      try {
        const record = flow.record();
        if (record.status !== null && deps.wants(headOf(flow, record))) {
          for (const fact of await read(flow, record, deps)) flow.tell(fact);
          for (const fact of deps.onRead?.(flow.record()) ?? []) flow.tell(fact);
        }
      } catch (error) {
        deps.onError?.(error);
      }
      if (waiting.length > 0) await rest((performance.now() - begunAt) * restFactor);
    }
    working = null;
  }

  const stop = deps.flowLog.onEnded((flow) => {
    if (flow.action !== "passthrough" || flow.method !== "POST") return;
    waiting.push(flow);
    if (waiting.length > maxWaiting) waiting.shift();
    working ??= work();
  });

  return {
    async settled() {
      while (working !== null) await working;
    },
    stop() {
      stop();
      waiting.length = 0;
    },
  };
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

async function read(flow: CapturedFlow, record: FlowRecord, deps: ReadAlongDeps): Promise<readonly FlowFact[]> {
  const request = flow.side("client-request");
  const reply = flow.side("client-reply");
  if (record.status === null || isGone(request) || isGone(reply)) return [];
  const [requestBody, replyBody] = [await decodedSide(request), await decodedSide(reply)];
  const contentType = headerValue(reply.head?.headers ?? [], "content-type") ?? "";
  return deps.observe(headOf(flow, record), requestBody, { status: record.status, contentType, body: replyBody });
}

/** Never seen, or no longer kept. */
function isGone(side: CapturedSide | undefined): side is undefined {
  return side === undefined || (side.captured === 0 && side.bytes > 0);
}

async function decodedSide(side: CapturedSide): Promise<Uint8Array> {
  const encoding = headerValue(side.head?.headers ?? [], "content-encoding") ?? null;
  return (await decodeBody(side.chunks, encoding, maxDecodedBytes, side.captured === side.bytes)).bytes;
}

/** The log keeps no scheme and port; for telling dialects apart the host and the path are enough. */
function headOf(flow: CapturedFlow, record: FlowRecord): ReadHead {
  const { client, host, method, path } = record;
  const headers = flow.side("client-request")?.head?.headers ?? [];
  return { client, method, scheme: "https", host, port: 443, target: path, headers };
}
