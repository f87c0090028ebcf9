/** A core whose starter is gone: its window closed, its log reader killed. It has calls of others to carry on with. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createOpened } from "../support/opened.ts";
import { tempFolder } from "../support/temp.ts";
import { within } from "../support/wait.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const opened = createOpened();
afterAll(() => opened.closeAll());

describe("a core that nobody reads any more", () => {
  it("goes on serving, and does not complain about it to itself for ever", { timeout: 60_000 }, async () => {
    const home = opened.add(tempFolder("closed-output"));
    const args = ["--import", import.meta.resolve("tsx"), cli, "start", "--port", "0"];
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home.path,
      SWITCHYARD_HOME: home.path,
      // What cannot be read is a warning, and that is written where nobody reads.
      NODE_EXTRA_CA_CERTS: home.file("not-a-certificate.pem", "nothing\n"),
    };
    const core = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    core.stderr.destroy();
    opened.later(() => void core.kill("SIGKILL"));
    const [line]: unknown[] = await within("the core to listen", once(core.stdout, "data"), 30_000);
    const url = /http:\S+/.exec(String(line))?.[0] ?? "";

    core.stdout.destroy();
    for (let nth = 0; nth < 5; nth += 1) {
      const answer = await within("an answer", fetch(`${url}/v1/chat/completions`, { method: "POST", body: "{}" }));
      expect(answer.status).toBe(401);
    }
    const health = await within("an answer after that", fetch(`${url}/healthz`));
    expect(await health.json()).toEqual({ status: "ok" });

    core.kill("SIGTERM");
    const [code]: unknown[] = await within("its end", once(core, "exit"));
    expect(code).toBe(0);
  });
});
