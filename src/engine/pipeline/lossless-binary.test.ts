import { describe, expect, it } from "vitest";
import { bodyOf } from "../../base/http.ts";
import { endEnvelope, envelope } from "../codecs/connect.ts";
import { encodeMessage } from "../formats/cursor/wire/schema.ts";
import { createRig } from "./__fixtures__/rig.ts";

const headers = [
  ["host", "api2.cursor.sh"],
  ["content-type", "application/connect+proto"],
  ["authorization", "Bearer the-client's-own"],
] as const;
const request = encodeMessage("ChatRequest", {
  conversation: [{ text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b" }],
  modelDetails: { modelName: "gpt-5.1" },
});

describe("the same binary dialect on both sides", () => {
  it("is written anew: in a body that is not JSON no model can be exchanged for another", async () => {
    const yaml = `accounts: [{ provider: cursor, name: work, api_key: "\${A}", accept_terms: true }]\nroutes: [{ to: cursor/other-model }]`;
    const rig = createRig(yaml, () => ({
      status: 200,
      headers: [["content-type", "application/connect+proto"]],
      body: bodyOf(endEnvelope()),
    }));
    const target = "/aiserver.v1.ChatService/StreamUnifiedChat";
    await rig.ask({ host: "api2.cursor.sh", target, headers, raw: envelope(request) });
    const [sent] = rig.sent;
    expect(sent?.request.target).toBe("/agent.v1.AgentService/Run");
    const body = (await sent?.request.body[Symbol.asyncIterator]().next())?.value;
    expect(Buffer.from(body ?? []).toString()).toContain("other-model");
    expect(JSON.stringify(sent?.request.headers)).not.toContain("the-client's-own");
  });
});
