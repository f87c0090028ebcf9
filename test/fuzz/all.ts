/** Every target, in the order of the scoreboard. */
import { dialects } from "./targets/dialects.ts";
import { framings } from "./targets/framings.ts";
import { h2Wire } from "./targets/h2-wire.ts";
import { headers } from "./targets/headers.ts";
import { proxy } from "./targets/proxy.ts";
import { strangers } from "./targets/strangers.ts";
import { translated } from "./targets/translated.ts";
import { peoplesWords } from "./targets/words.ts";

export const fuzzTargets = [
  ...framings,
  ...dialects,
  ...translated,
  ...headers,
  ...proxy,
  ...h2Wire,
  ...strangers,
  ...peoplesWords,
] as const;
