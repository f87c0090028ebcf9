/** Every check, in the order in which they are printed: from the ground up. */
import { accountChecks } from "./accounts.ts";
import { caChecks } from "./ca.ts";
import type { CheckGroup } from "./check.ts";
import { clientChecks } from "./clients.ts";
import { clockChecks } from "./clock.ts";
import { configChecks } from "./config.ts";
import { coreChecks } from "./core.ts";
import { homeChecks } from "./home.ts";
import { roundTripChecks } from "./round-trip.ts";
import { shellChecks } from "./shell.ts";
import { systemChecks } from "./system.ts";
import { trustChecks } from "./trust.ts";

export const checkGroups: readonly CheckGroup[] = [
  systemChecks,
  homeChecks,
  configChecks,
  caChecks,
  trustChecks,
  coreChecks,
  shellChecks,
  clockChecks,
  accountChecks,
  roundTripChecks,
  clientChecks,
];
