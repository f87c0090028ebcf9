import { describe, expect, it } from "vitest";
import { bodyOf } from "../../base/http.ts";
import { endEnvelope, envelope } from "../codecs/connect.ts";
import { decodeRequest, chatModel } from "../formats/cursor/decode-request.ts";
import { encodeMessage } from "../formats/cursor/wire/schema.ts";
import { createRig } from "./__fixtures__/rig.ts";

const target = "/aiserver.v1.ChatService/StreamUnifiedChat";
const headers = [
  ["host", "api2.cursor.sh"],
  ["content-type", "application/connect+proto"],
  ["authorization", "Bearer the-client's-own"],
] as const;
/** Field 999 is nobody's: of a client that is newer than this program. */
const unknown = Buffer.from([0xba, 0x3e, 2, 0x68, 0x69]);
const request = Buffer.concat([
  encodeMessage("ChatRequest", {
    conversation: [{ text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b" }],
    modelDetails: { modelName: "gpt-5.1" },
  }),
  unknown,
]);
const answer = Buffer.concat([envelope(encodeMessage("ChatResponse", { text: "Hello" })), endEnvelope()]);

describe("the same binary dialect on both sides", () => {
  it.each(["", "settings: { system_prompt: { mode: append, text: Be brief. } }\n"])(
    "a message gets another model's name and is a message still: %j",
    async (settings) => {
      const yaml = `${settings}accounts: [{ provider: cursor, name: work, api_key: "\${A}" }]\nroutes: [{ to: cursor/other-model }]`;
      const rig = createRig(yaml, () => ({
        status: 200,
        headers: [["content-type", "application/connect+proto"]],
        body: bodyOf(answer),
      }));
      const reply = await rig.ask({ host: "api2.cursor.sh", target, headers, raw: envelope(request) });
      expect(reply.text).toBe(answer.toString());
      const [sent] = rig.sent;
      const body: Uint8Array[] = [];
      for await (const chunk of sent?.request.body ?? []) body.push(chunk);
      const bytes = Buffer.concat(body);
      const read = decodeRequest(bytes, { target, headers });
      expect(read.ok && chatModel(read.value)).toBe("other-model");
      expect(bytes.includes(unknown)).toBe(true);
      expect(JSON.stringify(sent?.request.headers)).not.toContain("the-client's-own");
    },
  );
});
