/** The output items of a Responses answer, and the stream that builds them up. */
import type { Blobs, Minted } from "./fake-blobs.ts";
import type { WireEvent } from "./fake-stream.ts";
import { argumentsText, isCall, pieces, type Asked, type Cited, type Speech, type ToolCall } from "./provider-turn.ts";

export interface Told {
  readonly nth: number;
  readonly speech: Speech;
  readonly asked: Asked;
  readonly blobs: Blobs;
  readonly showsEncrypted: boolean;
  readonly showsSummary: boolean;
  readonly isCodex: boolean;
  response(status: "in_progress" | "finished" | "failed", output: readonly object[]): object;
}

type Item =
  | {
      readonly type: "reasoning";
      readonly id: string;
      readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
      readonly encrypted_content?: string | null;
    }
  | {
      readonly type: "message";
      readonly id: string;
      readonly status: string;
      readonly role: "assistant";
      readonly content: readonly ContentPart[];
    }
  | {
      readonly type: "function_call";
      readonly id: string;
      readonly status: string;
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly type: "custom_tool_call";
      readonly id: string;
      readonly status: string;
      readonly call_id: string;
      readonly name: string;
      readonly input: string;
    };

type ContentPart =
  | {
      readonly type: "output_text";
      readonly text: string;
      readonly annotations: readonly object[];
      readonly logprobs: [];
    }
  | { readonly type: "refusal"; readonly refusal: string };

export function outputItems({ nth, speech, blobs, asked, ...told }: Told): readonly Item[] {
  const status = speech.stop === "length" ? "incomplete" : "completed";
  let thought: Minted | null = null;
  return speech.parts.flatMap((part, index): readonly Item[] => {
    const id = `fake${nth}_${index}`;
    if (isCall(part)) {
      if (thought !== null) blobs.bind(`fc_${id}`, thought);
      return [callItem(part, id, status)];
    }
    if (part.type === "thinking") {
      if (part.signature === undefined && !asked.thinking.isOn) return [];
      const minted = blobs.mint("gAAAAAB", nth, String(index));
      thought = minted;
      const isShown = told.showsSummary && part.isHidden !== true;
      return [
        {
          type: "reasoning",
          id: minted.itemId,
          summary: isShown ? [{ type: "summary_text", text: part.text }] : [],
          ...(told.showsEncrypted ? { encrypted_content: minted.blob } : {}),
        },
      ];
    }
    const content: ContentPart =
      part.type === "refusal"
        ? { type: "refusal", refusal: part.text }
        : { type: "output_text", text: part.text, annotations: cited(part.text, part.citation), logprobs: [] };
    return [{ type: "message", id: `msg_${id}`, status: "completed", role: "assistant", content: [content] }];
  });
}

function callItem(made: ToolCall, id: string, status: string): Item {
  const common = { status, call_id: made.id ?? `call_${id}`, name: made.name };
  return made.freeform === undefined
    ? { type: "function_call", id: `fc_${id}`, ...common, arguments: argumentsText(made) }
    : { type: "custom_tool_call", id: `ctc_${id}`, ...common, input: made.freeform };
}

function cited(text: string, citation: Cited | undefined): readonly object[] {
  if (citation === undefined) return [];
  return [{ type: "url_citation", url: citation.url, title: citation.title, start_index: 0, end_index: text.length }];
}

export interface Streamed {
  readonly events: readonly WireEvent[];
  readonly terminal: readonly WireEvent[];
  failure(status: number, message: string): readonly WireEvent[];
}

export function responsesStream(told: Told): Streamed {
  let sequence = 0;
  const events: WireEvent[] = [];
  const event = (type: string, payload: object): string => {
    const frame = `event: ${type}\ndata: ${JSON.stringify({ type, ...payload, sequence_number: sequence })}\n\n`;
    sequence += 1;
    return frame;
  };
  if (told.isCodex) {
    const primary = { used_percent: 12, window_minutes: 300, reset_at: 1_790_003_600 };
    events.push(event("codex.rate_limits", { plan_type: "plus", rate_limits: { primary, secondary: null } }));
  }
  events.push(
    event("response.created", { response: told.response("in_progress", []) }),
    event("response.in_progress", { response: told.response("in_progress", []) }),
  );
  const items = outputItems(told);
  const pending: string[][] = [];
  const flush = (): void => {
    for (let row = 0; pending.some((frames) => row < frames.length); row += 1) {
      for (const frames of pending) events.push(...frames.slice(row, row + 1));
    }
    pending.length = 0;
  };
  for (const [index, item] of items.entries()) {
    if (index === 1 && told.speech.silentMs > 0) events.push({ silentMs: told.speech.silentMs });
    const frames = itemEvents(item, index, event);
    if (told.speech.interleaved && item.type === "function_call") pending.push(frames);
    else {
      flush();
      events.push(...frames);
    }
  }
  flush();
  const isCut = told.speech.isBlocked || told.speech.stop === "length";
  const end = isCut ? "response.incomplete" : "response.completed";
  return {
    events,
    terminal: [event(end, { response: told.response("finished", items) })],
    // Seen both ways: what the model's host reports fails the response, what breaks below it is a bare error.
    failure(status, message) {
      const code = status === 429 ? "rate_limit_exceeded" : "server_error";
      if (status !== 429 && !told.isCodex) return [event("error", { code, message, param: null })];
      return [event("response.failed", { response: { ...told.response("failed", []), error: { code, message } } })];
    },
  };
}

type Write = (type: string, payload: object) => string;

function itemEvents(item: Item, index: number, event: Write): string[] {
  const at = { output_index: index };
  const place = { item_id: item.id, ...at };
  const added = (empty: object): string => event("response.output_item.added", { ...at, item: { ...item, ...empty } });
  const delta = (type: string, text: string): readonly string[] =>
    pieces(text).map((piece) => event(`${type}.delta`, { ...place, delta: piece, obfuscation: "x".repeat(4) }));
  const frames: string[] = [];
  switch (item.type) {
    case "reasoning":
      frames.push(added({ summary: [] }));
      for (const [part, { text }] of item.summary.entries()) {
        const spot = { ...place, summary_index: part };
        frames.push(
          event("response.reasoning_summary_part.added", { ...spot, part: { type: "summary_text", text: "" } }),
        );
        for (const piece of pieces(text))
          frames.push(event("response.reasoning_summary_text.delta", { ...spot, delta: piece }));
        frames.push(
          event("response.reasoning_summary_text.done", { ...spot, text }),
          event("response.reasoning_summary_part.done", { ...spot, part: { type: "summary_text", text } }),
        );
      }
      break;
    case "message":
      frames.push(added({ status: "in_progress", content: [] }));
      for (const [part, content] of item.content.entries())
        frames.push(...contentEvents(content, { ...place, content_index: part }, event));
      break;
    case "function_call": {
      const type = "response.function_call_arguments";
      frames.push(added({ status: "in_progress", arguments: "" }), ...delta(type, item.arguments));
      frames.push(event(`${type}.done`, { ...place, name: item.name, arguments: item.arguments }));
      break;
    }
    case "custom_tool_call": {
      const type = "response.custom_tool_call_input";
      frames.push(added({ status: "in_progress", input: "" }), ...delta(type, item.input));
      frames.push(event(`${type}.done`, { ...place, input: item.input }));
      break;
    }
  }
  frames.push(event("response.output_item.done", { ...at, item }));
  return frames;
}

function contentEvents(content: ContentPart, spot: object, event: Write): string[] {
  if (content.type === "refusal") {
    const { refusal } = content;
    return [
      event("response.content_part.added", { ...spot, part: { type: "refusal", refusal: "" } }),
      ...pieces(refusal).map((delta) => event("response.refusal.delta", { ...spot, delta })),
      event("response.refusal.done", { ...spot, refusal }),
      event("response.content_part.done", { ...spot, part: content }),
    ];
  }
  const { text } = content;
  return [
    event("response.content_part.added", { ...spot, part: { ...content, text: "", annotations: [] } }),
    ...pieces(text).map((delta) =>
      event("response.output_text.delta", { ...spot, delta, logprobs: [], obfuscation: "x".repeat(4) }),
    ),
    ...content.annotations.map((annotation, annotation_index) =>
      event("response.output_text.annotation.added", { ...spot, annotation_index, annotation }),
    ),
    event("response.output_text.done", { ...spot, text, logprobs: [] }),
    event("response.content_part.done", { ...spot, part: content }),
  ];
}
