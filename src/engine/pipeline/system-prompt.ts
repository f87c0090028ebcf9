/**
 * `settings.system_prompt`: text of the user's own around whatever a routed call's system prompt says. Always in the same
 * place and without a cache mark, so that the bytes before the client's first breakpoint stay equal from turn to turn.
 */
import type { Config, SystemPrompt } from "../config/schema.ts";
import type { HubMessage, TextPart } from "../hub/message.ts";
import type { HubRequest } from "../hub/request.ts";

/** The text for calls to this provider: its own setting stands in place of the general one. Null when there is none. */
export function systemPromptFor({ settings }: Config, provider: string): SystemPrompt | null {
  const { all, providers } = settings.systemPrompt;
  const prompt = Object.hasOwn(providers, provider) ? providers[provider] : all;
  if (prompt === undefined || prompt === null) return null;
  return isSaid(prompt.prepend) || isSaid(prompt.append) ? prompt : null;
}

/**
 * Before the first and behind the last part of the system messages a request begins with. System messages further down
 * come and go with the conversation: text hung on them would move.
 */
export function applySystemPrompt(request: HubRequest, prompt: SystemPrompt): HubRequest {
  const end = request.messages.findIndex((message) => !isSystem(message));
  const leading = (end < 0 ? request.messages : request.messages.slice(0, end)).filter(isSystem);
  const said = leading.flatMap(({ parts }) => parts.map(({ text }) => text));
  // It stands there already when the call comes from another Switchyard with the same setting.
  const isPrepended = said.some((text) => text === prompt.prepend || text.startsWith(`${prompt.prepend}\n`));
  const isAppended = said.some((text) => text === prompt.append || text.endsWith(`\n${prompt.append}`));
  const before = isPrepended ? [] : textParts(prompt.prepend);
  const behind = isAppended ? [] : textParts(prompt.append);
  if (before.length === 0 && behind.length === 0) return request;
  const base: readonly SystemMessage[] = leading.length === 0 ? [{ role: "system", parts: [] }] : leading;
  const extended = base.map((message, index) => ({
    ...message,
    parts: [...(index === 0 ? before : []), ...message.parts, ...(index === base.length - 1 ? behind : [])],
  }));
  return { ...request, messages: [...extended, ...request.messages.slice(leading.length)] };
}

type SystemMessage = Extract<HubMessage, { role: "system" | "developer" }>;

function isSystem(message: HubMessage): message is SystemMessage {
  return message.role === "system" || message.role === "developer";
}

function textParts(text: string | undefined): readonly TextPart[] {
  return isSaid(text) ? [{ type: "text", text }] : [];
}

function isSaid(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}
