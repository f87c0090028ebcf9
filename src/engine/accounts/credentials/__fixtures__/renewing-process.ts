/**
 * A process of its own that wants a token for every hour of a clock that jumps: `FOLDER URL ROUNDS`. Before each hour it
 * waits for the others. Ends with one line: how many tokens it got, and what went wrong.
 */
import { worldOf, movableClock, hourMs, never, startAt, work } from "./world.ts";
import { refreshAt } from "./token-service.ts";

const [folder, url, rounds] = process.argv.slice(2);
if (folder === undefined || url === undefined) throw new Error("usage: FOLDER URL ROUNDS");

const clock = movableClock(startAt);
const { credentials } = worldOf({ folder, refresh: refreshAt(url), clock });
const problems: string[] = [];
const tokens = new Set<string>();
for (let round = 0; round < Number(rounds); round += 1) {
  await fetch(`${url}/meet`, { method: "POST" });
  const result = await credentials.get(work, never);
  if (result.ok) tokens.add(result.credential.secret.reveal());
  else problems.push(result.error.message);
  clock.advance(2 * hourMs);
}
process.stdout.write(`${JSON.stringify({ tokens: tokens.size, problems })}\n`);
