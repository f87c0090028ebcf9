/** A plain client of each dialect at the gateway, and what it was told. */
import type { ControlClient } from "../../src/control/client.ts";
import { within } from "./wait.ts";

export type ClientDialect = "openai-chat" | "openai-responses" | "claude";

export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type AskModel = (dialect: ClientDialect, model: string, more?: AskMore) => Promise<Told>;

export interface AskMore {
  readonly stream?: boolean;
  /** Another conversation than the one that all others are. */
  readonly says?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const patienceMs = 40_000;

/** What is said when a fake answers as it should. */
export const greeting = "Hello from the fake provider.";

export function gatewayOf(url: string, clientKey: string): AskModel {
  return async (dialect, model, { stream = false, headers = {}, says = "Say hello." } = {}) => {
    const { path, body } = question(dialect, model, says);
    const asked = fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${clientKey}`, ...headers },
      body: JSON.stringify({ ...body, stream }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const reply = await within(`an answer of ${model}`, asked, patienceMs);
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
  };
}

export function question(
  dialect: ClientDialect,
  model: string,
  says = "Say hello.",
): { readonly path: string; readonly body: object } {
  const messages = [{ role: "user", content: says }];
  switch (dialect) {
    case "openai-chat":
      return { path: "/v1/chat/completions", body: { model, messages } };
    case "openai-responses":
      return { path: "/v1/responses", body: { model, input: says, store: false } };
    case "claude":
      return { path: "/v1/messages", body: { model, max_tokens: 128, messages } };
  }
}

/** Everything the core tells of itself from now on, as a screen would hear it. */
export function listen(control: ControlClient): { readonly said: () => string; readonly close: () => void } {
  const heard: string[] = [];
  const close = control.events((event) => void heard.push(JSON.stringify(event)));
  return { said: () => heard.join("\n"), close };
}
