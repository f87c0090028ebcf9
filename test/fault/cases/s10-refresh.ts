/** S10: eight processes share one login whose refresh tokens are good once; whenever it ends they all want it renewed at once. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { systemRandom } from "../../../src/base/random.ts";
import { Secret } from "../../../src/base/secret.ts";
import { newAccount } from "../../../src/engine/accounts/credentials/record.ts";
import { createCredentialStore } from "../../../src/engine/accounts/credentials/store.ts";
import { startFakeClaudeAuth } from "../../support/fake-auth/index.ts";
import { tempFolder } from "../../support/temp.ts";
import { within } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import { bundled } from "../process/bundled.ts";
import { countedAccount } from "../process/counted.ts";
import { betweenEventsMs, startedAt } from "../process/renewals.ts";

const processCount = 8;

export const refreshCase: BoardCase = {
  id: "S10",
  title: `duplicate redemptions and logouts, ${processCount} processes that share one login with single-use refresh tokens`,
  aim: "0 and 0, and exactly one exchange for each of 200 ends of its access token",
  peers: [],
  remark:
    "neither peer keeps logins. A model of the same without a lock: 7 of 20 exchanges refused, each a logout (measured late 2026); the issue lists of programs that share a login without one: anthropics/claude-code#27933, anomalyco/opencode#49439, openclaw/mcporter#306.",
  async run(context) {
    const { say } = context;
    const events = context.of({ short: 12, usual: 200, full: 200 });
    const program = await bundled("./renewer.ts");
    const folder = tempFolder("refresh");
    const service = await startFakeClaudeAuth();
    const children: ChildProcess[] = [];
    try {
      const clock = { now: () => startedAt, monotonic: () => 0 };
      const store = createCredentialStore({ folder: join(folder.path, "accounts"), random: systemRandom, clock });
      const { accessToken, refreshToken } = service.issue();
      await store.write(
        {
          ...newAccount(countedAccount, "oauth_pkce", new Secret(accessToken)),
          refreshToken: new Secret(refreshToken),
          expiresAt: startedAt - 3_600_000,
          obtainedAt: startedAt - betweenEventsMs,
        },
        null,
      );
      const meeting: ChildProcess[] = [];
      const outputs = Array.from({ length: processCount }, async () => {
        const args = [folder.path, String(service.port), String(events)];
        const child = fork(program.path, args, { execArgv: [], stdio: ["ignore", "pipe", "inherit", "ipc"] });
        children.push(child);
        child.on("message", (event) => {
          meeting.push(child);
          if (meeting.length < processCount) return;
          for (const one of meeting.splice(0)) one.send("all here");
          if (Number(event) % 50 === 49) say(`${Number(event) + 1} of ${events}`);
        });
        if (child.stdout === null) throw new Error("a child without output");
        const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
        return output;
      });
      const ends = await within("all to have all their tokens", Promise.all(outputs), 60_000 + events * 2_000);
      const duplicates = service.redemptions.filter(({ result }) => result !== "ok").length;
      const exchanges = service.redemptions.length;
      const details = ends.flatMap((output, index) => {
        const { tokens, problems } = JSON.parse(output) as Ending; // as renewer.ts says it
        const short = tokens === events ? [] : [`process ${index} saw ${tokens} tokens`];
        return [...short, ...problems.map((problem) => `process ${index}: ${problem}`)];
      });
      const logouts = details.filter((line) => line.includes("logged out")).length;
      return {
        figure: `${duplicates} duplicates, ${logouts} logouts, ${exchanges} exchanges for ${events} ends`,
        kept: duplicates === 0 && exchanges === events && details.length === 0,
        details,
      };
    } finally {
      for (const child of children) child.kill("SIGKILL");
      await service.close();
      folder.close();
      program.close();
    }
  },
};

interface Ending {
  readonly tokens: number;
  readonly problems: readonly string[];
}
