/**
 * What a translation could not carry, in words a person can read in the flow. The topics are a closed set, so that
 * the screen can group them; the detail says which thing it was.
 */
const lossTopics = [
  "cache-mark", // a wish to cache that the target has no field for
  "citation",
  "document",
  "image",
  "message", // a message moved, merged or left out to make the history legal
  "message-order", // parts stand in another order than the client wrote them
  "parameter", // a request field the target does not know
  "prefill",
  "refusal",
  "reply", // something in the answer that the client's dialect has no word for
  "response-format",
  "server-block", // what a provider's own tool left in the history
  "server-tool", // a tool only its own provider can run
  "stop-sequences",
  "system-message",
  "thinking",
  "thinking-signature",
  "tool",
  "tool-arguments",
  "tool-choice",
  "tool-result",
] as const;
export type LossTopic = (typeof lossTopics)[number];

export type Loss = `${LossTopic}: ${string}`;

export function loss(topic: LossTopic, detail: string): Loss {
  return `${topic}: ${detail}`;
}

/** Collects losses in order; the same sentence is kept once. */
export interface Losses {
  add(topic: LossTopic, detail: string): void;
  list(): readonly Loss[];
}

export function createLosses(): Losses {
  const seen = new Set<Loss>();
  return {
    add: (topic, detail) => void seen.add(loss(topic, detail)),
    list: () => [...seen],
  };
}
