/** A client's request in the hub, made ready for one provider: what the ledger remembers and the settings ask for. */
import { withoutBlobs } from "../hub/without-blobs.ts";
import type { HubRequest } from "../hub/request.ts";
import type { AttemptInput } from "./attempt.ts";
import type { HubAsked } from "./read-asked.ts";
import { applySystemPrompt, systemPromptFor } from "./system-prompt.ts";
import { applyThinkingBudget, suffixSaid } from "./thinking-budget.ts";
import { systemPromptSaid } from "./upstream-call.ts";

export function prepareRequest(input: AttemptInput, asked: Pick<HubAsked, "request" | "recalled">): HubRequest {
  const { config, provider, exchange, tools, remedy } = input;
  const tell = (text: string): void => exchange.tap.tell({ type: "why", step: { stage: "translate", text } });
  let { request } = asked;
  if (asked.recalled > 0) tell(`${asked.recalled} of the items are remembered ones that the client only referred to`);
  if (remedy === "without-blobs") request = { ...request, messages: withoutBlobs(request.messages) };
  else {
    const { messages, count } = tools.ledger.reattach(request.messages);
    if (count > 0) {
      tell(
        `${count === 1 ? "one turn" : `${count} turns`} of the history got back the thinking that the client's dialect cannot carry`,
      );
      request = { ...request, messages };
    }
  }
  const budget =
    input.thinking === null
      ? applyThinkingBudget(request, config.settings.thinkingBudget)
      : { request: { ...request, thinking: input.thinking }, change: suffixSaid };
  if (budget.change !== null) tell(budget.change);
  const prompt = systemPromptFor(config, provider.id);
  if (prompt === null) return budget.request;
  const prompted = applySystemPrompt(budget.request, prompt);
  if (prompted !== budget.request) tell(systemPromptSaid);
  return prompted;
}
