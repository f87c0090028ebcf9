/** Cursor's conversations: played for the client where a rule wants that, handed back untouched where none does. */
import { passThrough, type Exchange } from "../../../base/exchange.ts";
import { headerValue } from "../../../base/headers.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import type { WireLimits } from "../../../base/limits.ts";
import { createEnvelopeReader, endFlag, envelopeLimits } from "../../codecs/connect.ts";
import { FramingError } from "../../codecs/framing-error.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { fromUnknown } from "../../errors/from-unknown.ts";
import { streamHeaders } from "../../formats/cursor/rpc.ts";
import { formats } from "../../formats/table.ts";
import { type Answer, type Decide, nobodyWaits, refuse, why } from "../say.ts";
import type { Tools } from "../tools.ts";
import type { View } from "../view.ts";
import { backends, type CursorService } from "./backends.ts";
import { createConversation, type Conversation } from "./conversation.ts";
import { cursorAddress } from "./address.ts";
import type { Shim } from "./shim.ts";

export interface PlayInput {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly decide: Decide;
  readonly shim: Shim;
}

/** Null: no conversation of Cursor's, to be treated like any other call. */
export function playCursor(input: PlayInput): Promise<Answer> | null {
  const { exchange, shim } = input;
  const address = cursorAddress(exchange);
  if (address === null) return null;
  why(exchange, { stage: "detect", text: `cursor: the path ${exchange.target.split("?", 1)[0] ?? ""}` });
  switch (address.form) {
    case "bidi":
      return playStream(input, address.service);
    case "sse":
      return shim.listen(exchange, () => conversationOf(input, address.service, true), answered);
    case "append":
      return shim.append(exchange);
    case "unplayed":
      why(exchange, { stage: "fallback", text: `passed through untouched: ${address.why}` });
      return Promise.resolve(passThrough);
  }
}

function conversationOf(
  { tools, view, exchange, decide }: PlayInput,
  service: CursorService,
  commitsAtOnce: boolean,
): Conversation {
  const create = backends[service];
  if (create === null) throw new Error(`nobody plays Cursor's ${service} service`);
  const newId = (): string => Buffer.from(tools.random.bytes(16)).toString("hex");
  const backend = create({ newId, now: () => tools.clock.now(), service });
  return createConversation({ tools, view, exchange, decide, backend, commitsAtOnce });
}

async function playStream(input: PlayInput, service: CursorService): Promise<Answer> {
  const conversation = conversationOf(input, service, false);
  // Reads on while the answer is being written: that is the point of this form.
  void hearClient(input.exchange, conversation, input.view.config.limits);
  return answered(input.exchange, conversation);
}

/** Never rejects. */
async function hearClient({ headers, body }: Exchange, conversation: Conversation, limits: WireLimits): Promise<void> {
  const encoding = headerValue(headers, "connect-content-encoding") ?? null;
  const reader = createEnvelopeReader(encoding, envelopeLimits(limits));
  try {
    for await (const bytes of body) {
      for (const { flags, payload } of reader.push(bytes)) {
        if ((flags & endFlag) === 0) conversation.client(payload);
      }
    }
    reader.end();
    conversation.clientEnd();
  } catch (thrown) {
    conversation.fault(thrown instanceof FramingError ? framingFault(thrown) : fromUnknown(thrown));
  }
}

function framingFault({ message }: FramingError): EngineError {
  return { kind: "bad-request", message: `the client's stream is not made of envelopes: ${message}` };
}

/** The exchange's answer, as soon as it is known whether it has one. */
export async function answered(exchange: Exchange, conversation: Conversation): Promise<Answer> {
  const verdict = await conversation.verdict;
  const dialect = { format: formats.cursor };
  switch (verdict.kind) {
    case "play":
      exchange.tap.tell({ type: "reply-started", status: 200 });
      return {
        status: 200,
        headers: [...streamHeaders(exchange.target, exchange.headers), ...unbuffered],
        body: conversation.body,
      };
    case "hand-back":
      return passThrough;
    case "block":
      exchange.tap.tell({ type: "described", action: "block" });
      return refuse(exchange, dialect, {
        kind: "blocked",
        message: `rule ${verdict.decision.rule ?? ""} of Switchyard's configuration blocks this call`,
      });
    case "refuse":
      return verdict.error.kind === "client-gone" ? nobodyWaits : refuse(exchange, dialect, verdict.error);
  }
}

/** `no` to whoever would hold an answer back that is still being said. */
const unbuffered: HeaderPairs = [
  ["cache-control", "no-cache"],
  ["x-accel-buffering", "no"],
];
