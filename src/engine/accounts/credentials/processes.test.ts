/** Real processes on one store and one strict login service: what a lock is for. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../../test/support/temp.ts";
import { within } from "../../../../test/support/wait.ts";
import { refreshAt, tokenService, type TokenService } from "./__fixtures__/token-service.ts";
import { endedLogin, hourMs, movableClock, never, startAt, work, worldOf } from "./__fixtures__/world.ts";

const script = fileURLToPath(new URL("__fixtures__/renewing-process.ts", import.meta.url));
const root = fileURLToPath(new URL("../../../../", import.meta.url));

let folder: TempFolder;
let service: TokenService;
const children: ChildProcess[] = [];

beforeEach(() => (folder = tempFolder("credentials")));
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await service.close();
  folder.close();
});

function start(rounds: number): { readonly child: ChildProcess; readonly output: Promise<string> } {
  const child = spawn(process.execPath, ["--import", "tsx", script, folder.path, service.url, String(rounds)], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return { child, output: text(child.stdout) };
}

it("redeems each of 200 refresh tokens once among eight processes that all want it", { timeout: 120_000 }, async () => {
  const processCount = 8;
  const rounds = 200;
  service = await tokenService(processCount);
  await worldOf({ folder: folder.path, refresh: refreshAt(service.url) }).store.write(endedLogin(), null);
  const outputs = await Promise.all(Array.from({ length: processCount }, () => start(rounds).output));
  expect(outputs.map((output) => JSON.parse(output) as unknown)).toEqual(
    Array.from({ length: processCount }, () => ({ tokens: rounds, problems: [] })),
  );
  expect(service.redeemed()).toBe(rounds);
  expect(service.isRevoked()).toBe(false);
});

it("takes over from a process that was killed in the middle of a renewal", async () => {
  service = await tokenService();
  const clock = movableClock(startAt);
  const world = worldOf({ folder: folder.path, refresh: refreshAt(service.url), clock });
  await world.store.write(endedLogin(), null);
  // One renewal is acknowledged; the next one is cut off while the service is being asked.
  expect(await world.credentials.get(work, never)).toMatchObject({ ok: true });
  await world.store.write({ ...endedLogin(), refreshToken: await acknowledged(world), expiresAt: startAt - 1 }, 2);
  service.behave("hold");
  const { child } = start(1);
  await within("the renewal is under way", service.held());
  child.kill("SIGKILL");
  await once(child, "exit");
  service.behave("answer");
  clock.advance(2 * hourMs);
  const result = await world.credentials.get(work, never);
  expect(result.ok && result.credential.secret.reveal()).toBe("canary-access-token-2");
  expect(service.isRevoked()).toBe(false);
});

async function acknowledged({ store }: ReturnType<typeof worldOf>) {
  const reading = await store.read(work);
  if (reading.state !== "ok") throw new Error("nothing was stored");
  expect(reading.account.refreshToken?.reveal()).toBe(service.current());
  return reading.account.refreshToken;
}
