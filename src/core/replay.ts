/**
 * Calls made again on request: takes the request of a flow out of the log, has the engine plan it, and runs it as a flow of
 * its own, as if a client of the port were there. Nothing is ever repeated unless somebody asks for it by the flow's id.
 */
import type { Replays, ReplayWish } from "../base/replay.ts";
import { ReplayRefused } from "../base/replay.ts";
import type { ExchangeHead } from "../base/exchange.ts";
import type { FlowRecord, FlowTap } from "../base/flow.ts";
import { headerValue, hopByHop, withHeader } from "../base/headers.ts";
import type { HeaderPairs } from "../base/http.ts";
import type { Redactor } from "../base/redact.ts";
import { defaultLimits } from "../base/limits.ts";
import { decodeBody } from "../control/decode-body.ts";
import type { CapturedFlow, FlowLog } from "../control/flow-log.ts";
import { addressed } from "../control/gateway-address.ts";
import type { Engine } from "../engine/engine.ts";
import type { ReplayRefusal } from "../engine/pipeline/replay.ts";
import { restoreMasked } from "./restore-masked.ts";

export interface ReplayDeps {
  readonly flowLog: FlowLog;
  readonly engine: Pick<Engine, "planReplay">;
  readonly redactor: Redactor;
}

export interface CoreReplays extends Replays {
  /** Takes no more, lets those that run finish for at most `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}

export function createReplays({ flowLog, engine, redactor }: ReplayDeps): CoreReplays {
  const running = new Map<AbortController, Promise<void>>();
  let isClosing = false;

  return {
    async begin(id, wish, signal) {
      if (isClosing) throw new ReplayRefused("stopping", "the core is stopping");
      const flow = flowLog.find(id);
      if (flow === undefined) throw unknownFlow();
      const record = flow.record();
      refuseWhatCannotBe(flow, record);
      const body = await bodyFor(flow, wish, redactor);
      const plan = await engine.planReplay({
        head: headFor(flow, record, wish),
        body,
        via: wish.via ?? null,
        model: wish.model ?? null,
      });
      if (!plan.ok) throw refusalOf(plan.refusal);
      const { head } = plan;
      const tap = flowLog.open({
        client: head.client,
        host: head.host,
        method: head.method,
        path: pathFor(head),
        protocol: head.protocol,
        action: "reroute",
        ...(head.gateway === undefined ? {} : { gateway: true }),
      });
      tap.tell({ type: "why", step: { stage: "replay", text: `replay of ${id}${changesIn(wish)}`, of: id } });
      tap.head("client-request", { line: `${head.method} ${pathFor(head)}`, headers: head.headers });
      tap.chunk("client-request", plan.body);
      const gone = new AbortController();
      const ended = run(plan, tap, gone, signal).finally(() => running.delete(gone));
      running.set(gone, ended);
      return { id: tap.id, ended };
    },
    async close(graceMs) {
      isClosing = true;
      if (running.size === 0) return;
      const timer = setTimeout(() => {
        for (const gone of running.keys()) gone.abort(new Error("the core is stopping"));
      }, graceMs);
      await Promise.all(running.values());
      clearTimeout(timer);
    },
  };
}

type Plan = Extract<Awaited<ReturnType<Engine["planReplay"]>>, { readonly ok: true }>;

/** Reads the answer to its end, into the flow. Never rejects. */
async function run(plan: Plan, tap: FlowTap, gone: AbortController, signal?: AbortSignal): Promise<void> {
  let isOver = false;
  let hasBegun = false;
  const finish = (state: "done" | "failed" | "truncated", error?: string): void => {
    if (isOver) return;
    isOver = true;
    tap.tell({ type: "ended", state, ...(error === undefined ? {} : { error }) });
  };
  const giveUp = (): void => gone.abort(new Error("the replay was given up"));
  gone.signal.addEventListener("abort", () => finish("failed", reasonOf(gone.signal.reason)), { once: true });
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted === true) giveUp();
  // Nobody waits any more: nothing is sent.
  if (gone.signal.aborted) return;
  try {
    const reply = await plan.run(tap, gone.signal);
    tap.head("client-reply", { line: String(reply.status), headers: reply.headers });
    tap.tell({ type: "reply-started", status: reply.status });
    hasBegun = true;
    for await (const bytes of reply.body) {
      if (gone.signal.aborted) break;
      tap.chunk("client-reply", bytes);
    }
    finish("done");
  } catch (error) {
    finish(hasBegun ? "truncated" : "failed", reasonOf(error));
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refuseWhatCannotBe(flow: CapturedFlow, record: FlowRecord): void {
  if (record.action === "tunnel") {
    throw new ReplayRefused("tunnel", "it is a tunnel: its bytes were never decrypted, so there is no call to repeat");
  }
  if (record.protocol === "websocket") {
    throw new ReplayRefused("websocket", "it is a WebSocket: there is no one request in it that could be repeated");
  }
  if (record.endedAt === undefined) throw new ReplayRefused("live", "it has not ended yet: wait for its end");
  if (flow.side("client-request")?.head == null) throw new ReplayRefused("call", "its request was never seen");
}

/** What was ordered, or what the log kept; nothing less than all of it is ever sent. */
async function bodyFor(flow: CapturedFlow, { body }: ReplayWish, redactor: Redactor): Promise<Uint8Array> {
  const kept = await keptBody(flow);
  if (body === undefined) {
    if (!kept.ok) throw new ReplayRefused("body", kept.why);
    return kept.bytes;
  }
  // Whoever edited it saw it masked: what still stands masked means the value behind it.
  const restored = restoreMasked(body, kept.bytes.toString("utf8"), redactor);
  if (!restored.ok) throw new ReplayRefused("body", restored.why);
  return Buffer.from(restored.text);
}

type Kept =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly bytes: Buffer; readonly why: string };

async function keptBody(flow: CapturedFlow): Promise<Kept> {
  const side = flow.side("client-request");
  if (side === undefined) return { ok: false, bytes: Buffer.alloc(0), why: "its request was never seen" };
  const headers = side.head?.headers ?? [];
  const whole = side.captured === side.bytes;
  const decoded = await decodeBody(side.chunks, encodingOf(headers), defaultLimits.requestBodyBytes, whole);
  const { bytes } = decoded;
  if (!whole) {
    const why =
      side.captured === 0
        ? `its body (${side.bytes} bytes) is no longer kept: newer calls took its place`
        : `only ${side.captured} of its body's ${side.bytes} bytes were kept`;
    return { ok: false, bytes, why };
  }
  const announced = headerValue(headers, "content-length");
  if (announced !== undefined && Number(announced) !== side.bytes) {
    return { ok: false, bytes, why: `its client sent ${side.bytes} of ${announced} bytes before it went away` };
  }
  if (decoded.error !== undefined) return { ok: false, bytes, why: `its body cannot be unpacked: ${decoded.error}` };
  if (!decoded.complete) return { ok: false, bytes, why: "its body is too large once it is unpacked" };
  return { ok: true, bytes };
}

function encodingOf(headers: HeaderPairs): string | null {
  return headerValue(headers, "content-encoding") ?? null;
}

function headFor(flow: CapturedFlow, record: FlowRecord, wish: ReplayWish): ExchangeHead {
  const { host, method } = record;
  const { start } = flow;
  let headers = keptHeaders(flow.side("client-request")?.head?.headers ?? []);
  for (const [name, value] of wish.headers ?? []) headers = withHeader(headers, name, value);
  const target = withoutMasked(start.path);
  const head: ExchangeHead = {
    client: wish.client ?? record.client,
    method,
    // The log keeps neither: what a call means is told by host and path.
    scheme: "https",
    host,
    port: 443,
    target,
    headers,
    protocol: "http/1.1",
    // Whoever may open the control socket may use what is stored.
    authorized: true,
  };
  if (start.gateway === undefined) return head;
  const { head: read, provider } = addressed(head);
  return { ...read, gateway: { provider } };
}

/** As a client writes it: the gateway reads some addresses in a form of its own. */
function pathFor({ target, gateway }: ExchangeHead): string {
  const provider = gateway?.provider ?? null;
  return provider === null ? target : target.replace(/^\/v1/, `/v1/providers/${encodeURIComponent(provider)}`);
}

const maskMark = "•••";
const aboutTheBytes: ReadonlySet<string> = new Set(["content-encoding", "content-length", "expect", "host", "trailer"]);

/** A field of the connection, of the body as it was packed, or one whose value nobody kept. */
function keptHeaders(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name, value]) => {
    const field = name.toLowerCase();
    return !hopByHop.has(field) && !aboutTheBytes.has(field) && !value.includes(maskMark);
  });
}

function withoutMasked(target: string): string {
  const mark = target.indexOf("?");
  if (mark < 0 || !target.includes(maskMark)) return target;
  const query = target
    .slice(mark + 1)
    .split("&")
    .filter((pair) => !pair.includes(maskMark))
    .join("&");
  return query === "" ? target.slice(0, mark) : `${target.slice(0, mark)}?${query}`;
}

function changesIn({ via, model, client, body, headers }: ReplayWish): string {
  const changes = [
    ...(via === undefined ? [] : [`via ${via}`]),
    ...(model === undefined ? [] : [`asking for ${model}`]),
    ...(client === undefined ? [] : [`as ${client}`]),
    ...(body === undefined ? [] : ["with another body"]),
    ...(headers === undefined || headers.length === 0 ? [] : ["with other headers"]),
  ];
  return changes.length === 0 ? "" : `: ${changes.join(", ")}`;
}

function unknownFlow(): ReplayRefused {
  return new ReplayRefused("no-such-flow", "no flow with this id is in the log; it may have been dropped");
}

function refusalOf({ reason, message, provider }: ReplayRefusal): ReplayRefused {
  return new ReplayRefused(reason, message, provider);
}
