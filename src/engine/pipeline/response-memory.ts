/**
 * What Responses clients only refer to: an earlier reply by `previous_response_id`, an item by an `item_reference`.
 * OpenAI keeps both unless it is told not to, and clients rely on it (the AI SDK refers to whatever the model said);
 * other providers keep nothing, so the replies that were translated for such clients are remembered here: in memory
 * only, bounded, forgotten after a day. Replies that are passed through are their provider's to keep.
 *
 * Whoever knows an id may have what was said, so ids must not be guessed. Those of remembered replies and of their items
 * are made here of 192 random bits: knowing one's own says nothing about another's. An upstream's own id of an item counts
 * only if it is too long to be guessed or counted up. Callers who have shown the proxy token and callers who have not
 * never find each other's.
 */
import type { Clock } from "../../base/clock.ts";
import { own } from "../../base/json.ts";
import { token, type Random } from "../../base/random.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { textField } from "../formats/fields.ts";
import type { JsonObject, Result } from "../formats/format.ts";
import { fillInput, itemsOf } from "./recalled-input.ts";
import { createResponseStore, type ResponseStoreLimits } from "./response-store.ts";

export interface ResponseMemory {
  /** A request's body with what it refers to put in, and where its reply is to be remembered. */
  recall(body: JsonObject, authorized: boolean): Result<Recalled>;
}

export interface Recalled {
  /** The very same where there was nothing to put in or to take out. */
  readonly body: JsonObject;
  /** How many items were put in. */
  readonly count: number;
  /** Ids of items that it refers to and that are not known. */
  readonly missing: readonly string[];
  /** Null where the client wants the reply forgotten. */
  readonly place: ReplyPlace | null;
}

export interface ReplyPlace {
  /** What the ids that the client gets are made of. */
  readonly id: string;
  /** The reply it goes on from, as the client named it. */
  readonly previous: string | null;
  /** A response object, whole or as far as it came. */
  remember(response: JsonObject): void;
}

export interface ResponseMemoryOptions extends Partial<ResponseStoreLimits> {
  readonly clock: Clock;
  readonly random: Random;
  /** Of the items that one request may have put in: as much as a request may say itself. */
  readonly maxRecalledChars?: number;
}

const defaults = {
  // A long day of several clients.
  maxEntries: 4_096,
  maxBytes: 64 * 1024 * 1024,
  ttlMs: 24 * 60 * 60 * 1000,
  maxRecalledChars: 32 * 1024 * 1024,
};

const idBytes = 24;
/** OpenAI's own ids of items have about 50 characters; those of servers that count (`ws_1`) stay far below this. */
const minItemIdChars = 24;

export function createResponseMemory({ clock, random, ...options }: ResponseMemoryOptions): ResponseMemory {
  const { maxRecalledChars, ...limits } = { ...defaults, ...options };
  const store = createResponseStore(clock, limits);

  const remember = (key: (id: string) => string, asked: Asked, response: JsonObject): void => {
    const id = textField(response, "id");
    const output = own(response, "output");
    if (id === undefined || !Array.isArray(output)) return;
    store.remember(key(id), {
      previous: asked.previous === null ? null : key(asked.previous),
      input: asked.input.map((item) => JSON.stringify(item)),
      output: output.map((item: unknown) => {
        const itemId = textField(item, "id") ?? "";
        return { id: itemId.length < minItemIdChars ? null : key(itemId), text: JSON.stringify(item) };
      }),
    });
  };

  return {
    recall(body, authorized) {
      const key = (id: string): string => `${authorized ? "proven" : "open"} ${id}`;
      const input = itemsOf(body["input"]);
      const previous = textField(body, "previous_response_id") ?? null;
      const conversation = previous === null ? [] : store.conversation(key(previous));
      // What cannot be read, and a reply that is not known, are told by the dialect's own reader.
      if (input === null || conversation === null) {
        return { ok: true, value: { body, count: 0, missing: [], place: null } };
      }
      const filled = fillInput({
        conversation,
        input,
        find: (id) => store.item(key(id)),
        maxChars: maxRecalledChars,
      });
      if (filled === null) return { ok: false, error: tooMuch(maxRecalledChars) };
      const { count, missing } = filled;
      const asked = { previous, input: filled.input };
      const place =
        body["store"] === false
          ? null
          : {
              id: token(random, idBytes),
              previous,
              remember: (response: JsonObject) => remember(key, asked, response),
            };
      const isAsItWas = previous === null && count === 0 && filled.input.length === input.length;
      if (isAsItWas) return { ok: true, value: { body, count, missing, place } };
      const { previous_response_id: _previous, ...rest } = body;
      const said = { ...rest, input: [...filled.conversation, ...filled.input] };
      return { ok: true, value: { body: said, count, missing, place } };
    },
  };
}

/** What a request says beyond the reply it goes on from. */
interface Asked {
  readonly previous: string | null;
  readonly input: readonly unknown[];
}

function tooMuch(maxChars: number): EngineError {
  const mebi = Math.floor(maxChars / 1024 / 1024);
  return { kind: "too-large", message: `what this request refers to is larger than ${mebi} MiB` };
}

/** In OpenAI's words; its own status for it is 404, Azure's 400 (late 2026). */
export function itemNotFound(id: string): EngineError {
  const shown = id.length <= 80 ? id : `${id.slice(0, 80)}…`;
  return { kind: "bad-request", message: `Item with id '${shown}' not found.` };
}
