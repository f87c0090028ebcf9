/** Cursor's service as the provider, cut at any byte of its HTTP/2 connection: never an answer that looks complete. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeCursor } from "../support/fake-cursor.ts";
import { createStage } from "../support/fixture.ts";
import { builtCli, removeBuilt } from "./board/subjects.ts";
import { ask } from "./chaos/client.ts";
import { dialects } from "./chaos/dialects.ts";
import { startLink, type Link } from "./chaos/link.ts";

const stage = createStage();
const token = "cursor-one-0123456789";
let link: Link;
let core: CoreProcess;
let key: string;

beforeAll(async () => {
  const cursor = stage.opened.add(await startFakeCursor({ tokens: [token] }));
  link = stage.opened.add(await startLink(Number(new URL(cursor.url).port)));
  core = await stage.startCore({
    program: [await builtCli()],
    config: {
      providers: {
        cut: {
          type: "cursor",
          endpoint: `http://127.0.0.1:${link.port}`,
          auth_type: "api_key",
          cooldown: { base_ms: 1, max_ms: 1, max_reset_ms: 1 },
        },
      },
      accounts: [{ provider: "cut", name: "one", api_key: token, accept_terms: true }],
    },
  });
  key = (await openApi(core.home)).clientKey;
}, 60_000);
afterAll(async () => {
  await stage.close();
  await removeBuilt();
});

const chat = dialects["openai-chat"];
const wholeText = /Hello from[^]*the fake provider\./;

/** What a client of the gateway could wrongly believe; null: nothing. `whole` counts answers that were complete. */
async function askOnce(): Promise<{
  readonly lie: string | null;
  readonly isComplete: boolean;
  readonly text: string;
}> {
  const got = await ask({
    road: { type: "gateway", url: core.url },
    wire: "h1",
    host: "127.0.0.1",
    path: chat.path("m"),
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: chat.body("cut/test-model", "Say hello."),
  });
  const text = got.body.toString("utf8");
  const looksComplete = got.status === 200 && (got.isWhole || chat.isFinished(got.body));
  const isComplete = looksComplete && wholeText.test(text);
  return {
    lie: got.hangs || (looksComplete && !isComplete) ? `${got.status}: ${text.slice(-200)}` : null,
    isComplete,
    text,
  };
}

it.each(["FIN", "RST"] as const)("cut with %s", { timeout: 120_000 }, async (how) => {
  const lies: string[] = [];
  let complete = 0;
  for (let at = 9; at < 420; at += 29) {
    link.plan({ toClient: { cut: { at, how } } });
    link.drop();
    const { lie, isComplete } = await askOnce();
    if (isComplete) complete += 1;
    if (lie !== null) lies.push(`after ${at} bytes: ${lie}`);
  }
  expect(lies).toEqual([]);
  link.plan({});
  // Most of them were cut before the end, and a whole one still arrives; the connection that stands may be cut yet.
  expect(complete).toBeLessThan(13);
  await askOnce();
  expect(await askOnce()).toMatchObject({ text: expect.stringMatching(wholeText), isComplete: true });
});
