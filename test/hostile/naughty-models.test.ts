/**
 * Naughty strings as the name of a model: asked of the port itself, it goes to the provider's address or body. It gets
 * there as it is, or an error comes back in the client's dialect; the request line and the head stay what they are.
 */
import { describe, expect, it } from "vitest";
import { isRecord, own, parseJson } from "../../src/base/json.ts";
import { callOf } from "../../src/engine/pipeline/__fixtures__/clients.ts";
import { createRig, json } from "../../src/engine/pipeline/__fixtures__/rig.ts";
import { chatWhole, geminiWhole } from "../../src/engine/pipeline/__fixtures__/wire.ts";
import { isWritableField, isWritableRequestLine } from "../../src/intercept/h1/head.ts";
import { naughtyStrings, shown } from "../vectors/naughty-strings.ts";

const providers = `
providers:
  chat: { type: openai-compatible, endpoint: "http://127.0.0.1:8000/v1" }
  gemini: { type: gemini-compatible, endpoint: "http://127.0.0.1:8001", auth_type: none }
`;

/** Names that are asked for in another way: a pattern, or a wish to think in brackets behind the name. */
const isPattern = (text: string): boolean => text.startsWith("*") || /\(\w+\)$/.test(text);

describe.each(["chat", "gemini"] as const)("a model of a %s provider", (provider) => {
  it("is one name in the request, or refused in the client's dialect", async () => {
    const rig = createRig(providers, ({ request }) => json(200, request.port === 8000 ? chatWhole : geminiWhole));
    const faults: string[] = [];
    let asked = 0;
    for (const one of naughtyStrings) {
      rig.sent.length = 0;
      rig.facts.length = 0;
      const call = callOf("openai-chat", false, { model: `${provider}/${one.text}` });
      const answer = await rig.ask({ ...call, host: "127.0.0.1", gateway: { provider: null } });
      const fault = (what: string): void => void faults.push(`${shown(one)}: ${what}`);
      if (rig.facts.some((fact) => fact.type === "why" && fact.step["kind"] === "internal")) fault("a fault of ours");
      if (!answer.headers.every(([name, value]) => isWritableField(name, value))) fault("an answer's field");
      const said = parseJson(answer.text);
      if (!said.ok || !isRecord(said.value)) fault("an answer that is no JSON");
      else if (answer.status !== 200 && !isRecord(own(said.value, "error"))) fault(`status ${answer.status}, no error`);
      for (const { request, json: body } of rig.sent) {
        asked += 1;
        if (!isWritableRequestLine(request.method, request.target)) fault(`the target ${request.target}`);
        if (!request.headers.every(([name, value]) => isWritableField(name, value))) fault("a field");
        if (provider === "chat" && !isPattern(one.text) && body["model"] !== one.text)
          fault(`the model ${JSON.stringify(body["model"])}`);
        // What a server takes for the path is below the models, wherever the name would like to go.
        const { pathname, search } = new URL(request.target, "http://127.0.0.1");
        const place = provider === "chat" ? "/v1/chat/completions" : "/v1beta/";
        if (!pathname.startsWith(place) || search !== "") fault(`the address ${pathname}${search}`);
      }
    }
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(400);
  });
});
