/** A core whose disk fills up: calls go on, its user is told, nothing is half-written, and with room it is well again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resolvePaths } from "../../../src/base/paths.ts";
import { connectControl } from "../../../src/control/client.ts";
import { tempFolder } from "../../support/temp.ts";
import { waitFor } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import { createHome } from "../process/core-home.ts";
import { createOpened } from "../../support/opened.ts";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { canLimitFiles, fill, limitFiles, mountSmallDisk } from "../process/small-disk.ts";

const mebibyte = 1024 * 1024;

export const diskFullCase: BoardCase = {
  id: "disk-full",
  title:
    "calls lost, half-written files and silences of a core whose disk is full (state, usage, request log, recording)",
  aim: "0, and all of it saved again when there is room",
  peers: [],
  remark:
    "the peers write nothing while they serve. As root a disk of 4 MiB (16 in the full run) is filled (ENOSPC); else files are held to their size (EFBIG).",
  missing: () =>
    process.platform === "linux" && (process.getuid?.() === 0 || canLimitFiles())
      ? null
      : "a small disk, or prlimit of util-linux",
  async run(context) {
    const calls = context.of({ short: 15, usual: 100, full: 400 });
    // Three times so many calls have to fit when there is room.
    const diskBytes = context.of({ short: 4, usual: 4, full: 16 }) * mebibyte;
    const opened = createOpened();
    const details: string[] = [];
    try {
      let limited = false;
      const provider = createServer((request, reply) => {
        request.resume();
        // Every third one is told to wait: that is a cooldown, which the state remembers.
        const isBusy = limited && request.headers.authorization?.includes("busy") === true;
        reply.writeHead(isBusy ? 429 : 200, { "content-type": "application/json", "retry-after": "120" });
        const choices = [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }];
        const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
        reply.end(JSON.stringify({ id: "c1", object: "chat.completion", created: 1, model: "m", choices, usage }));
      });
      provider.listen(0, "127.0.0.1");
      await once(provider, "listening");
      opened.later(() => {
        provider.closeAllConnections();
        provider.close();
      });
      const { port } = provider.address() as AddressInfo; // a TCP listener has an AddressInfo
      const disk = mountSmallDisk(diskBytes);
      const folder = disk ?? tempFolder("disk");
      opened.add(folder);
      const home = opened.add(
        await createHome({
          dataDir: folder.path,
          config: {
            providers: {
              local: { type: "openai-compatible", endpoint: `http://127.0.0.1:${port}/v1`, auth_type: "api_key" },
            },
            accounts: [
              { provider: "local", name: "busy", api_key: "busy-canary-0000000000", priority: 1 },
              { provider: "local", name: "well", api_key: "well-canary-0000000000", priority: 2 },
            ],
            settings: { request_logs: true },
          },
        }),
      );
      const core = await home.start("--record", join(folder.path, "calls.jsonl"));
      const control = connectControl(resolvePaths({ ...home.env }));
      const { clientKey } = JSON.parse(readFileSync(join(folder.path, "state.json"), "utf8")) as {
        readonly clientKey: string;
      }; // as state.ts writes it
      const ask = async (label: string): Promise<void> => {
        const reply = await fetch(`${core.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${clientKey}` },
          body: JSON.stringify({ model: "local/m", messages: [{ role: "user", content: "hi" }] }),
        }).catch((error: unknown) => error);
        if (!(reply instanceof Response)) details.push(`${label}: ${String(reply)}`);
        else if (reply.status !== 200) details.push(`${label}: ${reply.status} ${await reply.text()}`);
        else await reply.arrayBuffer();
      };
      const noticed = async (): Promise<string> =>
        (await control.status()).notices.map(({ area, text }) => `${area}: ${text}`).join("\n");

      for (let count = 0; count < calls; count += 1) await ask("with room");
      limited = true;
      if (disk === null) limitFiles(core.pid, 0);
      else fill(disk.path, diskBytes);
      for (let count = 0; count < calls; count += 1) await ask("on a full disk");
      const key = { provider: "local", name: "late", apiKey: "late-canary-0000000000" };
      const kept = await control.addAccount(key).then(
        () => "kept",
        (error: unknown) => String(error),
      );
      if (!/full|room|ENOSPC|EFBIG|larger than/.test(kept)) details.push(`an account on a full disk: ${kept}`);
      for (const area of ["state", "usage", "request-log", "recording"]) {
        await waitFor(`${area} to be told`, async () => (await noticed()).includes(`${area}: `), 5_000).catch(() =>
          details.push(`nobody was told about ${area}`),
        );
      }
      details.push(...halves(folder.path));

      if (disk === null) limitFiles(core.pid, null);
      else fill(disk.path, 0);
      for (let count = 0; count < calls; count += 1) await ask("with room again");
      await control.addAccount(key).catch((error: unknown) => details.push(`with room again: ${String(error)}`));
      await control.clearCooldown("local/busy", null);
      core.signal("SIGTERM");
      const { code } = await core.exited;
      if (code !== 0) details.push(`it ended with ${code}: ${core.stderr()}`);
      details.push(...halves(folder.path));
      // What could not be written for a while has waited.
      const saved = ledgerLines(folder.path);
      if (saved < calls * 3) details.push(`${saved} of ${calls * 3} calls are in the usage ledger`);
      const next = await home.start();
      if (next.stderr() !== "") details.push(`the next start warns: ${next.stderr()}`);
      if (!(await control.accounts()).some(({ name }) => name === "late")) details.push("the account is lost");
      context.say(disk === null ? "files were held to their size" : "a disk of 4 MiB was full");
    } finally {
      await opened.closeAll();
    }
    return { figure: `${details.length} in ${calls * 3} calls`, kept: details.length === 0, details };
  },
};

/** Files that hold a part of what was meant, and temporary ones. A last line may be cut off: its reader passes it over. */
function halves(folder: string): readonly string[] {
  const faults: string[] = [];
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    if (name.endsWith(".tmp")) faults.push(`a temporary file stays: ${name}`);
    if (!/^(?:state|core|accounts\/.*)\.json$/.test(name)) continue;
    try {
      JSON.parse(readFileSync(join(folder, name), "utf8"));
    } catch {
      faults.push(`${name} is half-written`);
    }
  }
  return faults;
}

function ledgerLines(folder: string): number {
  const usage = join(folder, "usage");
  return readdirSync(usage)
    .map((name) => readFileSync(join(usage, name), "utf8").trim().split("\n").length)
    .reduce((sum, lines) => sum + lines, 0);
}
