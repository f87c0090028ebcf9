/** Calls without an SDK, for what SDKs hide: the wire itself, and clients that have no SDK. */
import { fetch as undiciFetch, type Dispatcher } from "undici";
import { parsedOr } from "../support/provider-turn.ts";

export interface RawCall {
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal?: AbortSignal;
}

export interface RawReply {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** The body broke off. */
  readonly isCut: boolean;
}

export async function rawCall(dispatcher: Dispatcher, call: RawCall): Promise<RawReply> {
  const response = await undiciFetch(`https://${call.host}${call.target}`, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/json", ...call.headers },
    body: JSON.stringify(call.body),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  const decoder = new TextDecoder();
  let text = "";
  let isCut = false;
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  } catch {
    isCut = true;
  }
  return { status: response.status, contentType: response.headers.get("content-type") ?? "", text, isCut };
}

export interface SseEvent {
  /** Null where no `event:` line stood. */
  readonly event: string | null;
  readonly data: unknown;
}

/** Every frame; data that is not JSON (`[DONE]`) as it is. */
export function sseEvents(text: string): readonly SseEvent[] {
  return text
    .split(/\r?\n\r?\n/)
    .map((frame) => frame.split(/\r?\n/))
    .flatMap((lines) => {
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length === 0) return [];
      const joined = data.join("\n");
      const event =
        lines
          .find((line) => line.startsWith("event:"))
          ?.slice(6)
          .trim() ?? null;
      return [{ event, data: parsedOr(joined, joined) }];
    });
}
