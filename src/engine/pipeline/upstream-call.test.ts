/** A Kiro call that stays Kiro's: the model stands inside the conversation, and our tags must not reach its backend. */
import { describe, expect, it } from "vitest";
import { kiroRequest } from "../../../test/support/kiro-client.ts";
import type { Exchange } from "../../base/exchange.ts";
import { bodyOf } from "../../base/http.ts";
import type { JsonObject } from "../formats/format.ts";
import { kiro } from "../formats/kiro/index.ts";
import { writeCarrier } from "../hub/carrier.ts";
import type { Provider } from "../providers/provider.ts";
import type { ClientCall } from "./read-client.ts";
import { losslessCall, type LosslessChanges } from "./upstream-call.ts";

const origin = { scheme: "https", host: "kiro.test", port: 443, authority: "kiro.test" } as const;
const provider: Provider = {
  id: "kiro",
  format: "kiro",
  origin,
  origins: [origin],
  target: (path) => path,
  authorize: () => [],
  writeOptions: (model) => ({ model, maxTokensDefault: 1000 }),
};
const exchange: Exchange = {
  method: "POST",
  scheme: "https",
  host: "runtime.us-east-1.kiro.dev",
  port: 443,
  target: "/",
  headers: [
    ["X-Amz-Target", "KiroRuntimeService.GenerateAssistantResponse"],
    ["Content-Type", "application/x-amz-json-1.0"],
    ["Authorization", "Bearer the-clients-own"],
  ],
  client: "kiro",
  protocol: "http/1.1",
  authorized: true,
  body: bodyOf(new Uint8Array()),
  signal: new AbortController().signal,
  tap: { id: "flow-1", head: () => {}, chunk: () => {}, tell: () => {} },
};
const unchanged: LosslessChanges = { systemPrompt: null, thinking: null, withoutBlobs: false };

function sent(text: string, model: string, changes: Partial<LosslessChanges> = {}): ReturnType<typeof losslessCall> {
  // Each test's own JSON object.
  const value = JSON.parse(text) as JsonObject;
  const call: ClientCall = {
    ...kiro.client.shape(value, "/"),
    format: kiro,
    reads: kiro,
    variant: "aws-json",
    target: "/",
    body: Buffer.from(text),
    value,
  };
  return losslessCall(exchange, call, provider, model, { ...unchanged, ...changes });
}

const bodyText = ({ upstream }: ReturnType<typeof losslessCall>): string => Buffer.from(upstream.body).toString();

describe("a Kiro call to another account of Kiro", () => {
  it("is the client's own bytes where the model stays the same", () => {
    const text =
      '{ "conversationState":{"currentMessage":{"userInputMessage":{"content":"caf\\u00e9","modelId" : "m","n":12345678901234567890}}}}';
    const { upstream, changed } = sent(text, "m");
    expect(Buffer.from(upstream.body).toString()).toBe(text);
    expect(changed).toEqual([]);
    expect(upstream.path).toBe("/");
    expect(upstream.headers).toEqual([
      ["X-Amz-Target", "KiroRuntimeService.GenerateAssistantResponse"],
      ["Content-Type", "application/x-amz-json-1.0"],
    ]);
  });

  it("has another model's name inside, and never one at the top, which the service refuses", () => {
    const body = kiroRequest({ content: "hi", modelId: "asked" }, {}, [
      { userInputMessage: { content: "1", modelId: "asked" } },
    ]);
    const expected = kiroRequest({ content: "hi", modelId: "other" }, {}, [
      { userInputMessage: { content: "1", modelId: "other" } },
    ]);
    expect(JSON.parse(bodyText(sent(JSON.stringify(body), "other")))).toEqual(expected);
  });

  it("has another model's name and no tag of ours, both at once", () => {
    const signature = writeCarrier({ from: { format: "claude" }, signature: "s" });
    const thought = { content: "a", reasoningContent: { reasoningText: { text: "t", signature } } };
    for (const model of ["asked", "other"]) {
      const body = kiroRequest({ content: "hi", modelId: "asked" }, {}, [{ assistantResponseMessage: thought }]);
      const text = bodyText(sent(JSON.stringify(body), model));
      expect(text).not.toContain("switchyard.");
      expect(JSON.parse(text)).toEqual(
        kiroRequest({ content: "hi", modelId: model }, {}, [{ assistantResponseMessage: { content: "a" } }]),
      );
    }
  });

  it("takes the settings' words and wishes", () => {
    const body = JSON.stringify(kiroRequest({ content: "hi" }));
    const { upstream, changed } = sent(body, "claude-opus-4.8", {
      systemPrompt: { prepend: "First." },
      thinking: { wish: { mode: "level", level: "low" }, why: "because" },
    });
    expect(changed).toHaveLength(2);
    expect(JSON.parse(Buffer.from(upstream.body).toString())).toEqual({
      ...kiroRequest({ content: "First.\n\nhi", modelId: "claude-opus-4.8" }),
      additionalModelRequestFields: { thinking: { type: "adaptive" }, output_config: { effort: "low" } },
    });
  });
});
