/**
 * What a model behind the Responses API takes, told from its name; on top of what all of OpenAI's APIs share
 * (openai-models.ts). Names that are not OpenAI's get what servers of this dialect commonly take.
 */
import { chatModel, type ChatModel } from "../openai-models.ts";

export interface ResponsesModel extends ChatModel {
  /** Takes `reasoning` and gives encrypted reasoning back; others answer the wish for it with a 400. */
  readonly reasons: boolean;
  /** Freeform tools and `text.verbosity`: from GPT-5 on. */
  readonly freeform: boolean;
}

export function responsesModel(name: string): ResponsesModel {
  const bare = name.toLowerCase().replace(/^.*\//, "");
  const model = chatModel(name);
  // The chat models of GPT-5 do not reason whatever their number says (pydantic-ai#3326, late 2025).
  const isChatOnly = /^gpt-5.*-chat(-|$)/.test(bare);
  const isOld = /^(gpt-[34]|chatgpt-4|o\d)/.test(bare);
  return {
    ...model,
    ...(isChatOnly ? { efforts: [], noThinking: null } : {}),
    reasons: model.efforts.length > 0 && !isChatOnly,
    freeform: !isOld,
  };
}
