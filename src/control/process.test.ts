import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../test/support/temp.ts";
import { waitFor } from "../../test/support/wait.ts";
import { type Paths, resolvePaths } from "../base/paths.ts";
import { CoreStartError, findCore, type RunningCore, spawnCore } from "./process.ts";

const folders: TempFolder[] = [];
const cores: RunningCore[] = [];
afterEach(async () => {
  for (const core of cores.splice(0)) await core.client.stopCore().catch(() => {});
  for (const folder of folders.splice(0)) folder.close();
});

/** A program that answers `start` as ours does: status on the control socket, or a failure on stderr. */
const answering = `
  import { createServer } from "node:http";
  import { mkdirSync } from "node:fs";
  import { dirname } from "node:path";
  const socket = process.env.TEST_SOCKET;
  mkdirSync(dirname(socket), { recursive: true });
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ running: true, pid: process.pid, args: process.argv.slice(2) }));
    if (request.url === "/api/stop") { server.close(); server.closeIdleConnections(); }
  });
  server.listen(socket);
`;
const failing = `process.stderr.write("error: the port is taken\\n"); process.exit(4);`;

function program(source: string): { paths: Paths; cliPath: string; env: NodeJS.ProcessEnv } {
  const folder = tempFolder("process");
  folders.push(folder);
  const env = { SWITCHYARD_HOME: folder.path, PATH: process.env["PATH"] };
  const paths = resolvePaths(env);
  return { paths, cliPath: folder.file("cli.mjs", source), env: { ...env, TEST_SOCKET: paths.controlSocket } };
}

describe("core processes", () => {
  it("are not found where none is", async () => {
    expect(await findCore(program(answering).paths)).toBeNull();
  });

  it("are started in the background and found by their socket", async () => {
    const { paths, cliPath, env } = program(answering);
    const core = await spawnCore({ paths, env, cliPath, startArguments: ["--port", "0"] });
    cores.push(core);
    expect(core.status).toMatchObject({ args: ["start", "--child", "--port", "0"] });
    expect((await findCore(paths))?.status.pid).toBe(core.status.pid);
    await core.client.stopCore();
    await waitFor("the end", async () => (await findCore(paths)) === null);
  });

  it("say why they did not start, with their exit code", async () => {
    const { paths, cliPath, env } = program(failing);
    const failure: unknown = await spawnCore({ paths, env, cliPath }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CoreStartError);
    expect(failure).toMatchObject({ exitCode: 4, output: "error: the port is taken" });
  });
});
