/**
 * Understands passed-through model calls after they are over: decodes the captured bodies and lets the engine say
 * which model it was and what it used. One at a time and after the relay's work; when calls end faster than that, the
 * ones waiting longest are left unread.
 */
import { type Clock, systemClock } from "../base/clock.ts";
import type { ClientId, FlowFact, FlowRecord } from "../base/flow.ts";
import { headerValue } from "../base/headers.ts";
import type { RequestHead } from "../base/http.ts";
import { type CallPart, createCallLinks } from "./call-links.ts";
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
  ) => { readonly facts: readonly FlowFact[]; readonly call?: CallPart };
  /** Told what was found of a flow, after the flow was; the facts it returns are told to the flow as well. */
  readonly onRead?: (record: FlowRecord) => readonly FlowFact[];
  readonly onError?: (error: unknown) => void;
  readonly clock?: Pick<Clock, "monotonic">;
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
 * After each reading we rest this many times as long as it took: relaying a call costs less than reading it along, so
 * under load (hundreds of calls a second, never what a person does) most are left unread instead. After the last one
 * that waits as well: calls that come one by one are load too (measured 2026-11: half of the CPU of a call was its
 * reading).
 */
const restFactor = 49;
/** The first reading of a dialect loads and compiles its parser; nobody should look at an empty column for that. */
const maxRestMs = 250;

export function startReadAlong(deps: ReadAlongDeps): ReadAlong {
  const waiting: CapturedFlow[] = [];
  const links = createCallLinks(deps.clock ?? systemClock);
  let working: Promise<void> | null = null;
  /** When the next reading may begin, by `performance.now()`. */
  let restedAt = 0;

  /** What this request tells of the call it is part of, and what the call's other requests told of it. */
  function link(flow: CapturedFlow, call: CallPart): void {
    const { known, others } = links.add(flow.id, call);
    for (const fact of known) flow.tell(fact);
    // The one that is answered is still open while the client goes on talking: it is told now, and not at its end.
    const listening = call.facts.length === 0 ? [] : openCalls(deps.flowLog, flow, call.id);
    for (const id of new Set([...others, ...listening])) {
      for (const fact of call.facts) deps.flowLog.find(id)?.tell(fact);
    }
  }

  async function work(): Promise<void> {
    // The reply's last bytes are on their way to the client right now: they go first.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const restMs = restedAt - performance.now();
      if (restMs > 0) await rest(restMs);
      const flow = waiting.shift();
      if (flow === undefined) break;
      const begunAt = performance.now();
      try {
        const record = flow.record();
        if (record.status !== null && deps.wants(headOf(flow, record))) {
          const seen = await read(flow, record, deps);
          for (const fact of seen.facts) flow.tell(fact);
          if (seen.call !== undefined) link(flow, seen.call);
          for (const fact of deps.onRead?.(flow.record()) ?? []) flow.tell(fact);
        }
      } catch (error) {
        deps.onError?.(error);
      }
      const now = performance.now();
      restedAt = now + Math.min(maxRestMs, (now - begunAt) * restFactor);
      if (waiting.length === 0) break;
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

/** Open calls to the same host whose whole request is little more than this name. */
function openCalls(flowLog: FlowLog, flow: CapturedFlow, name: string): readonly string[] {
  const { host } = flow.start;
  const flows = (flowLog.newest() ?? []).slice(0, maxSearched);
  return flows
    .filter((one) => one.id !== flow.id && one.start.host === host && one.action === "passthrough")
    .filter((one) => {
      const request = one.side("client-request");
      const isShort = request !== undefined && request.bytes <= maxNameBytes && request.captured === request.bytes;
      return isShort && Buffer.concat(request.chunks).includes(name) && one.record().endedAt === undefined;
    })
    .map(({ id }) => id);
}

/** An open call is among the newest. */
const maxSearched = 200;
/** An envelope with an id in it. */
const maxNameBytes = 256;

async function read(
  flow: CapturedFlow,
  record: FlowRecord,
  deps: ReadAlongDeps,
): Promise<ReturnType<ReadAlongDeps["observe"]>> {
  const request = flow.side("client-request");
  const reply = flow.side("client-reply");
  if (record.status === null || isGone(request) || isGone(reply)) return { facts: [] };
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
