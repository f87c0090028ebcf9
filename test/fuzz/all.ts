/** Every target, in the order of the scoreboard. */
import { dialects } from "./targets/dialects.ts";
import { framings } from "./targets/framings.ts";
import { proxy } from "./targets/proxy.ts";
import { peoplesWords } from "./targets/words.ts";

export const fuzzTargets = [...framings, ...dialects, ...proxy, ...peoplesWords] as const;
