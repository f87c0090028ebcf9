/** Every case, in the order of the scoreboard. */
import { clockCase } from "../cases/clock.ts";
import { diskFullCase } from "../cases/disk-full.ts";
import { dnsCase } from "../cases/dns.ts";
import { killLoopCase } from "../cases/kill-loop.ts";
import { refreshCase } from "../cases/s10-refresh.ts";
import { drainCase } from "../cases/s17-drain.ts";
import { machineCase } from "../cases/s18-machine.ts";
import { storeCase } from "../cases/s9-store.ts";
import { twoCoresCase } from "../cases/two-cores.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [
  storeCase,
  refreshCase,
  drainCase,
  machineCase,
  twoCoresCase,
  killLoopCase,
  dnsCase,
  diskFullCase,
  clockCase,
];
