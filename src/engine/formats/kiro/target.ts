/** What a Kiro call wants, where it goes at another host of its kind, and under which model's name. */
import { isRecord } from "../../../base/json.ts";
import type { CallShape, JsonObject } from "../format.ts";
import { modelOf, withTurns } from "./conversation.ts";

/** Kiro always streams. */
export function shape(body: unknown): CallShape {
  return { operation: "reply", model: modelOf(body), stream: true };
}

/** The path form keeps its path; the other form is named by its header, which goes along. */
export function callTarget(target: string): string {
  const [path = "", query] = target.split("?", 2);
  const tail = query === undefined || query === "" ? "" : `?${query}`;
  return `${path.includes("generateAssistantResponse") ? "/generateAssistantResponse" : "/"}${tail}`;
}

/** Every message of the user names the model it was for; those that do are given this name, the asked one always. */
export function withInnerModel(body: JsonObject, model: string): JsonObject {
  let asked: unknown;
  const state = body["conversationState"];
  if (isRecord(state) && isRecord(state["currentMessage"])) asked = state["currentMessage"]["userInputMessage"];
  return withTurns(body, {
    user(message) {
      const isNamed = Object.hasOwn(message, "modelId") || message === asked;
      return !isNamed || message["modelId"] === model ? message : { ...message, modelId: model };
    },
  });
}
