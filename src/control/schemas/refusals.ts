/** How a no looks: on the control socket, and on the port in the asker's dialect. */
import * as v from "valibot";
import { refusalCodes } from "../refusal-codes.ts";
import { count, exactly, text } from "./words.ts";

/** Of an object literal: its keys, which TypeScript sees as strings. */
const codes = Object.keys(refusalCodes) as (keyof typeof refusalCodes)[];

const code = v.pipe(v.picklist(codes), v.description("A stable word for it."));
const message = text("For people: what happened, and what is expected instead. Secrets are masked.");

export const refusal = v.pipe(
  v.strictObject({
    error: v.strictObject({
      code,
      message,
      field: v.exactOptional(text("The field or parameter that is meant.")),
      next: v.exactOptional(text("A command to type.")),
      at: v.exactOptional(count("With `filter`: where in it the mistake is, in UTF-16 units.")),
      length: v.exactOptional(count("With `filter`: how much of it is meant; 0 at its end.")),
      suggestion: v.exactOptional(text("With `filter`: the word that was most likely meant.")),
    }),
  }),
  v.description("A no of the control socket."),
);

/** Of the port's own questions; model calls are answered with what the provider or the engine said in this shape. */
export const openaiRefusal = v.pipe(
  v.strictObject({
    error: v.strictObject({
      message,
      type: text("`invalid_request_error`, `server_error`."),
      param: v.nullable(text("The field or parameter that is meant.")),
      code,
    }),
  }),
  v.description("A no of the port to everybody else's clients."),
);

export const claudeError = v.pipe(
  v.looseObject({
    type: exactly("error", "Anthropic's word."),
    error: v.looseObject({ type: text("As Anthropic's API calls it, as `not_found_error`."), message }),
  }),
  v.description("An error in Anthropic's shape."),
);

export const googleError = v.pipe(
  v.looseObject({
    error: v.looseObject({
      code: count("The HTTP status."),
      message,
      status: text("As Google's APIs call it, as `NOT_FOUND`."),
    }),
  }),
  v.description("An error in Google's shape."),
);

export const openaiError = v.pipe(
  v.looseObject({ error: v.looseObject({ message, type: v.nullable(text("As OpenAI's API calls it.")) }) }),
  v.description("An error in OpenAI's shape."),
);

/** Before anything is read: a web page, or a name for us that is none. */
export const forbidden = v.pipe(
  v.strictObject({ error: v.strictObject({ type: exactly("forbidden", "The port's word."), message }) }),
  v.description("A no of the port to web pages and to foreign names for it."),
);
