/**
 * `switchyard demo`: everything on this machine and for a moment. A loopback provider that speaks OpenAI Chat, an
 * unmodified client that speaks Claude Messages to api.anthropic.com, two rules and two accounts between them, and the
 * screen on it.
 * The home is a temporary folder; nothing is left behind.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchEnv } from "../base/launch-env.ts";
import type { FlowJson } from "../base/controls.ts";
import { resolvePaths } from "../base/paths.ts";
import { findCore } from "../control/process.ts";
import { childExitCode } from "./child.ts";
import { type CommandContext, isInteractive, printLines } from "./context.ts";
import { demoKeys, demoModels, startDemoProvider } from "./demo-provider.ts";
import { spawnWith } from "./ensure-core.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { flowTable } from "./flows.ts";
import { stop } from "./stop.ts";
import { openScreen } from "./tui.ts";

/** On a screen the client goes on until the user has seen enough. */
const roundsOnScreen = 1000;
const pauseOnScreenMs = 1500;
const settleMs = 2_000;

export async function demo(context: CommandContext): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), "switchyard-demo-"));
  const provider = await startDemoProvider();
  // The user's own settings have no part in this.
  const { SWITCHYARD_CONFIG: _file, SWITCHYARD_DATA_DIR: _folder, SWITCHYARD_HOST: _host, ...others } = context.env;
  const env = { ...others, SWITCHYARD_HOME: home };
  const inside: CommandContext = { ...context, env, paths: resolvePaths(env, context.platform) };
  // A Ctrl-C before the screen is up must still clean up.
  const unsubscribe = context.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => {});
  try {
    await writeFile(inside.paths.configFile, demoConfig(provider.url), { mode: 0o600 });
    const core = await spawnWith(inside, ["--port", "0", "--until-unused"]);
    const lease = await core.client.lease();
    try {
      return isInteractive(context) ? await onScreen(inside) : await asTable(inside);
    } finally {
      lease.release();
      await stop({ ...inside, stderr: { write: () => true } });
    }
  } finally {
    unsubscribe();
    await provider.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function onScreen(context: CommandContext): Promise<number> {
  const client = await startClient(context, [String(roundsOnScreen), String(pauseOnScreenMs)], "ignore");
  try {
    return await openScreen(context);
  } finally {
    client.kill();
  }
}

async function asTable(context: CommandContext): Promise<number> {
  const client = await startClient(context, ["1", "0"], "pipe");
  let output = "";
  for (const stream of [client.stdout, client.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const code = await childExitCode(client);
  const flows = await endedFlows(context);
  if (code !== 0 || flows.length === 0 || flows.some((flow) => flow.state !== "done" || flow.status !== 200)) {
    throw new CommandFailure(exitCodes.failure, "the demo did not go through", { why: output.trim() });
  }
  printLines(context.stdout, [
    "A client asked api.anthropic.com in Claude's dialect; two rules sent its calls to an OpenAI-Chat provider:",
    "",
    ...flowTable(flows),
    "",
    "What the client read:",
    ...output
      .trim()
      .split("\n")
      .map((line) => `  ${line}`),
  ]);
  return exitCodes.ok;
}

/** The client may have its last byte a moment before the core has written down the end. */
async function endedFlows(context: CommandContext): Promise<readonly FlowJson[]> {
  const core = await findCore(context.paths);
  if (core === null) return [];
  const deadline = context.clock.monotonic() + settleMs;
  for (;;) {
    const { flows, counts } = await core.client.flows();
    if (counts.live === 0 || context.clock.monotonic() > deadline) return flows;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function startClient(
  context: CommandContext,
  args: readonly string[],
  output: "ignore" | "pipe",
): Promise<ReturnType<typeof spawn>> {
  const core = await findCore(context.paths);
  if (core === null) throw new CommandFailure(exitCodes.notRunning, "the demo's core has stopped");
  const { host, port, proxyToken } = await core.client.secrets();
  const target = { certsDir: context.paths.certsDir, host, port, proxyToken };
  const { demoClientPath, execArgv } = context.program;
  return spawn(process.execPath, [...execArgv, demoClientPath, ...args], {
    stdio: ["ignore", output, output],
    env: { ...context.env, ...launchEnv(target, context.env) },
  });
}

function demoConfig(providerUrl: string): string {
  return `# Made by \`switchyard demo\`.
providers:
  demo:
    type: openai-compatible
    endpoint: ${providerUrl}
    auth_type: api_key
accounts:
  - { provider: demo, name: first, api_key: ${demoKeys.limited}, priority: 1 }
  - { provider: demo, name: spare, api_key: ${demoKeys.spare}, priority: 2 }
prices:
  "demo/${demoModels.large}": { input: 3, output: 15, cache_read: 0.3 }
  "demo/*": { input: 0.5, output: 2, cache_read: 0.05 }
routes:
  - match: { host: api.anthropic.com, model: "claude-haiku-*" }
    to: demo/${demoModels.small}
  - match: { host: api.anthropic.com, model: "claude-*" }
    to: demo/${demoModels.large}
`;
}
