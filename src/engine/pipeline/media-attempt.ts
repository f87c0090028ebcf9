/** One try of an embeddings or images call with one provider and one account: all its upstream calls, and one answer. */
import type { WhyStep } from "../../base/flow.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import type { EngineError } from "../errors/engine-error.ts";
import {
  readMedia,
  writeMedia,
  type MediaAnswer,
  type MediaContext,
  type MediaKind,
  type MediaOptions,
  type MediaRequest,
} from "../media/index.ts";
import type { AttemptResult } from "./attempt.ts";
import { isEventStream } from "./lossless.ts";
import {
  clean,
  failure,
  failureOf,
  hearReply,
  isSuccess,
  toldHeaders,
  type MediaAsked,
  type MediaFailure,
  type MediaReply,
} from "./media-reply.ts";
import { passMediaStream } from "./media-stream.ts";
import { createMeter, type Meter } from "./meter.ts";
import { reportOn } from "./report.ts";
import { sendTo } from "./send.ts";
import type { UpstreamCall } from "./upstream-call.ts";

export interface MediaAttempt extends MediaAsked {
  readonly kind: MediaKind;
  /** The client's, parsed. */
  readonly body: unknown;
  /** The upstream's name for the model. */
  readonly model: string;
  /** The outbound proxy; undefined: as everything goes. */
  readonly via: string | undefined;
}

type Written = MediaRequest & { readonly context: MediaContext };

export async function attemptMedia(input: MediaAttempt): Promise<AttemptResult> {
  const { tools, exchange, kind, body, provider, account, credential, model } = input;
  const { tap } = exchange;
  const meter = createMeter(tap, tools.clock);
  const written = meter.timed(() => writeMedia(kind, body, optionsFor(input)));
  if (!written.ok) return failure(written.error, false);
  tap.tell({ type: "attempt-started", provider: provider.id, account: account?.name ?? null, model });
  const stop = new AbortController();
  const signal = AbortSignal.any([exchange.signal, stop.signal]);
  let status: number | null = null;
  const report = reportOn(input, meter);
  const end = (error: EngineError | null): void => {
    meter.close();
    report.over(error);
    tap.tell({
      type: "attempt-ended",
      status,
      ...(error === null ? {} : { error: `${error.kind}: ${error.message}` }),
    });
  };
  const answered = (reply: HttpReply): AttemptResult => {
    const who = { provider: provider.id, account: account?.name ?? null };
    tap.tell({ type: "described", ...who, formats: { upstream: provider.format } });
    tap.tell({ type: "reply-started", status: reply.status });
    report.committed();
    return { ok: true, reply };
  };
  const heard: MediaReply[] = [];
  const { bodies } = written.value;
  if (bodies.length > 1) why(input, { stage: "translate", text: `asked for in ${bodies.length} calls` });
  for (const bytes of bodies) {
    let one: MediaReply | MediaFailure;
    try {
      const reply = await sendTo({
        tools,
        tap,
        provider,
        credential,
        call: upstreamCall(input, written.value, bytes),
        signal,
        via: input.via,
      });
      status = reply.status;
      report.replied(reply);
      if (written.value.streams && isSuccess(reply) && isEventStream(reply.headers, false)) {
        meter.lost(written.value.losses);
        return answered(passMediaStream({ reply, tap, meter, onEnd: end, abandon: () => stop.abort() }));
      }
      one = await hearReply(input, reply);
    } catch (thrown) {
      one = failureOf(thrown, credential);
    }
    if (one.ok) heard.push(one);
    else if (kind === "images" && heard.length > 0 && !exchange.signal.aborted) {
      // What was drawn has been paid for; the answer says how many there are.
      why(input, { stage: "error", text: one.error.message, kind: one.error.kind });
      break;
    } else {
      stop.abort();
      end(one.error);
      return one;
    }
  }
  const answer = meter.timed(() =>
    readMedia(
      heard.map(({ value }) => value),
      written.value.context,
    ),
  );
  if (!answer.ok) {
    const error = clean(answer.error, credential);
    end(error);
    return failure(error);
  }
  note(meter, written.value, answer.value);
  end(null);
  const own = answer.value.body ?? heard[0]?.bytes ?? Buffer.alloc(0);
  const passed = heard[0] === undefined || heard.length > 1 ? [] : toldHeaders(heard[0].reply.headers);
  return answered({
    status: 200,
    headers: [["content-type", "application/json"], ...passed, ["content-length", String(own.byteLength)]],
    body: bodyOf(own),
  });
}

function why({ exchange }: MediaAttempt, step: WhyStep): void {
  exchange.tap.tell({ type: "why", step });
}

function optionsFor({ tools, exchange, provider, model }: MediaAttempt): MediaOptions {
  const { id, format, variant, origin } = provider;
  const { project } = provider.writeOptions(model);
  return {
    provider: {
      id,
      format,
      ...(variant === undefined ? {} : { variant }),
      server: origin.authority + provider.target("/"),
    },
    model,
    target: exchange.target,
    ...(project === undefined ? {} : { project }),
    callId: exchange.tap.id,
    createdAt: Math.floor(tools.clock.now() / 1000),
  };
}

function upstreamCall({ exchange }: MediaAttempt, { path, streams }: Written, body: Uint8Array): UpstreamCall {
  const headers: HeaderPairs = [
    ["content-type", "application/json"],
    ["accept", streams ? "text/event-stream, application/json" : "application/json"],
    ...exchange.headers.filter(([name]) => name.toLowerCase() === "user-agent"),
  ];
  return { path, headers, body };
}

function note(meter: Meter, written: Written, answer: MediaAnswer): void {
  meter.lost(written.losses);
  meter.lost(answer.losses);
  meter.served(answer.model);
  if (answer.usage !== null) meter.usage(answer.usage);
}
