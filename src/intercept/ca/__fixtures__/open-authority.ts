/** Run as a process of its own: opens the authority of a folder when told to, prints its fingerprint. argv: folder, umask. */
import { once } from "node:events";
import { systemClock } from "../../../base/clock.ts";
import { systemRandom } from "../../../base/random.ts";
import { openAuthority } from "../authority.ts";
import { scope } from "./support.ts";

const [dir = "", mask = "022"] = process.argv.slice(2);
process.umask(Number.parseInt(mask, 8));
process.stdout.write("ready\n");
await once(process.stdin, "data");
const authority = await openAuthority({ dir, scope, clock: systemClock, random: systemRandom });
process.stdout.write(`${authority.fingerprint}\n`);
process.stdin.destroy();
