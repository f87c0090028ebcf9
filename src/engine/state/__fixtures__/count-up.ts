/**
 * A process of its own that counts in a store as fast as it can, until it is killed. Prints the number it found, then
 * every number whose update was acknowledged. With a limit it stops there and closes the store.
 */
import { writeSync } from "node:fs";
import { systemRandom } from "../../../base/random.ts";
import { openJsonStore } from "../json-store.ts";
import { numbered } from "./numbered.ts";

const [path = "", limit = "Infinity", fillerBytes = "65536"] = process.argv.slice(2);
const store = await openJsonStore({ path, shape: numbered, random: systemRandom });
const say = (text: string): unknown => writeSync(1, `${text}\n`);
say(`found ${store.data().count}`);
if (store.notice !== null) say(`notice ${store.notice}`);
const filler = "x".repeat(Number(fillerBytes));
for (let count = store.data().count + 1; count <= Number(limit); count += 1) {
  try {
    await store.update((data) => ({ ...data, count, filler }));
    say(`kept ${count}`);
  } catch (error) {
    say(`refused ${error instanceof Error ? error.message : String(error)}`);
    break;
  }
}
await store.close();
