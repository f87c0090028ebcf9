/** Kiro's clients, answered by another Kiro login: their bytes and headers stay, the profile and the token are the login's. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { resolvePaths } from "../../src/base/paths.ts";
import { own } from "../../src/base/json.ts";
import { connectControl } from "../../src/control/client.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeKiroAuth, type FakeKiroAuth } from "../support/fake-auth/kiro.ts";
import { writeRecord } from "../support/fake-backends-logins.ts";
import { startFakeBackends } from "../support/fake-backends.ts";
import { startFakeKiro, type FakeKiro } from "../support/fake-kiro.ts";
import { createStage } from "../support/fixture.ts";
import { askKiro, collectTurn, kiroRequest } from "../support/kiro-client.ts";

const stage = createStage();
const hosts = [
  "q.us-east-1.amazonaws.com",
  "codewhisperer.us-east-1.amazonaws.com",
  "runtime.us-east-1.kiro.dev",
] as const;
let auth: FakeKiroAuth;
let kiro: FakeKiro;
let core: CoreProcess;

beforeAll(async () => {
  auth = stage.opened.add(await startFakeKiroAuth());
  kiro = stage.opened.add(await startFakeKiro({ isGood: (token) => auth.isGood(token) }));
  const backends = stage.opened.add(
    await startFakeBackends(
      stage.ca,
      hosts.map((host) => ({ host, port: () => kiro.port })),
    ),
  );
  core = await stage.startCore({
    dial: backends.dial,
    config: { routes: [{ match: { model: "auto" }, to: "kiro/claude-sonnet-4.6" }] },
  });
  const { accessToken, refreshToken } = auth.issue();
  const facts = { authMethod: "social", profileArn: auth.profileArn };
  writeRecord(core.home, {
    provider: "kiro",
    name: "me",
    access: accessToken,
    refresh: refreshToken,
    extra: {},
    facts,
    expiresInMs: 3_600_000,
  });
  await connectControl(resolvePaths({ SWITCHYARD_HOME: core.home })).reloadAccounts();
}, 90_000);
afterAll(() => stage.close());

it.each([
  ["path", hosts[0]],
  ["target", hosts[2]],
] as const)("in the form by %s", async (form, host) => {
  const asked = kiroRequest({ content: "Say hello.", modelId: "auto" });
  const body = { ...asked, profileArn: "arn:aws:codewhisperer:us-east-1:1:profile/THEIRS" };
  const answer = await askKiro({ form, origin: `https://${host}`, body, through: core });
  expect(answer.status).toBe(200);
  const turn = await collectTurn(answer.events());
  expect(JSON.stringify(turn)).toContain("Hello from the fake provider.");
  const last = kiro.asked.at(-1);
  expect(last).toMatchObject({
    status: 200,
    rule: null,
    host: hosts[0],
    path: form === "path" ? "/generateAssistantResponse" : "/",
  });
  expect(last?.body["profileArn"]).toBe(auth.profileArn);
  expect(own(own(own(last?.body["conversationState"], "currentMessage"), "userInputMessage"), "modelId")).toBe(
    "claude-sonnet-4.6",
  );
  expect(last?.headers["x-amzn-kiro-agent-mode"]).toBe("vibe");
  expect(last?.headers["user-agent"]).not.toContain("Switchyard");
  expect(last?.headers["amz-sdk-invocation-id"]).toBe("00000000-0000-4000-8000-000000000009");
  const flow = await core.flow(
    "the call with its usage",
    ({ usage, model }) => usage !== null && model.asked === "auto",
  );
  expect(flow.usage).toMatchObject({ input: 42, output: 7 });
});
