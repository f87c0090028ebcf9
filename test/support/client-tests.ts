/**
 * What every client has to get done through `switchyard run`, in each of its scenarios, while its own provider cannot be
 * reached and another one answers in another dialect. What a test has shown is noted for docs/clients.md.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { clientPackages, node24, type TestedClient } from "./client-list.ts";
import { isFirst, type Shown } from "./client-results.ts";
import { scenariosOf, type Scenario } from "./client-scenarios.ts";
import { startClientStage, type ClientStage } from "./client-stage.ts";
import { besides, isMainCall, looksInto } from "./client-turns.ts";
import type { FakeProvider } from "./fake-providers.ts";
import { serviceHosts } from "./fake-services.ts";
import { createStage } from "./fixture.ts";
import { installPackage } from "./install.ts";
import type { Answer, Asked } from "./provider-turn.ts";
import { run, type Ran, type RunOptions } from "./proxy-clients.ts";
import { tempFolder, type TempFolder } from "./temp.ts";
import { waitFor } from "./wait.ts";

const turnMs = 120_000;

export interface ClientTests {
  /** Nothing is installed, nothing runs. */
  readonly skip?: boolean;
  /** The first scenario alone, and of it what shows that the client works. */
  readonly brief?: boolean;
}

export function testClient(client: TestedClient, { skip = false, brief = false }: ClientTests = {}): void {
  const { title, version } = clientPackages[client];
  describe.skipIf(skip)(`${title} ${version}`, { timeout: turnMs + 60_000 }, () => {
    describeClient(client, brief);
  });
}

function describeClient(client: TestedClient, brief: boolean): void {
  const stage = createStage();
  const [first, ...others] = scenariosOf(client);
  const scenarios = first === undefined ? [] : brief ? [first] : [first, ...others];
  let on: ClientStage;
  let program: readonly string[];

  beforeAll(async () => {
    program = await programOf(client);
    on = await startClientStage(stage, client, scenarios);
  }, 600_000);
  afterAll(() => stage.close());

  describe.each(scenarios.map((scenario) => [`${scenario.how}, answered in ${scenario.served}`, scenario] as const))(
    "%s",
    (_title, scenario) => {
      let home: TempFolder;
      let provider: FakeProvider;
      /** What the model was asked in the running test, errands left out. */
      let asked: Asked[];
      let flowsBefore: number;
      let seenBefore: number;

      beforeAll(() => {
        provider = on.fake(scenario.served);
        home = stage.opened.add(tempFolder(scenario.id));
        scenario.prepare?.(home);
        home.file("work/README.md", "# A folder to work in\n");
      });
      const begin = async (answer: Answer): Promise<void> => {
        asked = [];
        flowsBefore = (await on.modelFlows()).length;
        seenBefore = provider.seen.length;
        provider.answerWith((one, nth) => {
          if (isMainCall(one)) asked.push(one);
          return besides(answer)(one, nth);
        });
      };
      const options = (more: RunOptions = {}): RunOptions => ({
        cwd: join(home.path, "work"),
        timeoutMs: turnMs,
        ...more,
        env: { HOME: home.path, ...scenario.env, ...more.env },
      });
      const throughRun = (prompt: string, more?: RunOptions): Promise<Ran> =>
        on.core.cliWith(options(more), "run", "--", ...program, ...scenario.args(prompt));
      const statuses = (): readonly number[] => provider.seen.slice(seenBefore).map(({ status }) => status);

      // Whatever a test was about: nothing went anywhere it should not.
      afterEach(async () => {
        expect(on.services.modelCalls).toEqual([]);
        const isRefused = (host: string): boolean => scenario.refused.some((known) => known.test(host));
        const tunnelled = (await on.flows()).filter(({ action }) => action === "tunnel").map(({ host }) => host);
        expect(tunnelled.filter((host) => !serviceHosts.includes(host) && !isRefused(host))).toEqual([]);
        expect(on.refused.filter((name) => !isRefused(name.replace(/:443$/, "")))).toEqual([]);
        expect(on.lookedUp ?? []).toEqual([]);
        const told = JSON.stringify(provider.seen.map(({ headers, text }) => [headers, text]));
        expect(scenario.secrets.filter((secret) => told.includes(secret))).toEqual([]);
      });

      it("answers a prompt", async (context) => {
        shows(context, scenario, "text");
        const token = `greeting-${randomBytes(9).toString("hex")}`;
        await begin(() => ({ type: "text", text: `All is well: ${token}.` }));
        const ran = await throughRun("Say that all is well.");
        expect(ran).toMatchObject({ code: 0 });
        expect(ran.stdout).toContain(token);
        expect(asked.map(({ userTexts }) => userTexts.join(" "))[0]).toContain("Say that all is well.");
      });

      it("reads a file with its own tool and tells what is in it", async (context) => {
        shows(context, scenario, "tool");
        const token = `token-${randomBytes(12).toString("hex")}`;
        const file = home.file("work/notes/secret.txt", `${token}\n`);
        await begin(looksInto(file));
        const ran = await throughRun("Read the file notes/secret.txt and tell me what it says.");
        expect(ran).toMatchObject({ code: 0 });
        expect(ran.stdout).toContain(token);
        const calls = provider.seen.slice(seenBefore);
        expect(calls.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
        expect(asked).toHaveLength(2);
        expect(JSON.stringify(asked[0])).not.toContain(token);
        expect(asked[1]?.toolResults.join()).toContain(token);
        // What a model thought and signed has to come back to it, whatever the client between them makes of it.
        if (asked[0]?.thinking.isOn === true && scenario.served !== "openai-chat") {
          expect(asked[1]?.blobs.length).toBeGreaterThan(0);
        }

        const flows = (await on.modelFlows()).slice(flowsBefore).filter(({ action }) => action !== "bypass");
        expect(flows.length).toBeGreaterThanOrEqual(2);
        for (const flow of flows) {
          expect(flow).toMatchObject({
            client,
            action: "reroute",
            state: "done",
            status: 200,
            formats: { client: scenario.speaks, upstream: scenario.served },
            provider: `fake-${scenario.served}`,
          });
        }
      });

      if (!isFirst(scenario) || brief) return;

      it("waits when the provider is busy, and ends well", async (context) => {
        shows(context, scenario, "busy");
        const token = `after-all-${randomBytes(6).toString("hex")}`;
        let refusals = 0;
        await begin(() => {
          refusals += 1;
          if (refusals === 1) return { type: "error", status: 429, message: "slow down", retryAfterSeconds: 1 };
          return { type: "text", text: `Here ${token}.` };
        });
        const ran = await throughRun("Say something.");
        expect(ran).toMatchObject({ code: 0 });
        expect(ran.stdout).toContain(token);
        expect(statuses()).toContain(429);
      });

      it(`${scenario.onCut} when an answer breaks off, and takes no half for a whole`, async (context) => {
        shows(context, scenario, "cut");
        const token = `whole-${randomBytes(6).toString("hex")}`;
        let answers = 0;
        await begin(() => {
          answers += 1;
          const text = `This begins well and then goes on for a while until it comes to its end: ${token}.`;
          return answers === 1 ? { type: "cut", text, afterEvents: 8 } : { type: "text", text };
        });
        const ran = await throughRun("Tell me a story.");
        if (scenario.onCut === "asks again") {
          expect(ran).toMatchObject({ code: 0 });
          expect(ran.stdout).toContain(token);
          expect(asked.length).toBeGreaterThanOrEqual(2);
        } else {
          expect(ran.code).not.toBe(0);
          expect(ran.stdout).not.toContain(token);
        }
        const [broken] = (await on.modelFlows()).slice(flowsBefore).filter(({ state }) => state !== "done");
        expect(broken).toMatchObject({ action: "reroute", state: "truncated" });
      });

      it("is stopped by Ctrl-C, and its call with it", async (context) => {
        shows(context, scenario, "stopped");
        await begin(() => ({ type: "silence" }));
        const isAsked = waitFor("the model to be asked", () => asked.length > 0, turnMs);
        const signal = isAsked.then((): NodeJS.Signals => "SIGINT");
        const ran = await throughRun("Think for ever.", { signal });
        expect(ran.code).not.toBeNull();
        const givenUp = (): boolean => provider.seen.slice(seenBefore).some((one) => one.abandoned);
        await waitFor("the call to be given up", givenUp, 30_000);
      });

      it("needs no more than one variable for trust and one for the proxy", async (context) => {
        shows(context, scenario, "alone");
        await begin(() => ({ type: "text", text: "Two will do." }));
        const env = await shellVariables(on);
        const few = { HTTPS_PROXY: env["HTTPS_PROXY"] ?? "", [scenario.trust]: env[scenario.trust] ?? "" };
        const [command = "", ...args] = [...program, ...scenario.args("Say something.")];
        const ran = await run(command, args, options({ env: few }));
        expect(ran).toMatchObject({ code: 0 });
        expect(ran.stdout).toContain("Two will do.");
      });
    },
  );

  it("hands the client's own exit code on", async () => {
    const home = stage.opened.add(tempFolder(client));
    const options: RunOptions = { cwd: home.path, timeoutMs: turnMs, env: { HOME: home.path } };
    const [command = "", ...args] = program;
    const direct = await run(command, [...args, "--no-such-flag"], options);
    const through = await on.core.cliWith(options, "run", "--", ...program, "--no-such-flag");
    expect(direct.code).not.toBe(0);
    expect(through.code).toBe(direct.code);
  });
}

async function programOf(client: TestedClient): Promise<readonly string[]> {
  const wanted = clientPackages[client];
  const program = await installPackage(wanted);
  if (!wanted.needsNode) return [program];
  return [await installPackage(node24), program];
}

/** What the running test is about; the reporter reads it when it has ended, well or not. */
function shows({ task }: TestContext, { id }: Scenario, what: Shown["what"]): void {
  const shown: Shown = { scenario: id, what };
  Object.assign(task.meta, { shown });
}

/** What `switchyard env` would set. */
async function shellVariables(on: ClientStage): Promise<Readonly<Record<string, string>>> {
  const printed = await on.core.cli("env", "--shell", "dotenv");
  return Object.fromEntries(
    [...printed.stdout.matchAll(/^(\w+)="(.*)"$/gm)].map(([, name = "", value = ""]) => [name, value] as const),
  );
}
