/** A client that hangs up on the last frame of its answer, as Codex does over HTTP/2 (late 2026), has all it asked for. */
import { connect } from "node:http2";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import { sayHello } from "../support/provider-turn.ts";
import { tlsThrough } from "../support/proxy-clients.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
const host = "api.openai.com";
let provider: FakeProvider;
let core: CoreProcess;

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat({ gapMs: 2 }));
  core = await stage.startCore({
    config: {
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "none" } },
      routes: [{ match: { host }, to: "local/local-model" }],
    },
  });
});
afterAll(() => stage.close());

it("a client that resets its stream on the last frame leaves a finished flow behind", async () => {
  provider.answerWith(sayHello);
  const socket = await tlsThrough(core, host, { alpn: ["h2"] });
  const session = connect(`https://${host}`, { createConnection: () => socket });
  session.on("error", () => {});
  stage.opened.later(() => session.destroy());
  const body = JSON.stringify({ model: "gpt-5", input: "Say hello.", stream: true, store: false });
  for (let round = 0; round < 3; round += 1) {
    const stream = session.request({ ":method": "POST", ":path": "/v1/responses", "content-type": "application/json" });
    stream.on("error", () => {});
    stream.end(body);
    await within(
      "the last frame",
      new Promise<void>((resolve) => {
        let text = "";
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          if (!/event: response\.completed\ndata: .*\n\n/.test(text)) return;
          stream.close(8); // CANCEL
          resolve();
        });
      }),
    );
  }
  await core.flow("the last flow", () => true);
  const flows = await core.flows();
  expect(flows.filter(({ host: to }) => to === host).map(({ state }) => state)).toEqual(["done", "done", "done"]);
});
