/** One call of a client, as it is published: in lists, in the live stream, and with its bodies. */
import * as v from "valibot";
import type {
  AttemptJson,
  BodyJson,
  DecodedBodyJson,
  FlowDetailJson,
  FlowJson,
  SideJson,
} from "../../base/controls.ts";
import { clientIds, type Timings, type Usage, type WhyStep } from "../../base/flow.ts";
import {
  type ExportQuestionJson,
  exportFormats,
  exportRoads,
  exportSides,
  type FlowPageJson,
  type FlowRemovalJson,
} from "../../base/controls-flows.ts";
import {
  type FlowStagesJson,
  stageChanges,
  type StageHeadJson,
  type StageRowJson,
} from "../../base/controls-stages.ts";
import { flowCounts } from "./flow-counts.ts";
import { shapeOf } from "./shape.ts";
import { exactly, count, dollars, flag, instant, listOf, ms, oneOf, text } from "./words.ts";

export const usageCounts = shapeOf<Usage>()(
  "Token counts of one call.",
  v.strictObject({
    input: count("Input tokens, those read from and written to the cache included."),
    output: count("Output tokens, reasoning included."),
    cacheRead: count("Of the input, read from the provider's cache."),
    cacheWrite: count("Of the input, written to the provider's cache."),
    reasoning: count("Of the output, thinking."),
    estimated: flag("Some figure is our estimate and not the provider's word."),
  }),
);

export const whyStep = shapeOf<WhyStep>()(
  "One step of an explanation, in the order it happened. Other fields are details of that step.",
  v.objectWithRest(
    {
      stage: oneOf(
        [
          "intercept",
          "detect",
          "rule",
          "target",
          "account",
          "session",
          "select",
          "cooldown",
          "refresh",
          "attempt",
          "translate",
          "fallback",
          "replay",
          "error",
        ],
        "A stable word for where it happened.",
      ),
      text: text("For people."),
    },
    v.union([v.string(), v.number(), v.boolean()]),
  ),
);

export const attempt = shapeOf<AttemptJson>()(
  "One try at one account.",
  v.strictObject({
    provider: text("The provider asked."),
    account: v.nullable(text("The account's name; null where the provider wants none.")),
    model: v.nullable(text("The provider's name for the model.")),
    status: v.nullable(count("Its HTTP status; null without a reply.")),
    error: v.exactOptional(text("Why it failed.")),
    startedAt: instant("When it was begun."),
    endedAt: v.nullable(instant("When it was over; null while it is not.")),
    cooldownMs: v.exactOptional(ms("How long the account rests for it.")),
  }),
);

const took = (about: string) => v.nullable(ms(about));

export const timings = shapeOf<Timings>()(
  "How long the steps took; null while unknown or where the step did not happen.",
  v.strictObject({
    connectMs: took("Until the connection to the upstream stood."),
    tlsMs: took("Of that, TLS."),
    translateMs: took("Reading and writing of formats."),
    ttfbMs: took("Until the first byte of the reply."),
    firstTokenMs: took("Until the first text or thinking."),
    totalMs: took("From the first byte of the request to the last of the reply."),
  }),
);

export const flowFormats = shapeOf<FlowJson["formats"]>()(
  "The wire formats on both sides; null where it is no model call.",
  v.strictObject({
    client: v.nullable(text("Of the client, as `translate` names them.")),
    upstream: v.nullable(text("Of the provider that was asked.")),
  }),
);

export const flowModel = shapeOf<FlowJson["model"]>()(
  "Which model was asked for and which one answered.",
  v.strictObject({
    asked: v.nullable(text("As the client wrote it.")),
    served: v.nullable(text("As the provider named the one that answered.")),
  }),
);

const flowFields = {
  id: text("Its name in the log."),
  startedAt: instant("When its first byte came."),
  endedAt: v.exactOptional(instant("When it was over; absent while it is not.")),
  client: oneOf(clientIds, "The program that called."),
  host: text("The host it called; for a call to the port itself our own address."),
  method: text("Its HTTP method."),
  path: text("Path and query, secrets masked."),
  protocol: oneOf(["http/1.0", "http/1.1", "h2", "websocket"], "What it spoke to us."),
  status: v.nullable(count("The HTTP status the client got; null before that.")),
  state: oneOf(["open", "streaming", "done", "failed", "truncated"], "How far it is, or how it ended."),
  action: oneOf(["tunnel", "passthrough", "reroute", "bypass", "block"], "What was done with it."),
  formats: flowFormats,
  model: flowModel,
  provider: v.nullable(text("The provider that served it.")),
  account: v.nullable(text("The account that served it.")),
  combo: v.exactOptional(text("The combo it went through.")),
  run: v.exactOptional(text("The run whose calls are being recorded, where it is one of them.")),
  session: v.exactOptional(text("The conversation it belongs to: a hash, the same for all its calls.")),
  attempts: listOf(attempt, "Every try, in order."),
  why: listOf(whyStep, "How it came to go there."),
  usage: v.nullable(usageCounts),
  costUsd: v.exactOptional(dollars("At the provider's list price.")),
  timings,
  losses: listOf(v.string(), "What the translation could not carry."),
  error: v.exactOptional(text("Why it failed.")),
};

export const flow = shapeOf<FlowJson>()("One call of a client and all we know of it.", v.strictObject(flowFields));

const decodedBody = shapeOf<DecodedBodyJson>()(
  "A binary body whose framing is known (AWS event streams, Cursor's envelopes and messages) as text.",
  v.strictObject({
    as: oneOf(["events", "json"], "How the text is to be read."),
    text: text("Server-sent events, one for each frame, or a JSON document. Secrets are masked."),
    ends: listOf(count("Bytes."), "Of events: where each of them ended in the bytes."),
  }),
);

export const flowBody = shapeOf<BodyJson>()(
  "A body as the log kept it. It came off the wire: do not print it to a terminal as it is.",
  v.strictObject({
    bytes: count("Bytes that passed, content-encoding included."),
    captured: count("Of these, bytes that the log kept."),
    truncated: flag("`text` or `base64` is not the whole body, for whatever reason."),
    contentType: v.nullable(text("As its sender said.")),
    encoding: v.nullable(text("The content-encoding that was undone for this view.")),
    text: v.exactOptional(text("Decoded text with secrets masked; absent for binary bodies.")),
    base64: v.exactOptional(text("Decoded binary body.")),
    decoded: v.exactOptional(decodedBody),
    decodeError: v.exactOptional(text("Why the content-encoding could not be undone.")),
  }),
);

export const flowSide = shapeOf<SideJson>()(
  "What was seen at one of the four places.",
  v.strictObject({
    line: text("`POST /v1/messages` or `200`."),
    headers: listOf(v.strictTuple([v.string(), v.string()]), "Name and value, in order; sensitive values are masked."),
    body: flowBody,
    timeline: listOf(
      v.strictTuple([ms("After the flow began."), count("Bytes, as `captured` counts them.")]),
      "When the body's pieces passed.",
    ),
  }),
);

export const flowDetail = shapeOf<FlowDetailJson>()(
  "A flow with its heads and bodies.",
  v.strictObject({
    ...flowFields,
    sides: v.pipe(
      v.strictObject({
        "client-request": v.exactOptional(flowSide),
        "upstream-request": v.exactOptional(flowSide),
        "upstream-reply": v.exactOptional(flowSide),
        "client-reply": v.exactOptional(flowSide),
      }),
      v.description("Only the sides that were seen; on a pass-through flow the upstream's are the client's."),
    ),
  }),
);

export const stageHead = shapeOf<StageHeadJson>()(
  "One stage of a request.",
  v.strictObject({
    format: text("Its wire format; `hub` between the two."),
    bytes: count("Bytes that passed; of the hub its size as JSON, 0 where there was no translation."),
  }),
);

const cell = (about: string) => v.nullable(text(`${about} null where there is none of it.`));

export const stageRow = shapeOf<StageRowJson>()(
  "One field, tool, message or part of a message at every stage. Cells came off the wire and are cut at 200 characters.",
  v.strictObject({
    label: text("What it is."),
    depth: count("1: belongs to the row of depth 0 above it."),
    client: cell("In the client's words;"),
    hub: cell("In the hub's words;"),
    upstream: cell("In the upstream's words;"),
    change: v.pipe(
      v.strictObject({
        hub: oneOf(stageChanges, "The hub's cell, measured by the client's."),
        upstream: oneOf(
          stageChanges,
          "The upstream's cell, measured by the hub's, or by the client's where it has none.",
        ),
      }),
      v.description("What happened on the way; compared by meaning, and not by the words."),
    ),
  }),
);

export const flowStages = shapeOf<FlowStagesJson>()(
  "A translated request at its three stages.",
  v.strictObject({
    client: stageHead,
    hub: stageHead,
    upstream: stageHead,
    rows: listOf(stageRow, "Settings, tools and messages, at most 2,000."),
    losses: listOf(v.string(), "What the client said and the upstream was not told."),
    gains: listOf(v.string(), "What the upstream was told and the client did not say."),
    problem: v.nullable(text("Why there are no rows, as for calls that were not translated.")),
  }),
);

export const flowPage = shapeOf<FlowPageJson>()(
  "Calls, and how full the log is.",
  v.strictObject({
    flows: listOf(flow, "Oldest first."),
    counts: flowCounts,
    older: v.nullable(text("Where to go on, as `before`; null when nothing older is there to be looked at.")),
  }),
);

export const flowRemoval = shapeOf<FlowRemovalJson>()(
  "What was taken out of the log.",
  v.strictObject({
    deleted: count("How many."),
    live: count("How many fitted and have not ended: they stay."),
    older: v.nullable(text("A search in bodies takes its time: ask again with it as `before` while this is not null.")),
  }),
);

export const exportOrder = shapeOf<ExportQuestionJson>()(
  "Which calls, and as what.",
  v.strictObject({
    format: oneOf(exportFormats, "HAR 1.2, curl commands, or JSON lines."),
    ids: v.exactOptional(listOf(text("A flow's id."), "These, in this order; default: all that fit the filter.")),
    filter: v.exactOptional(text("In the filter language (docs/filter.md); default: every flow.")),
    side: v.exactOptional(oneOf(exportSides, "Default: both, and the client's for curl.")),
    via: v.exactOptional(oneOf(exportRoads, "For curl: where the command sends its call. Default: direct.")),
  }),
);

/** As its own specification has it. */
export const harFile = v.pipe(
  v.strictObject({
    log: v.pipe(
      v.looseObject({
        version: exactly("1.2", "HAR's version."),
        entries: listOf(v.looseObject({}), "Calls, as HAR 1.2 writes them."),
      }),
      v.description("Everything."),
    ),
  }),
  v.description("An HTTP archive."),
);
